# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which device nodes the processes of a running container may open: by version 1 of control groups, or by version 2.

Version 2 has no file to write rules to: a program in the kernel decides, and is replaced by one that knows more nodes.
Numbers are those of the kernel's include/uapi/linux/bpf.h.
"""

from __future__ import annotations

import ctypes
import os
import platform
import struct
from pathlib import Path
from typing import Any

from . import ToolkitError

CGROUPS = Path("/sys/fs/cgroup")
_SYSCALL = {"x86_64": 321, "aarch64": 280}
_LOAD, _ATTACH, _DETACH, _FD_BY_ID, _QUERY = 5, 8, 9, 13, 16
_TYPE_CGROUP_DEVICE, _CGROUP_DEVICE, _ALLOW_MULTI = 15, 6, 2
_MOST_PROGRAMS = 16
_KINDS = {"b": 1, "c": 2}
# Opcodes: load a word; and, shift right, move, each with a constant; move a register; jump if not equal; exit.
_LDX_W, _AND, _RSH, _MOV, _MOV_X, _JNE, _EXIT = 0x61, 0x57, 0x77, 0xB7, 0xBF, 0x55, 0x95
_MKNOD_ONLY = 1


def allow(pid: int, nodes: list[str], configured: list[dict[str, Any]]) -> None:
    """``configured`` are the rules of the container's config.json, which go on to hold."""
    numbers = [os.stat(node).st_rdev for node in nodes]
    lines = Path(f"/proc/{pid}/cgroup").read_text().splitlines()
    groups = {line.split(":")[1]: line.split(":", 2)[2] for line in lines}
    if "devices" in groups:
        for number in numbers:
            rule = f"c {os.major(number)}:{os.minor(number)} rw"
            (CGROUPS / "devices" / groups["devices"].lstrip("/") / "devices.allow").write_text(rule)
        return
    added = [{"type": "c", "major": os.major(number), "minor": os.minor(number)} for number in numbers]
    readable = [rule for rule in configured if rule.get("allow") and "r" in rule.get("access", "rwm")]
    group = os.open(CGROUPS / groups[""].lstrip("/"), os.O_RDONLY | os.O_DIRECTORY)
    try:
        _replace(group, program([*readable, *added]))
    finally:
        os.close(group)


def program(rules: list[dict[str, Any]]) -> bytes:
    """Making a node is always allowed, as it is by runc; opening one by the rules."""
    # The context: access << 16 | kind, major, minor.
    code = [_code(_LDX_W, 2, 1, 0), _code(_MOV_X, 3, 2), _code(_AND, 2, value=0xFFFF), _code(_RSH, 3, value=16)]
    code += [_code(_LDX_W, 4, 1, 4), _code(_LDX_W, 5, 1, 8), _code(_MOV, 0, value=1)]
    code += [_code(_JNE, 3, jump=1, value=_MKNOD_ONLY), _code(_EXIT)]
    for rule in rules:
        asked = [(2, _KINDS.get(rule.get("type", "a"))), (4, rule.get("major")), (5, rule.get("minor"))]
        tests = [(register, value) for register, value in asked if value is not None and value >= 0]
        if not tests:
            # Of a privileged container. The kernel takes no program with parts that are never reached.
            return b"".join([_code(_MOV, 0, value=1), _code(_EXIT)])
        code += [
            _code(_JNE, register, jump=len(tests) - place, value=value) for place, (register, value) in enumerate(tests)
        ]
        code.append(_code(_EXIT))
    return b"".join([*code, _code(_MOV, 0, value=0), _code(_EXIT)])


def _code(operation: int, target: int = 0, source: int = 0, offset: int = 0, *, jump: int = 0, value: int = 0) -> bytes:
    return struct.pack("<BBhi", operation, source << 4 | target, offset or jump, value)


def _replace(group: int, code: bytes) -> None:
    old = _attached(group)
    text, licence = ctypes.create_string_buffer(code), ctypes.create_string_buffer(b"GPL")
    size = len(code) // 8
    attributes = struct.pack("<IIQQ", _TYPE_CGROUP_DEVICE, size, ctypes.addressof(text), ctypes.addressof(licence))
    new = _bpf(_LOAD, attributes + bytes(96))
    # The new one comes first: at no time is everything allowed.
    _bpf(_ATTACH, struct.pack("<IIII", group, new, _CGROUP_DEVICE, _ALLOW_MULTI) + bytes(16))
    os.close(new)
    for number in old:
        own = _bpf(_FD_BY_ID, struct.pack("<III", number, 0, 0) + bytes(4))
        _bpf(_DETACH, struct.pack("<III", group, own, _CGROUP_DEVICE) + bytes(20))
        os.close(own)


def _attached(group: int) -> list[int]:
    numbers = (ctypes.c_uint32 * _MOST_PROGRAMS)()
    place = ctypes.addressof(numbers)
    query = struct.pack("<IIIIQQ", group, _CGROUP_DEVICE, 0, 0, place, _MOST_PROGRAMS)
    attributes = ctypes.create_string_buffer(query, len(query))
    _bpf(_QUERY, attributes)
    (count,) = struct.unpack_from("<I", attributes, 24)
    return list(numbers[:count])


def _bpf(command: int, attributes: Any) -> int:
    if isinstance(attributes, bytes):
        attributes = ctypes.create_string_buffer(attributes, len(attributes))
    library = ctypes.CDLL(None, use_errno=True)
    result = library.syscall(_SYSCALL[platform.machine()], command, attributes, ctypes.sizeof(attributes))
    if result < 0:
        raise ToolkitError(f"bpf failed to do {command} for a device rule: {os.strerror(ctypes.get_errno())}")
    return int(result)

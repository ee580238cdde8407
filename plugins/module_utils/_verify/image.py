# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The smallest image that a host can make of itself: its shell, the dynamic loader and the libraries it loads."""

from __future__ import annotations

import io
import json
import os
import re
import struct
import subprocess
import sys
import tarfile
from typing import Dict, List, NamedTuple, Sequence

SHELL = "/bin/sh"
_PT_INTERP = 3
# Of the C library, what programs of NVIDIA load; since 2.34 most of it is in the first.
_C_LIBRARY = ("libc.so.6", "libm.so.6", "libdl.so.2", "libpthread.so.0", "librt.so.1", "libresolv.so.2")
_LIBRARY = re.compile(r"(?:^|=>\s)\s*(/\S+)\s+\(0x[0-9a-f]+\)$")


class VerificationImageError(Exception):
    """The host's own shell cannot be packed; the message says why."""


class VerificationImage(NamedTuple):
    archive: bytes
    library_path: str  # for LD_LIBRARY_PATH: the image has no ld.so.cache that could name unusual folders


class Python(NamedTuple):
    program: str
    files: List[str]
    home: str  # for PYTHONHOME


def build(shell: str = SHELL, also: Sequence[str] = ()) -> VerificationImage:
    """A tar archive of a root file system in which ``/bin/sh`` runs, and what else is named, under the same names.

    Equal hosts give equal bytes.
    """
    loader = elf_interpreter(shell)
    libraries = _libraries(loader, shell) if loader else []
    files = {}
    for path in also:
        files[os.path.normpath(path)] = path
        if _is_elf(path):
            own_loader = elf_interpreter(path) or python_loader()
            libraries += _libraries(own_loader, path)
            files[own_loader] = own_loader
    files.update({os.path.normpath(path): path for path in libraries})
    folders = sorted({os.path.dirname(os.path.normpath(path)) for path in libraries})
    if loader:
        files[loader] = loader
    files[SHELL] = shell
    return VerificationImage(_pack(files), ":".join(folders))


def c_library() -> List[str]:
    """The host's C library as far as NVIDIA's programs load it: a shell brings a part of it, or nothing."""
    loaded = {os.path.basename(path): path for path in _libraries(python_loader(), sys.executable)}
    if _C_LIBRARY[0] not in loaded:
        raise VerificationImageError(
            f"there is no {_C_LIBRARY[0]}, which NVIDIA's programs load: they want the GNU C library"
        )
    folder = os.path.dirname(loaded[_C_LIBRARY[0]])
    paths = [os.path.join(folder, name) for name in _C_LIBRARY]
    return [path for path in paths if os.path.exists(path)]


def python_loader() -> str:
    """The dynamic loader of what runs this, which is there wherever a module of Ansible runs."""
    loader = elf_interpreter(os.path.realpath(sys.executable))
    if loader is None:
        raise VerificationImageError(f"{sys.executable} is linked statically: no dynamic loader is known")
    return loader


def python(modules: Sequence[str]) -> Python:
    """What the Python that runs this needs to import ``modules``: it says so itself."""
    program = os.path.realpath(sys.executable)
    code = (
        f"import {', '.join(modules)}, json, os, sys; loaded = [getattr(m, '__file__', None) for m in "
        "list(sys.modules.values())]; print(json.dumps([sorted({f for f in loaded + [os.__file__] if f}), "
        "sys.base_prefix + ':' + sys.base_exec_prefix]))"
    )
    try:
        # -I and -S: neither what the user has nor what is installed beside.
        done = subprocess.run(  # pylint: disable=ansible-bad-function
            [program, "-I", "-S", "-c", code], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=True
        )
        files, home = json.loads(done.stdout.decode())
    except (OSError, ValueError, subprocess.CalledProcessError) as exc:
        raise VerificationImageError(f"{program} cannot import {', '.join(modules)}: {exc}") from exc
    return Python(program, [program, *files], home)


def _is_elf(path: str) -> bool:
    try:
        with open(path, "rb") as handle:
            return handle.read(4) == b"\x7fELF"
    except OSError as exc:
        raise VerificationImageError(f"{path} cannot be read: {exc}") from exc


def elf_interpreter(program: str) -> str | None:
    """The dynamic loader that a program asks for; None if it is linked statically."""
    try:
        with open(program, "rb") as handle:
            head = handle.read(64)
            if head[:4] != b"\x7fELF" or len(head) < 64:
                raise VerificationImageError(f"{program} is not an ELF program")
            wide = head[4] == 2
            order = "<" if head[5] == 1 else ">"
            (table,) = struct.unpack_from(order + ("Q" if wide else "I"), head, 32 if wide else 28)
            size, count = struct.unpack_from(order + "HH", head, 54 if wide else 42)
            for index in range(count):
                handle.seek(table + index * size)
                entry = handle.read(size)
                if struct.unpack_from(order + "I", entry)[0] != _PT_INTERP:
                    continue
                (offset,) = struct.unpack_from(order + ("Q" if wide else "I"), entry, 8 if wide else 4)
                (length,) = struct.unpack_from(order + ("Q" if wide else "I"), entry, 32 if wide else 16)
                handle.seek(offset)
                return os.fsdecode(handle.read(length).rstrip(b"\0"))
    except (OSError, struct.error) as exc:
        raise VerificationImageError(f"{program} cannot be read: {exc}") from exc
    return None


def _libraries(loader: str, program: str) -> List[str]:
    # Both glibc's and musl's loader list what they would load; ldd is only a script around this. Not run_command, which
    # can only add to the environment: an LD_PRELOAD of the caller would be listed too.
    try:
        done = subprocess.run(  # pylint: disable=ansible-bad-function
            [loader, "--list", os.path.realpath(program)],
            env={"LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
    except OSError as exc:
        raise VerificationImageError(f"the dynamic loader {loader} cannot be run: {exc}") from exc
    report = os.fsdecode(done.stdout)
    if done.returncode != 0 or "not found" in report:
        raise VerificationImageError(f"the dynamic loader {loader} cannot load {program}: {report.strip()}")
    return [match.group(1) for match in map(_LIBRARY.search, report.splitlines()) if match]


def _pack(files: Dict[str, str]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for folder in sorted({parent for path in files for parent in _parents(path)}):
            entry = tarfile.TarInfo(folder.lstrip("/"))
            entry.type, entry.mode = tarfile.DIRTYPE, 0o755
            archive.addfile(entry)
        for path, source in sorted(files.items()):
            try:
                with open(source, "rb") as handle:
                    content = handle.read()
            except OSError as exc:
                raise VerificationImageError(f"{source} cannot be read: {exc}") from exc
            entry = tarfile.TarInfo(path.lstrip("/"))
            entry.size, entry.mode = len(content), 0o755
            archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def _parents(path: str) -> List[str]:
    parents = []
    parent = os.path.dirname(path)
    while parent not in ("", "/"):
        parents.append(parent)
        parent = os.path.dirname(parent)
    return parents

# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The smallest image that a host can make of itself: its shell, the dynamic loader and the libraries it loads."""

from __future__ import annotations

import io
import os
import re
import struct
import subprocess
import tarfile
from typing import NamedTuple

SHELL = "/bin/sh"
_PT_INTERP = 3
_LIBRARY = re.compile(r"(?:^|=>\s)\s*(/\S+)\s+\(0x[0-9a-f]+\)$")


class ProofImageError(Exception):
    """The host's own shell cannot be packed; the message says why."""


class ProofImage(NamedTuple):
    archive: bytes
    library_path: str  # for LD_LIBRARY_PATH: the image has no ld.so.cache that could name unusual folders


def build(shell: str = SHELL) -> ProofImage:
    """A tar archive of a root file system in which ``/bin/sh`` runs. Equal hosts give equal bytes."""
    loader = elf_interpreter(shell)
    libraries = _libraries(loader, shell) if loader else []
    files = {os.path.normpath(path): path for path in libraries}
    folders = sorted({os.path.dirname(path) for path in files})
    if loader:
        files[loader] = loader
    files[SHELL] = shell
    return ProofImage(_pack(files), ":".join(folders))


def elf_interpreter(program: str) -> str | None:
    """The dynamic loader that a program asks for; None if it is linked statically."""
    try:
        with open(program, "rb") as handle:
            head = handle.read(64)
            if head[:4] != b"\x7fELF" or len(head) < 64:
                raise ProofImageError(f"{program} is not an ELF program")
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
        raise ProofImageError(f"{program} cannot be read: {exc}") from exc
    return None


def _libraries(loader: str, program: str) -> list[str]:
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
        raise ProofImageError(f"the dynamic loader {loader} cannot be run: {exc}") from exc
    report = os.fsdecode(done.stdout)
    if done.returncode != 0 or "not found" in report:
        raise ProofImageError(f"the dynamic loader {loader} cannot load {program}: {report.strip()}")
    return [match.group(1) for match in map(_LIBRARY.search, report.splitlines()) if match]


def _pack(files: dict[str, str]) -> bytes:
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
                raise ProofImageError(f"{source} cannot be read: {exc}") from exc
            entry = tarfile.TarInfo(path.lstrip("/"))
            entry.size, entry.mode = len(content), 0o755
            archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def _parents(path: str) -> list[str]:
    parents = []
    parent = os.path.dirname(path)
    while parent not in ("", "/"):
        parents.append(parent)
        parent = os.path.dirname(parent)
    return parents

# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Packages of Debian and its descendants: what is installed and held, where from, and which keys are trusted."""

from __future__ import annotations

import fcntl
import os
import re
import struct
import time
from typing import Any, Dict, List, Optional, Sequence

from ..._common.prober import Prober, entries
from . import sources

# Packages that have a say in whether containers run and GPUs work here; the rest of the database is not our business.
# Every name that a plan can name: a test holds the tables of all plans to it. Kernels have flavours without number.
RELEVANT = re.compile(
    r"docker|containerd|podman|runc|moby|rootlesskit|kubelet|nvidia|nvlsm|nvsdm|^cuda-|^libcuda|^apparmor$|^ca-cert"
    r"|^linux-(?!libc-|base|tools-|cloud-tools-|perf|doc|source|buildinfo-|firmware)|^(proxmox|pve)-|-headers(-|$)"
    r"|^dkms$|^python3-requests$|^ubuntu-drivers-common$|^unattended-upgrades$"
)
STATUS = "/var/lib/dpkg/status"
_UPDATES = "/var/lib/dpkg/updates"
_LOCKS = ("/var/lib/dpkg/lock-frontend", "/var/lib/dpkg/lock")
# struct flock of fcntl(2) on Linux: type, whence, start, length, process.
_FLOCK = "hhqqi"
LISTS = "/var/lib/apt/lists"
_SIGNED = ("InRelease", "Release.gpg")
_STAMP = "/var/lib/apt/periodic/update-success-stamp"
_SOURCES = "/etc/apt/sources.list"
_SOURCES_FOLDER = "/etc/apt/sources.list.d"
_TRUSTED = "/etc/apt/trusted.gpg"
_KEY_FOLDERS = ("/etc/apt/trusted.gpg.d", "/etc/apt/keyrings", "/usr/share/keyrings")
# apt takes what an entry names (signed-by), whatever its ending; newer keyrings of distributions have the last one.
_KEY_ENDINGS = (".gpg", ".asc", ".pgp")
# The distribution's own keys: many, and no one asks for them.
_OWN_KEYS = re.compile(r"/(debian|ubuntu)-(archive|cloudimage|keyring|ports|pro|advantage|security|esm)[^/]*$")


def installed(prober: Prober, names: Sequence[str] = ()) -> Dict[str, Dict[str, Any]]:
    """name -> {version, held, state} from dpkg's own database: 20 ms where dpkg-query takes as long to start.

    Of the packages that matter, and of those of these names.
    A package may be installed for another architecture beside the host's own, and is then name:architecture as in apt.
    """
    result: Dict[str, Dict[str, Any]] = {}
    text = prober.text(STATUS) or ""
    native = _native(text)
    for stanza in text.split("\n\n"):
        if not stanza.startswith("Package: "):
            continue
        name = stanza[9 : stanza.find("\n")].strip()
        if name not in names and not RELEVANT.search(name):
            continue
        fields = dict(line.split(": ", 1) for line in stanza.splitlines() if ": " in line and line[0] != " ")
        want, _error, state = (fields.get("Status", "") + " - - -").split()[:3]
        if state in ("not-installed", "config-files"):
            continue
        architecture = fields.get("Architecture", "all")
        if native and architecture not in ("all", native):
            name = f"{name}:{architecture}"
        result.setdefault(name, {"version": fields.get("Version", ""), "held": want == "hold", "state": state})
    return result


def _native(text: str) -> str:
    """The architecture of dpkg itself, which is the host's; empty where dpkg does not know of itself."""
    match = re.search(r"^Package: dpkg\n(?:.+\n)*?Architecture: (\S+)", text, re.MULTILINE)
    return match.group(1) if match else ""


def interrupted() -> bool:
    """Whether dpkg's journal holds updates that are not merged: it was killed at work, or, with a lock, is at it."""
    return any(os.path.basename(path).isdigit() for path in entries(_UPDATES))


def locked() -> bool:
    """Whether someone has one of dpkg's locks. It is only asked for: to try it would be in the way of others."""
    return any(map(_held, _LOCKS))


def _held(path: str) -> bool:
    try:
        # Whatever is in its place is not waited for.
        with open(path, "rb", opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK)) as handle:
            desired = struct.pack(_FLOCK, fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
            answer = fcntl.fcntl(handle, fcntl.F_GETLK, desired)
    except OSError:
        return False
    return bool(struct.unpack(_FLOCK, answer)[0] != fcntl.F_UNLCK)


def index() -> Dict[str, Any]:
    """Age of the package indexes in seconds (null: there are none), and which repositories they cover."""
    names = [os.path.basename(path) for path in entries(LISTS)]
    files = [name for name in names if "_Packages" in name or name.endswith(("_InRelease", "_Release"))]
    if not any("_Packages" in name for name in files):
        return {"age_s": None, "files": files}
    newest = max(os.stat(path).st_mtime for path in [_STAMP, LISTS] if os.path.exists(path))
    return {"age_s": max(0, int(time.time() - newest)), "files": files}


def repositories(prober: Prober) -> List[Dict[str, Any]]:
    """Every entry of every source list: {path, format, uris, suites, components, signed_by, enabled}."""
    result: List[Dict[str, Any]] = []
    for path in [_SOURCES, *entries(_SOURCES_FOLDER)]:
        if path.endswith((".list", ".sources")):
            result.extend(sources.entries(path, prober.text(path) or ""))
    return result


def sign(prober: Prober, found: List[Dict[str, Any]]) -> List[Dict[str, Any]]:
    """Adds ``signers`` to those that name no key: by whom apt's index of them is; null where that is not known."""
    trusted = [path for path in [_TRUSTED, *entries(_KEY_FOLDERS[0])] if os.path.exists(path)]
    for entry in found if any(not _OWN_KEYS.search(path) for path in trusted) else []:
        if not entry["signed_by"] and entry["enabled"]:
            entry["signers"] = _signers(prober, entry)
    return found


def _signers(prober: Prober, entry: Dict[str, Any]) -> Optional[List[str]]:
    # Few hosts have such keys, and all others need not compile it.
    from . import signers

    result: List[str] = []
    for prefix in signers.index_prefixes([entry]):
        path = next((each for name in _SIGNED for each in [f"{LISTS}/{prefix}{name}"] if os.path.exists(each)), "")
        known = signers.of(prober.read(path) or b"") if path else []
        if not known:
            return None
        result += known
    return result


def keys(prober: Prober) -> List[Dict[str, Any]]:
    """Key files that apt may trust, but the distribution's, each as ``key_file`` has it."""
    result = []
    for path in [_TRUSTED, *(path for folder in _KEY_FOLDERS for path in entries(folder))]:
        data = prober.read(path) if path.endswith(_KEY_ENDINGS) and not _OWN_KEYS.search(path) else None
        if data is None:
            continue
        # A bare host has none, and compiles nothing for it.
        from .key_files import key_file

        found = key_file(path, data)
        if found["error"] and os.path.dirname(path) in (os.path.dirname(_TRUSTED), _KEY_FOLDERS[0]):
            prober.problem(
                "unknown_keys",
                f"{path}, which apt trusts for every repository, is not read as keys: {found['error']}",
                "Nothing is taken out of it. See `gpg --show-keys` of it, and remove it if no one needs it.",
            )
        result.append(found)
    return result

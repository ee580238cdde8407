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
from typing import Any, Dict, List, Optional, Sequence, Tuple

from ..._common.prober import Look, entries, file_mode, is_plain
from . import sources

# Packages that have a say in whether containers run and GPUs work here; the rest of the database is not our business.
# Every name that a plan can name: a test holds the tables of all plans to it. Kernels have flavours without number.
_RELEVANT = re.compile(
    r"docker|containerd|podman|runc|moby|rootlesskit|kubelet|nvidia|nvlsm|nvsdm|^cuda-|^libcuda|^apparmor$|^ca-cert"
    r"|^linux-(?!libc-|base|tools-|cloud-tools-|perf|doc|source|buildinfo-|firmware)|^(proxmox|pve)-|-headers(-|$)"
    r"|^dkms$|^python3-requests$|^ubuntu-drivers-common$|^unattended-upgrades$"
)
_STATUS = "/var/lib/dpkg/status"
_UPDATES = "/var/lib/dpkg/updates"
_LOCKS = ("/var/lib/dpkg/lock-frontend", "/var/lib/dpkg/lock")
# struct flock of fcntl(2) on Linux: type, whence, start, length, process.
_FLOCK = "hhqqi"
# Of `apt-cache policy`: a package, a version with its priority, and where that is to be had.
# Texts, which re compiles where they are needed: few runs ask for versions.
_STANZA = r"(\S+):$"
_VERSION = r" (?:\*\*\*|   ) (\S+) -?\d+"
_ORIGIN = r" {8,}-?\d+ (\S+)"
_LISTS = "/var/lib/apt/lists"
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


def installed(look: Look, names: Sequence[str] = ()) -> Dict[str, Dict[str, Any]]:
    """name -> {version, held, state} from dpkg's own database: 20 ms where dpkg-query takes as long to start.

    Of the packages that matter, and of those of these names.
    A package may be installed for another architecture beside the host's own, and is then name:architecture as in apt.
    """
    result: Dict[str, Dict[str, Any]] = {}
    text = look.text(_STATUS) or ""
    native = _native(text)
    for stanza in text.split("\n\n"):
        if not stanza.startswith("Package: "):
            continue
        name = stanza[9 : stanza.find("\n")].strip()
        if name not in names and not _RELEVANT.search(name):
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


def configurations(look: Look) -> List[str]:
    """Packages that were removed and not purged: someone may come back to their configuration."""
    names = (
        stanza[9 : stanza.find("\n")].strip()
        for stanza in (look.text(_STATUS) or "").split("\n\n")
        if stanza.startswith("Package: ") and re.search("^Status: .* config-files$", stanza, re.MULTILINE)
    )
    return sorted({name for name in names if _RELEVANT.search(name)})


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


def offered(look: Look, names: Sequence[str]) -> Optional[Tuple[Dict[str, List[str]], Dict[str, str]]]:
    """name -> versions that the known package indexes offer, newest first; and name -> the one that apt would install.

    The latter is decided by pins (apt_preferences(5)) too, and empty where they forbid all. Of those packages that apt
    knows; null where it did not answer, by which nothing is known of what is offered.
    """
    versions: Dict[str, List[str]] = {}
    candidates: Dict[str, str] = {}
    if not names:
        return versions, candidates
    status, output = look.run(["apt-cache", "policy", *names])
    if status == 124:
        return None
    name = version = ""
    for line in output.splitlines():
        stanza, row, origin = (re.match(pattern, line) for pattern in (_STANZA, _VERSION, _ORIGIN))
        if stanza:
            name, version = stanza.group(1), ""
        elif line.startswith("  Candidate: "):
            candidate = line.split()[1]
            candidates[name] = "" if candidate == "(none)" else candidate
        elif row:
            version = row.group(1)
        elif origin and version and origin.group(1) != _STATUS and version not in versions.get(name, []):
            versions.setdefault(name, []).append(version)
    return versions, {name: candidate for name, candidate in candidates.items() if candidate or name in versions}


def index() -> Dict[str, Any]:
    """Age of the package indexes in seconds (null: there are none), and which repositories they cover."""
    names = [os.path.basename(path) for path in entries(_LISTS)]
    files = [name for name in names if "_Packages" in name or name.endswith(("_InRelease", "_Release"))]
    if not any("_Packages" in name for name in files):
        return {"age_s": None, "files": files}
    newest = max(os.stat(path).st_mtime for path in [_STAMP, _LISTS] if os.path.exists(path))
    return {"age_s": max(0, int(time.time() - newest)), "files": files}


def index_files(prefixes: Sequence[str]) -> List[str]:
    """Of some repositories, by how apt names their files."""
    return [path for path in entries(_LISTS) if os.path.basename(path).startswith(tuple(prefixes))]


def repositories(look: Look) -> List[Dict[str, Any]]:
    """Every entry of every source list: {path, format, uris, suites, components, signed_by, enabled}."""
    result: List[Dict[str, Any]] = []
    for path in [_SOURCES, *entries(_SOURCES_FOLDER)]:
        if path.endswith((".list", ".sources")):
            result.extend(sources.entries(path, look.text(path) or ""))
    return result


def sign(look: Look, found: List[Dict[str, Any]]) -> List[Dict[str, Any]]:
    """Adds ``signers`` to those that name no key: by whom apt's index of them is; null where that is not known."""
    trusted = [path for path in [_TRUSTED, *entries(_KEY_FOLDERS[0])] if os.path.exists(path)]
    for entry in found if any(not _OWN_KEYS.search(path) for path in trusted) else []:
        if not entry["signed_by"] and entry["enabled"]:
            entry["signers"] = _signers(look, entry)
    return found


def _signers(look: Look, entry: Dict[str, Any]) -> Optional[List[str]]:
    # Few hosts have such keys, and all others need not compile it.
    from . import signers

    result: List[str] = []
    for prefix in signers.index_prefixes([entry]):
        path = next((each for name in _SIGNED for each in [f"{_LISTS}/{prefix}{name}"] if os.path.exists(each)), "")
        known = signers.of(look.read(path) or b"") if path else []
        if not known:
            return None
        result += known
    return result


def keys(look: Look) -> List[Dict[str, Any]]:
    """Key files that apt may trust, but the distribution's, each as ``key_file`` has it."""
    result = []
    for path in [_TRUSTED, *(path for folder in _KEY_FOLDERS for path in entries(folder))]:
        data = look.read(path) if path.endswith(_KEY_ENDINGS) and not _OWN_KEYS.search(path) else None
        if data is None:
            continue
        found = key_file(path, data)
        if found["error"] and os.path.dirname(path) in (os.path.dirname(_TRUSTED), _KEY_FOLDERS[0]):
            look.problem(
                "unknown_keys",
                f"{path}, which apt trusts for every repository, is not read as keys: {found['error']}",
                "Nothing is taken out of it. See `gpg --show-keys` of it, and remove it if no one needs it.",
            )
        result.append(found)
    return result


def key_file(path: str, data: bytes) -> Dict[str, Any]:
    """{path, fingerprints, signing, canonical, error, mode, plain}. A file with anything but keys in it has an error
    and no fingerprints, since what apt takes out of it is not known."""
    # A bare host has none.
    from .. import openpgp

    try:
        found, error = openpgp.keyring(data), ""
    except openpgp.OpenPGPError as reason:
        found, error = [], str(reason)
    return {
        "path": path,
        "fingerprints": [each.fingerprint for each in found],
        # What signs for them: themselves, or a key below them.
        "signing": {each.fingerprint: openpgp.fingerprints(each) for each in found},
        "canonical": openpgp.is_in_form(path, data),
        "error": error,
        "mode": file_mode(path),
        "plain": is_plain(path),
    }

# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The system below the engine: distribution, units, files, people and their groups, pending reboots."""

from __future__ import annotations

import contextlib
import grp
import importlib.util
import os
import platform
import pwd
import re
import resource
import shlex
import shutil
import sys
from typing import Any, Dict, List, Optional, Sequence

from .._common.plain_files import FileError, read
from .._common.prober import Prober, file_mode, is_plain
from .._common.redaction import mask
from .._docker import programs, start

DOCKER_GROUP = "docker"
# Of dpkg 1.22 and later, and of those before.
_NATIVE = {
    "/var/lib/dpkg/arch-native": rb"\A(\S+)",
    "/var/lib/dpkg/status": rb"^Package: dpkg\n(?:.+\n)*?Architecture: (\S+)",
}
# What dpkg calls the machines that uname names otherwise (/usr/share/dpkg/cputable and tupletable).
_OF_KERNEL = {
    "x86_64": "amd64",
    "aarch64": "arm64",
    "armv7l": "armhf",
    "i686": "i386",
    "ppc64le": "ppc64el",
    "loongarch64": "loong64",
}
_UNIT_PROPERTIES = (
    "Id,LoadState,ActiveState,SubState,UnitFileState,NeedDaemonReload,Result,ExecStart,SocketGroup,After,FragmentPath"
    ",Environment,EnvironmentFiles,MainPID"
)
# systemd.unit(5), the load path of the system's units, and where /usr is not merged.
UNIT_PATH = (
    "/etc/systemd/system.control",
    "/run/systemd/system.control",
    "/run/systemd/transient",
    "/run/systemd/generator.early",
    "/etc/systemd/system",
    "/etc/systemd/system.attached",
    "/run/systemd/system",
    "/run/systemd/system.attached",
    "/run/systemd/generator",
    "/usr/local/lib/systemd/system",
    "/usr/lib/systemd/system",
    "/lib/systemd/system",
    "/run/systemd/generator.late",
)
_DISTRIBUTIONS_PYTHON = "/usr/bin/python3"
_REBOOT = ("/run/reboot-required", "/var/run/reboot-required")
# What gpasswd and groupadd write, whatever else nsswitch.conf names (LDAP, SSSD, userdb).
LOCAL_GROUPS = "/etc/group"
NO_GROUP: Dict[str, Any] = {
    "exists": False,
    "gid": None,
    "members": [],
    "primary_members": [],
    "of_directory": False,
    "directory_members": [],
}
# Not the same as none: what cannot be read is not to be written over.
UNKNOWN_GROUP: Dict[str, Any] = {**NO_GROUP, "exists": None}
NO_DISTRIBUTION: Dict[str, Any] = {
    "id": "linux",
    "id_like": [],
    "version_id": "",
    "codename": "",
    "pretty_name": "an unknown distribution",
    "architecture": "",
}


def distribution(prober: Prober) -> Dict[str, Any]:
    """os-release(5), and the architecture as dpkg names it."""
    values: Dict[str, str] = {}
    for line in (prober.text("/etc/os-release") or prober.text("/usr/lib/os-release") or "").splitlines():
        key, equals, value = line.partition("=")
        if equals and not key.startswith("#"):
            values[key.strip()] = _unquoted(value)
    return {
        "id": values.get("ID", "linux"),
        "id_like": values.get("ID_LIKE", "").split(),
        "version_id": values.get("VERSION_ID", ""),
        "codename": _codename(values),
        "pretty_name": values.get("PRETTY_NAME", ""),
        "architecture": architecture(),
    }


def _unquoted(value: str) -> str:
    # What a shell, and thus os-release(5), takes from between double quotes without its backslash, and shlex does not.
    if not value.startswith("'"):
        value = re.sub(r"\\(.)", lambda match: match.group(1) if match.group(1) in "$`" else match.group(), value)
    try:
        return " ".join(shlex.split(value))
    except ValueError:
        # A quote that is not closed.
        return value.strip("\"' ")


def _codename(values: Dict[str, str]) -> str:
    """Of the release that a derivative is made from, where it names that; its own otherwise."""
    return values.get("UBUNTU_CODENAME") or values.get("DEBIAN_CODENAME") or values.get("VERSION_CODENAME", "")


def architecture() -> str:
    """dpkg's own, of which its packages are: a kernel of another architecture may run below them (Raspberry Pi)."""
    for path, entry in _NATIVE.items():
        with contextlib.suppress(FileError):
            match = re.search(entry, read(path) or b"", re.MULTILINE)
            if match:
                return match.group(1).decode("ascii", "replace")
    return _OF_KERNEL.get(platform.machine(), platform.machine())


def kernel() -> Dict[str, str]:
    return {"release": platform.release(), "machine": platform.machine()}


def package_manager() -> str:
    apt = shutil.which("apt-get") is not None
    if os.path.isfile("/var/lib/dpkg/status") and apt:
        return "apt"
    if shutil.which("dnf"):
        return "dnf"
    # Where dpkg's database is lost, that is reported, and not that the distribution is another one.
    return "apt" if apt and os.path.isdir("/var/lib/dpkg") else "unknown"


def python() -> Dict[str, Any]:
    """The interpreter that modules run with here, and whether it has what those of community.docker need."""
    the_same = os.path.realpath(sys.executable) == os.path.realpath(_DISTRIBUTIONS_PYTHON)
    return {
        "path": sys.executable,
        # A virtual environment's is a link to it, and has packages of its own.
        "of_distribution": the_same and sys.prefix == sys.base_prefix,
        "requests": importlib.util.find_spec("requests") is not None,
    }


def init_system() -> str:
    """systemd only where it is process 1 (sd_booted(3)): a host may have its programs and not run it."""
    return "systemd" if os.path.isdir("/run/systemd/system") else "none"


def units(prober: Prober, names: Sequence[str]) -> Dict[str, Dict[str, Any]]:
    """Those of these units that exist, as host_info documents them, and of each its file and what it starts after."""
    _rc, output = prober.run(["systemctl", "show", "--property", _UNIT_PROPERTIES, *names])
    result = {}
    for block in output.strip().split("\n\n"):
        shown = dict(line.split("=", 1) for line in block.splitlines() if "=" in line)
        if shown.get("LoadState") in (None, "not-found"):
            continue
        arguments = start.arguments(shown.get("ExecStart", ""))
        result[shown["Id"]] = {
            "active": shown.get("ActiveState") in ("active", "reloading"),
            "enabled": shown.get("UnitFileState") in ("enabled", "enabled-runtime", "static", "indirect"),
            # Others start it, and nothing of it is to be enabled or disabled.
            "static": shown.get("UnitFileState") == "static",
            "state": shown.get("SubState", ""),
            "masked": shown.get("LoadState") == "masked",
            "result": shown.get("Result", ""),
            "needs_daemon_reload": shown.get("NeedDaemonReload") == "yes",
            "flags": mask(arguments),
            "environment": mask(start.environment(block, arguments, prober.text)),
            "socket_group": shown.get("SocketGroup", ""),
            "after": shown.get("After", "").split(),
            "fragment": shown.get("FragmentPath", ""),
            "program": _program(shown.get("ExecStart", "")),
            "replaced": programs.of_process(int(shown.get("MainPID") or 0))["replaced"],
        }
    return result


def _program(exec_start: str) -> Optional[str]:
    """The real path of what a unit starts; null where it starts nothing."""
    match = re.search(r"path=(\S+) ;", exec_start)
    return os.path.realpath(match.group(1)) if match else None


def own_command(prober: Prober, fragment: str) -> str:
    """What a unit's own file starts, whatever drop-ins say; empty where it does not tell."""
    lines = re.findall(r"^ExecStart=[-@:+!|]*(\S.*)$", prober.text(fragment) or "" if fragment else "", re.MULTILINE)
    return mask(lines[-1].strip()) if lines else ""


def with_files(names: Sequence[str]) -> List[str]:
    """Those that systemd would find a file of: it takes two milliseconds to find none."""
    return [name for name in names if any(os.path.lexists(os.path.join(folder, name)) for folder in UNIT_PATH)]


def files(prober: Prober, paths: Sequence[str], key: str = "") -> Dict[str, Optional[Dict[str, Any]]]:
    """Files as they are now, null where there is none; credentials are masked."""
    result: Dict[str, Optional[Dict[str, Any]]] = {}
    for path in paths:
        text = prober.text(path)
        result[path] = None
        if text is not None:
            result[path] = {"content": mask(text, key), "mode": file_mode(path), "plain": is_plain(path)}
    return result


def docker_group() -> Dict[str, Any]:
    try:
        group = grp.getgrnam(DOCKER_GROUP)
    except KeyError:
        return NO_GROUP
    primary = [user.pw_name for user in pwd.getpwall() if user.pw_gid == group.gr_gid]
    local = _local_members()
    return {
        "exists": True,
        "gid": group.gr_gid,
        # Where nsswitch.conf merges the groups of two places, a member of both is there twice.
        "members": sorted(set(group.gr_mem)),
        "primary_members": sorted(set(primary)),
        "of_directory": local is None,
        "directory_members": sorted(set(group.gr_mem) - set(local or [])),
    }


def _local_members() -> Optional[List[str]]:
    """Those of the file itself; null where it has no such group."""
    for line in (read(LOCAL_GROUPS) or b"").decode("utf-8", "replace").splitlines():
        fields = line.strip().split(":")
        if fields[0] == DOCKER_GROUP and len(fields) > 3:
            return [name for name in fields[3].split(",") if name]
    return None


def users(names: List[str]) -> Dict[str, bool]:
    """Whether each name is a user: asked one by one, since a directory service is not listed as a whole."""
    result = {}
    for name in names:
        try:
            pwd.getpwnam(name)
            result[name] = True
        except (KeyError, ValueError):
            result[name] = False
    return result


def reboot(prober: Prober) -> Dict[str, Any]:
    """Whether the distribution says that a reboot is due, and for which packages."""
    path = next((path for path in _REBOOT if os.path.exists(path)), None)
    packages: Optional[str] = prober.text(path + ".pkgs") if path else None
    return {"required": path is not None, "packages": sorted(set((packages or "").split()))}


def open_files_limit(prober: Prober) -> int:
    """The highest hard limit of open files that a container can be given here.

    With CAP_SYS_RESOURCE (bit 24 of the effective set, capabilities(7)) the kernel's own bound counts, without it the
    limit that processes here have already.
    """
    effective = next((line for line in (prober.text("/proc/self/status") or "").splitlines() if "CapEff" in line), "")
    if effective and int(effective.split()[1], 16) >> 24 & 1:
        return int(prober.text("/proc/sys/fs/nr_open") or 1048576)
    return resource.getrlimit(resource.RLIMIT_NOFILE)[1]


def kubernetes_node(packages: Dict[str, Any]) -> bool:
    """A node's own containerd and runc are not ours to replace."""
    if "kubelet" in packages or os.path.isdir("/var/lib/kubelet/pods"):
        return True
    return any(os.path.exists(path) for path in ("/usr/bin/kubelet", "/usr/local/bin/kubelet", "/usr/local/bin/k3s"))

# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the lab takes from the machine it runs on: apt's mirror and options, the CA bundle, a few packages."""

from __future__ import annotations

import fcntl
import os
import platform
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from .engine import LabError

# Another name makes another lab: two checkouts whose recipes differ do not disturb each other. Host images are shared.
NAME = os.environ.get("DOCKYARD_LAB") or "dockyard-lab"
CACHE = Path.home() / ".cache" / "dockyard-lab"
KEY = CACHE / "id_ed25519"
CA_BUNDLE = Path("/etc/ssl/certs/ca-certificates.crt")
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
PUBLIC_MIRROR = "http://ftp.debian.org/debian"
# What a host needs to use the same mirror; the rest of a machine's apt configuration is its own business.
APT_OPTIONS = ("Acquire::Check-", "Acquire::http", "Acquire::https", "Acquire::ForceIPv", "Acquire::Retries")
INOTIFY_INSTANCES = 1024
LOCK_ATTEMPTS = 60


@contextmanager
def lock() -> Iterator[None]:
    """One lab command at a time; the second waits."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _output(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


@cache
def mirrors() -> tuple[str, str]:
    """The URLs of Debian's archive and its security archive, as this machine's apt knows them."""
    release = platform.freedesktop_os_release()
    archive, security = PUBLIC_MIRROR, f"{PUBLIC_MIRROR}-security"
    if release["ID"] != "debian":
        return archive, security
    codename = release["VERSION_CODENAME"]
    targets = _output("apt-get", "indextargets", "--format", "$(REPO_URI) $(RELEASE)", "Created-By: Packages")
    for uri, suite in (line.split() for line in targets.splitlines()):
        if suite == codename:
            archive = uri.rstrip("/")
        elif suite == f"{codename}-security":
            security = uri.rstrip("/")
    return archive, security


def sources(codename: str) -> str:
    """A deb822 file for one Debian release from this machine's mirror."""
    archive, security = mirrors()
    stanzas = [(archive, codename)]
    if codename != "testing":
        stanzas = [(archive, f"{codename} {codename}-updates"), (security, f"{codename}-security")]
    return "\n".join(
        f"Types: deb\nURIs: {uri}\nSuites: {suites}\nComponents: main\nSigned-By: {KEYRING}\n"
        for uri, suites in stanzas
    )


@cache
def apt_options() -> str:
    """The lines of `apt-config dump` that decide how the mirror is reached, and no translations to save time."""
    lines = _output("apt-config", "dump").splitlines()
    wanted = (line for line in lines if line.startswith(APT_OPTIONS) and '""' not in line)
    return "".join(f"{line}\n" for line in (*wanted, 'Acquire::Languages "none";'))


def ca_bundle() -> str:
    return CA_BUNDLE.read_text() if CA_BUNDLE.exists() else ""


def public_key() -> str:
    """The public half of the key that opens every lab host by ssh; made here and now when there is none."""
    if not KEY.exists():
        install("openssh-client", Path("/usr/bin/ssh-keygen"))
        CACHE.mkdir(parents=True, exist_ok=True)
        subprocess.run(
            ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "dockyard-lab", "-f", str(KEY)], check=True
        )
    return KEY.with_suffix(".pub").read_text()


def install(package: str, verification: Path) -> None:
    """Install a package unless a file of it is there; someone else's apt or dpkg is waited for."""
    if verification.exists():
        return
    for command in (["update"], ["install", "--yes", "--no-install-recommends", package]):
        _apt(command)


def _apt(command: list[str]) -> None:
    for _attempt in range(LOCK_ATTEMPTS):
        # apt waits for dpkg's lock by itself, not for the one of the package lists.
        done = subprocess.run(
            ["apt-get", "-qq", "-o", "DPkg::Lock::Timeout=300", *command], capture_output=True, text=True
        )
        if done.returncode == 0:
            return
        if "Could not get lock" not in done.stderr:
            break
        time.sleep(5)
    raise LabError(f"apt-get {' '.join(command)} failed: {done.stderr.strip()}")


def allow_many_hosts() -> None:
    """Every systemd takes some six inotify instances, and the kernel's default of 128 ends at twenty hosts."""
    knob = Path("/proc/sys/fs/inotify/max_user_instances")
    if int(knob.read_text()) < INOTIFY_INSTANCES:
        try:
            knob.write_text(str(INOTIFY_INSTANCES))
        except OSError as error:
            print(f"lab: only about twenty hosts fit, {knob} cannot be raised: {error}", file=sys.stderr)

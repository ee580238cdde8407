# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The disk that the virtual machine starts from: made once, and again when its recipe changes."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from lab import images, machine
from lab.engine import LabError

RECIPE = Path(__file__).parent / "recipe"
CODENAME = "trixie"
PACKAGES = (
    "ca-certificates",
    "dbus",
    "iproute2",
    "iptables",
    "kmod",
    # Ends ssh's sessions at a reboot, as on a server; they would hang until they time out.
    "libpam-systemd",
    "linux-image-cloud-amd64",
    "openssh-server",
    "procps",
    "python3",
    "python3-apt",
    "systemd-sysv",
    "udev",
)
# What the lab's scripts look for before they change anything, as in recipes/host/Dockerfile of the lab.
MARKED = 'echo "A host of the lab: scripts below molecule/ and tests/ may change it." >"$1/etc/dockyard-lab"'
# Sparse: it takes what is in it.
SIZE = "8G"


@dataclass(frozen=True)
class Image:
    """The files that qemu is given."""

    disk: Path
    kernel: Path
    initrd: Path


def ensure() -> Image:
    """Make the image unless it is there; one of an older recipe goes."""
    with tempfile.TemporaryDirectory(prefix="dockyard-lab-") as name:
        context = Path(name)
        shutil.copytree(RECIPE, context, dirs_exist_ok=True)
        images.add_machine(context, CODENAME)
        wanted = machine.CACHE / f"vm-{images.fingerprint(context, SIZE, *PACKAGES)}"
        if not wanted.exists():
            for old in machine.CACHE.glob("vm-*"):
                shutil.rmtree(old)
            _make(context, wanted)
    return Image(wanted / "disk", wanted / "kernel", wanted / "initrd")


def _make(context: Path, target: Path) -> None:
    for package, verification in (
        ("mmdebstrap", Path("/usr/bin/mmdebstrap")),
        ("debian-archive-keyring", machine.KEYRING),
        ("e2fsprogs", Path("/usr/sbin/mke2fs")),
    ):
        machine.install(package, verification)
    archive, _security = machine.mirrors()
    source = f"deb [signed-by={machine.KEYRING}] {archive} {CODENAME} main"
    options = [f"--aptopt={line}" for line in machine.apt_options().splitlines()]
    with tempfile.TemporaryDirectory(prefix="making-", dir=machine.CACHE) as name:
        root, made = Path(name) / "root", Path(name) / "made"
        made.mkdir()
        _run(
            # No one else sees its mounts, and what it starts ends with it: the folder can be removed at any time.
            *("unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"),
            *("mmdebstrap", "--quiet", "--mode=root", "--variant=apt", f"--include={','.join(PACKAGES)}", *options),
            f"--customize-hook={MARKED}",
            *(f'--customize-hook=sh {context / "finish"} "$1"', CODENAME, str(root), source),
        )
        for file, pattern in (("kernel", "vmlinuz-*"), ("initrd", "initrd.img-*")):
            shutil.copyfile(next((root / "boot").glob(pattern)), made / file)
        _run("/usr/sbin/mke2fs", "-q", "-t", "ext4", "-L", "root", "-d", str(root), str(made / "disk"), SIZE)
        made.rename(target)


def _run(*command: str) -> None:
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode != 0:
        raise LabError(f"{Path(command[0]).name} failed:\n{(done.stdout + done.stderr).strip()[-1500:]}")

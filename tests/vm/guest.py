# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The virtual machine, from its first boot to its end."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from lab import hosts, machine
from lab.engine import LabError
from lab.way import Ssh

from .image import Image

QEMU = Path("/usr/bin/qemu-system-x86_64")
BOOT_SECONDS = 600
BOOT_ID = "/proc/sys/kernel/random/boot_id"
# The first line of every kernel, and no one else's.
FIRST_LINE = "] Linux version "
# Without a host of its own name to look up, and with an answer for a machine that is between two boots.
SSH = {**hosts.SSH, "ConnectTimeout": "10", "ControlMaster": "no", "ServerAliveInterval": "10"}


class Guest:
    def __init__(self, process: subprocess.Popen[bytes], port: int, console: Path) -> None:
        self._process = process
        self._console = console
        self.port = port
        self.way = Ssh("127.0.0.1", port, SSH)

    def shell(self, script: str) -> str:
        return self.way.run("sh", "-ec", script)

    def boot_id(self) -> str:
        return self.way.run("cat", BOOT_ID)

    def boots(self) -> int:
        """How many kernels have started since the machine was switched on."""
        return self._console.read_text(errors="replace").count(FIRST_LINE)

    def wait_for(self, what: str, true: Callable[[], bool]) -> None:
        deadline = time.monotonic() + BOOT_SECONDS
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                raise LabError(f"qemu ended with {self._process.returncode}")
            try:
                if true():
                    return
            except LabError:
                # No one answers yet, or no longer.
                pass
            time.sleep(1)
        raise LabError(f"{what} did not come true in {BOOT_SECONDS} s")

    def wait_until_booted(self, other_than: str = "") -> None:
        self.wait_for("a new boot", lambda: self.boot_id() != other_than)
        # With --wait a unit that hangs would be waited for longer than for anything else here.
        state = "systemctl is-system-running || :"
        self.wait_for("a finished boot", lambda: self.shell(state) in ("running", "degraded"))


def install() -> None:
    machine.install("qemu-system-x86", QEMU)
    machine.install("openssh-client", Path("/usr/bin/ssh"))


@contextmanager
def started(image: Image, folder: Path) -> Iterator[Guest]:
    """What the guest writes is gone with qemu; the image stays as it is."""
    port = _free_port()
    console = folder / "console.log"
    command = [
        # It ends even where this program has no time to end it.
        *("setpriv", "--pdeathsig", "KILL", "--"),
        *(str(QEMU), "-accel", "tcg", "-smp", "2", "-m", "2048", "-display", "none", "-monitor", "none"),
        *("-kernel", str(image.kernel), "-initrd", str(image.initrd), "-append", "root=/dev/vda rw console=ttyS0"),
        *("-drive", f"file={image.disk},format=raw,if=virtio,snapshot=on,cache=unsafe"),
        *("-netdev", f"user,id=net,hostfwd=tcp:127.0.0.1:{port}-:22", "-device", "virtio-net-pci,netdev=net,romfile="),
        *("-device", "virtio-rng-pci", "-serial", f"file:{console}"),
    ]
    with (folder / "qemu.log").open("wb") as log:
        # In a session of its own: what ends this program by a key does not end the machine before it is looked at.
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
    try:
        yield Guest(process, port, console)
    finally:
        process.kill()
        process.wait()


def fresh_folder(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])

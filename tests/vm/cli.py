# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a bare virtual machine through a real reboot, and another by hand: all of it works after each. See README.md."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from types import FrameType

from lab import engine, gpus, repository

from . import guest, image
from .playbook import Run, site
from .steps import step

FOLDER = Path(__file__).resolve().parents[2] / "build" / "vm"
MACHINE = os.environ.get("MACHINE") or "rtx4090"
# Containers of the host's own shell, since there is no registry: each has the card by another way, and comes back.
WAYS = {
    "gpus": "--restart always --gpus all",
    "runtime": "--restart unless-stopped --runtime nvidia --env NVIDIA_VISIBLE_DEVICES=all",
    "cdi": "--restart unless-stopped --device nvidia.com/gpu=all",
}
RUN = "docker run --detach --name {} {} witness /bin/sh -c 'trap exit TERM; while sleep 1; do :; done'"
WITNESSES = """
libraries=$(ldd /bin/sh /bin/sleep | grep -o '/lib[^ ]*' | sort -u)
tar --create --dereference --absolute-names /bin/sh /bin/sleep $libraries | docker import - witness
""" + "\n".join(RUN.format(name, words) for name, words in WAYS.items())
HAS_THE_CARD = "/bin/sh -c '[ -c /dev/nvidia0 ] && echo it has'"
SEES_THE_CARD = "docker run --rm --gpus all witness /bin/sh -c '[ -c /dev/nvidia0 ] && echo it does'"


class Broken(Exception):
    """What is not as it should be, in one sentence."""


def expect(true: bool, otherwise: str) -> None:
    if not true:
        raise Broken(otherwise)


def main() -> int:
    # TERM and HUP clean up as Ctrl-C does.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    folder = guest.fresh_folder(FOLDER)
    try:
        engine.require()
        expect(MACHINE in gpus.names(), f"there is no machine {MACHINE}: the lab knows {', '.join(gpus.names())}")
        repository.read()
        with step("qemu is there"):
            guest.install()
        with step("the image is there"):
            made = image.ensure()
        console = folder / "console.log"
        with guest.started(made, folder) as vm:
            with step("the machine answers by ssh", console):
                vm.wait_until_booted()
            _go_through(vm, folder, console)
    except (Broken, engine.LabError) as problem:
        print(f"FAILED: {problem}\nthe logs are in {folder}", flush=True)
        return 1
    except KeyboardInterrupt:
        print(f"interrupted; the logs are in {folder}", file=sys.stderr)
        return 130
    print("passed", flush=True)
    return 0


def _go_through(vm: guest.Guest, folder: Path, console: Path) -> None:
    with step(f"it has the GPUs of {MACHINE}"):
        _name_the_repository(vm)
        gpus.give(vm.way, MACHINE)
    first = vm.boot_id()

    log = folder / "first.log"
    with step("site.yml brings engine and driver, and reboots on its way", log):
        run = site(vm.port, log)
    second = vm.boot_id()
    expect(second != first, "the first run did not reboot the machine")
    expect(vm.boots() == 2, f"{vm.boots() - 1} reboots instead of one")
    expect(run.says("Reboot into the driver"), "the reboot was not the role's own")
    expect(run.says("verified: a verification container ran"), "no container verified the engine")
    expect(not run.says(r"\bto do: "), "something is left to do after the first run")
    with step("the cards answer, and a container sees one"):
        vm.shell(WITNESSES)
        _works(vm)

    log = folder / "second.log"
    with step("a second run changes nothing", log):
        run = site(vm.port, log)
    _changed_nothing(run)
    expect(vm.boot_id() == second, "the second run rebooted the machine")

    with step("the machine is back after a reboot by hand", console):
        # The connection may break before the command's answer comes.
        vm.shell("systemctl --no-block reboot || :")
        vm.wait_until_booted(other_than=second)
    expect(vm.boots() == 3, f"{vm.boots() - 2} reboots by hand instead of one")
    with step("the cards still answer, and the containers run again, by whatever way they have the card"):
        running = "docker ps --format '{{.Names}}'"
        vm.wait_for("witnesses that run", lambda: set(vm.shell(running).split()) == set(WAYS))
        _works(vm)
        for name in WAYS:
            expect(vm.shell(f"docker exec {name} {HAS_THE_CARD}") == "it has", f"{name} has the card no more")
        cycles = vm.shell("journalctl --boot --output cat _PID=1 | grep -i 'ordering cycle' || :")
        expect(not cycles, f"units wait for each other: {cycles}")

    log = folder / "third.log"
    with step("a third run changes nothing", log):
        run = site(vm.port, log)
    _changed_nothing(run)


def _name_the_repository(vm: guest.Guest) -> None:
    """Qemu's name server knows the machine's names, and the lab's only inside of the lab's network."""
    address = repository.read()["address"].removeprefix("http://")
    vm.shell(f"echo '{address} {repository.ALIAS}' >> /etc/hosts")


def _works(vm: guest.Guest) -> None:
    cards = vm.shell("nvidia-smi -L").splitlines()
    expect(bool(cards) and all(card.startswith("GPU ") for card in cards), f"nvidia-smi shows {cards}")
    expect(vm.shell(SEES_THE_CARD) == "it does", "a container does not see the card")


def _changed_nothing(run: Run) -> None:
    expect(run.changed == 0, f"{run.changed} changes in a run with nothing to do: {', '.join(run.changes)}")


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt

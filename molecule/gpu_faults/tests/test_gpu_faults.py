# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A driver that does not work in the end fails with the kernel's words after one reboot, and works once mended."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from control import Run, play, reboots, shell

ROLE = Path(__file__).parents[1] / "driver.yml"
SECURE, HEADERS, UNSUPPORTED, HELD, NONE = (
    f"gpu-faults-{name}" for name in ("secure", "headers", "unsupported", "held", "none")
)
OLD, NEW = "580.159.03", "580.178.04"
# What the message has to name: the kernel's words, and what to do.
REPORTED = {
    SECURE: ("Secure Boot rejects", "rejected", "mokutil --import"),
    HEADERS: ("the running kernel has no nvidia module", "headers of the running kernel"),
    UNSUPPORTED: ("NVRM: installed in this system is not supported by the", "nvidia_driver_branch"),
}
# The headers' place is taken by a package that has none.
NO_HEADERS: dict[str, Any] = {"nvidia_driver_headers": ["pci.ids"]}
FIRST: dict[str, dict[str, Any]] = {
    SECURE: {},
    HEADERS: NO_HEADERS,
    UNSUPPORTED: {},
    HELD: {"nvidia_driver_branch": OLD},
    NONE: {},
}

LAST: dict[str, dict[str, Any]] = {
    SECURE: {},
    HEADERS: {},
    UNSUPPORTED: {},
    HELD: {"nvidia_driver_branch": NEW},
    NONE: {},
}


def test_headers_that_no_repository_has_are_reported() -> None:
    run = play(ROLE, {NONE: {"nvidia_driver_headers": ["linux-headers-0.99"]}})
    for words in ("linux-headers-0.99", "upgrade the kernel", "nvidia_driver_headers"):
        assert words in run.message(NONE)


@pytest.fixture(scope="module")
def first_run() -> Run:
    shell(SECURE, "lab-gpus fault secure_boot true")
    shell(UNSUPPORTED, "lab-gpus fault unsupported '[\"0000:01:00.0\"]'")
    return play(ROLE, FIRST)


@pytest.mark.parametrize("host", REPORTED)
def test_a_driver_that_does_not_load_after_the_reboot_fails_with_the_kernels_words(host: str, first_run: Run) -> None:
    assert first_run.failures(host) == 1
    assert [words for words in REPORTED[host] if words not in first_run.message(host)] == [], first_run.message(host)
    assert reboots(host) == 1


@pytest.mark.parametrize(("host", "cards", "version", "rebooted"), [(HELD, 2, OLD, 1), (NONE, 8, NEW, 0)])
def test_hosts_beside_them_end_well(host: str, cards: int, version: str, rebooted: int, first_run: Run) -> None:
    assert first_run.failures(host) == 0, first_run.message(host)
    assert version in shell(host, "cat /proc/driver/nvidia/version")
    assert shell(host, "nvidia-smi -L").count("GPU-") == cards
    # nouveau has a use for one of them.
    assert reboots(host) == rebooted


@pytest.fixture(scope="module")
def second_run(first_run: Run) -> Run:
    shell(HELD, "lab-gpus fault module_in_use true")
    upgrade = {"nvidia_driver_branch": NEW, "nvidia_driver_reboot": "never"}
    return play(ROLE, {**FIRST, HELD: upgrade})


@pytest.mark.parametrize("host", REPORTED)
def test_what_a_reboot_did_not_mend_is_reported_again_and_not_rebooted_again(host: str, second_run: Run) -> None:
    assert [words for words in REPORTED[host] if words not in second_run.message(host)] == [], second_run.message(host)
    assert reboots(host) == 1


def test_a_module_that_is_held_is_reported_where_no_reboot_is_allowed(second_run: Run) -> None:
    for words in ("could not be unloaded", "Module nvidia is in use", "nvidia_driver_reboot: if_needed"):
        assert words in second_run.message(HELD)
    assert OLD in shell(HELD, "cat /proc/driver/nvidia/version")


@pytest.fixture(scope="module")
def mended(second_run: Run) -> Run:
    shell(SECURE, "lab-gpus fault secure_boot off")
    shell(UNSUPPORTED, "lab-gpus fault unsupported off")
    return play(ROLE, LAST)


@pytest.mark.parametrize(("host", "rebooted"), [(SECURE, 1), (HEADERS, 1), (UNSUPPORTED, 1), (HELD, 2)])
def test_once_mended_the_driver_answers(host: str, rebooted: int, mended: Run) -> None:
    assert mended.failures(host) == 0, mended.message(host)
    assert shell(host, "nvidia-smi -L").startswith("GPU 0:")
    # That of the held one is what exchanged its driver.
    assert reboots(host) == rebooted
    assert shell(host, "nvidia-smi --query-gpu=driver_version --format=csv,noheader").split()[0] == NEW


def test_then_nothing_is_left_to_do(mended: Run) -> None:
    again = play(ROLE, LAST)
    for host in LAST:
        assert (again.failures(host), again.changes(host)) == (0, []), host

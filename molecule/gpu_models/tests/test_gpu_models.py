# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""GPUs, kernel, drivers and toolkit are stand-ins; systemd, apt and the engine are real."""

from __future__ import annotations

import subprocess

import pytest
from control import play, shell

A100, B200, RTX4090, MIXED = "models-a100", "models-b200", "models-rtx4090", "models-mixed"
CARDS = {A100: 2, B200: 8, RTX4090: 1}


@pytest.mark.parametrize("host", CARDS)
def test_one_run_and_one_reboot_at_most_show_the_cards(host: str) -> None:
    cards = [line for line in shell(host, "nvidia-smi -L").splitlines() if line.startswith("GPU ")]
    assert len(cards) == CARDS[host]
    command = ["docker", "inspect", "--format", "{{.RestartCount}}", host]
    assert subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.strip() in ("0", "1")


@pytest.mark.parametrize("host", CARDS)
def test_the_modules_are_the_open_ones_which_all_of_these_cards_can_have(host: str) -> None:
    assert "Open Kernel Module" in shell(host, "cat /proc/driver/nvidia/version")


def test_the_cards_that_are_divided_are_reported_with_their_parts() -> None:
    lines = shell(A100, "nvidia-smi -L").splitlines()
    assert [line.split()[0] for line in lines].count("MIG") > 0


def test_where_no_switch_is_to_be_seen_is_no_fabric_manager() -> None:
    # A real board of B200 has its switches behind InfiniBand, which the lab does not have.
    shown = {
        host: shell(host, "dpkg-query --list '*fabricmanager*' 2>/dev/null | grep ^.i", check=False) for host in CARDS
    }
    assert shown == dict.fromkeys(CARDS, "")


def test_a_container_has_the_cards_it_was_given_and_nothing_changes() -> None:
    run = play("dockyard.gpu.verify", {host: {} for host in CARDS})
    assert {host: run.message(host) for host in CARDS} == dict.fromkeys(CARDS, "")
    assert {host: run.changes(host) for host in CARDS} == {host: [] for host in CARDS}


def test_two_cards_that_no_driver_serves_together_are_rejected_by_name_before_anything_is_done() -> None:
    before = shell(MIXED, "dpkg-query --show; find /etc -newer /proc/1/cmdline -type f | sort")
    run = play("dockyard.gpu.site", {MIXED: {}})
    assert "GeForce GTX 1080" in run.message(MIXED)
    assert "GeForce RTX 5090" in run.message(MIXED)
    assert run.changes(MIXED) == []
    assert shell(MIXED, "dpkg-query --show; find /etc -newer /proc/1/cmdline -type f | sort") == before

# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""On a host with systemd the engine was started once, with its final configuration, and comes back after a reboot."""

from __future__ import annotations

import pytest
from kept import journal
from testinfra.host import Host

STARTED = "39f53479d3a045ac8e11786248231fbf"  # SD_MESSAGE_UNIT_STARTED, systemd.messages


@pytest.mark.parametrize("unit", ["docker.service", "containerd.service"])
def test_runs_was_started_once_and_comes_back(host: Host, unit: str) -> None:
    assert host.service(unit).is_running
    assert host.service(unit).is_enabled
    assert len(journal(host, f"MESSAGE_ID={STARTED}", f"UNIT={unit}")) == 1

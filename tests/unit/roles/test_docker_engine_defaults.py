# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the engine's defaults are worth on a host that had an engine before."""

from __future__ import annotations

import ipaddress
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[3]
# What an engine without daemon.json takes: docker0, and then one after the other.
ITS_OWN = [f"172.{number}.0.0/16" for number in range(17, 25)]


def test_networks_that_an_engine_made_by_itself_leave_room_for_new_ones() -> None:
    defaults = yaml.safe_load((ROOT / "roles/docker_engine/defaults/main.yml").read_text())
    pools = defaults["docker_engine_config_defaults"]["default-address-pools"]
    taken = [ipaddress.ip_network(network) for network in ITS_OWN]
    subnets = [
        subnet for pool in pools for subnet in ipaddress.ip_network(pool["base"]).subnets(new_prefix=pool["size"])
    ]
    free = [subnet for subnet in subnets if not any(subnet.overlaps(network) for network in taken)]
    assert len(free) >= 1024
    assert len(set(subnets)) == len(subnets)

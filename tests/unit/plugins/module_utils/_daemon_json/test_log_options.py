# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of log drivers against an engine: it has the truth about each option of each driver that it knows."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from ansible_collections.dockyard.gpu.plugins.module_utils._daemon_json import log_options
from ansible_collections.dockyard.gpu.plugins.module_utils._docker import plugin_names
from ansible_collections.dockyard.gpu.plugins.module_utils._docker.api import EngineClient, EngineError

EVERY = sorted({option for options in log_options.OPTIONS.values() for option in options})
# Beside which the engine looks at others at all.
NEEDED = {
    "awslogs": {"awslogs-group": "a"},
    "gelf": {"gelf-address": "udp://127.0.0.1:12201"},
}
# Of what an option may be is another question.
VALUES = {"syslog-address": "udp://127.0.0.1:514", "fluentd-address": "127.0.0.1:24224"}


def test_every_driver_that_engines_have_is_in_the_table() -> None:
    assert set(plugin_names.LOG_DRIVERS) <= set(log_options.OPTIONS)


@pytest.mark.engine
def test_a_real_engine_takes_what_the_table_says() -> None:
    client = EngineClient(timeout=60)
    information = client.get_json("/info")
    version = tuple(int(part) for part in information["ServerVersion"].split(".")[:2])
    images = client.get_json("/images/json")
    if not images:
        pytest.skip("there is no image here")

    def rejection(driver: str, options: dict[str, str]) -> str:
        logs = {"Type": driver, "Config": options}
        body = {"Image": images[0]["Id"], "Cmd": ["true"], "HostConfig": {"LogConfig": logs}}
        try:
            made: Any = client.post_json("/containers/create", body)
        except EngineError as error:
            return str(error)
        client.request("DELETE", f"/containers/{made['Id']}?force=1")
        return ""

    drivers = [name for name in information["Plugins"]["Log"] if name in log_options.OPTIONS]
    assert len(drivers) > 5
    for driver, option in itertools.product(drivers, [*EVERY, "bogus"]):
        options = {**NEEDED.get(driver, {}), option: VALUES.get(option, "1")}
        said = rejection(driver, options)
        unknown = "unknown log opt" in said or "not a valid option" in said
        # Options that came after this engine are in the table without a version.
        assert log_options.takes(driver, option, version) or unknown, (driver, option, said)
        if unknown and log_options.takes(driver, option, version):
            assert version < (29, 0), (driver, option, said)
            assert option.startswith(f"{driver}-"), (driver, option, said)

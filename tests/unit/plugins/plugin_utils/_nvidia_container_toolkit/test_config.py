# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys of config.toml that nvidia-ctk would not take are told before anything changes."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.dockyard.gpu.plugins.plugin_utils._nvidia_container_toolkit.config import KEYS
from ansible_collections.dockyard.gpu.plugins.plugin_utils._nvidia_container_toolkit.plan import plan
from ansible_collections.dockyard.gpu.plugins.plugin_utils._planning.step import refusals_of
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils.toolkit_stand_in import driven, wishes


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("nvidia-container-runtime.log-levle", "debug", ["did you mean 'nvidia-container-runtime.log-level'"]),
        ("no-cgroups", True, ["no-cgroups is no key", "nvidia-container-cli.no-cgroups"]),
        ("nvidia-container-cli.no-cgroups", "yes", ["'yes'", "true or false"]),
        ("nvidia-container-cli.no-cgroups", 1, ["true or false"]),
        ("nvidia-container-runtime.mode", True, ["a text"]),
        ("colour", "red", ["take it out"]),
        ("nvidia-container-cli.no-cgroups", False, []),
        ("nvidia-container-runtime.mode", "cdi", []),
        ("nvidia-container-runtime.runtimes", "crun,runc", []),
        # What only a newer toolkit knows.
        ("features.disable-imex-channel-creation", True, []),
        ("of-a-newer-one", "x", []),
    ],
)
def test_a_key_that_nvidia_ctk_would_not_take_is_an_error(key: str, value: Any, words: list[str]) -> None:
    host = driven()
    host["toolkit"]["config"] = {"of-a-newer-one": "y"}
    reasons = refusals_of(plan, host, wishes(config={key: value}))
    assert bool(reasons) is bool(words)
    assert all(word in reasons[0] for word in ["nvidia_container_toolkit_config", key, *words] if words)


def test_a_list_is_converged_however_it_is_written() -> None:
    host = driven()
    host["toolkit"]["config"] = {"nvidia-container-runtime.runtimes": ["crun", "runc"]}
    steps = [each["step"] for each in plan(host, wishes(config={"nvidia-container-runtime.runtimes": "crun,runc"}))]
    assert "config" not in steps


def test_the_table_has_what_the_labs_toolkit_writes() -> None:
    for key in ("disable-require", "nvidia-container-cli.ldconfig", "nvidia-ctk.path"):
        assert key in KEYS

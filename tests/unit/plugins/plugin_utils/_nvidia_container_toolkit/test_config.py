# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys of config.toml that nvidia-ctk would not take are reported before anything changes."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.dockyard.gpu.plugins.plugin_utils._nvidia_container_toolkit.config import KEYS
from ansible_collections.dockyard.gpu.plugins.plugin_utils._nvidia_container_toolkit.plan import plan
from ansible_collections.dockyard.gpu.plugins.plugin_utils._planning.step import errors_of
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils.toolkit_stand_in import driven, settings


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("nvidia-container-runtime.log-levle", "debug", ["did you mean 'nvidia-container-runtime.log-level'"]),
        ("no-cgroups", True, ["no-cgroups is no key", "nvidia-container-cli.no-cgroups"]),
        ("nvidia-container-cli.no-cgroups", "yes", ["'yes'", "true or false"]),
        ("nvidia-container-cli.no-cgroups", 1, ["true or false"]),
        ("nvidia-container-runtime.mode", True, ["a text"]),
        ("colour", "red", ["remove it"]),
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
    reasons = errors_of(plan, host, settings(config={key: value}))
    assert bool(reasons) is bool(words)
    assert all(word in reasons[0] for word in ["nvidia_container_toolkit_config", key, *words] if words)


RUNTIME = "nvidia-container-runtime"
MODES = f"{RUNTIME}.modes"


@pytest.mark.parametrize(
    ("config", "key", "near"),
    [
        ({RUNTIME: {"log-levle": "debug"}}, f"{RUNTIME}.log-levle", f"{RUNTIME}.log-level"),
        (
            {RUNTIME: {"modes": {"cdi": {"default-knid": "x"}}}},
            f"{MODES}.cdi.default-knid",
            f"{MODES}.cdi.default-kind",
        ),
        ({MODES: {"cdi": {"spec-dir": "/x"}}}, f"{MODES}.cdi.spec-dir", f"{MODES}.cdi.spec-dirs"),
        ({f"{MODES}.cdi.spec-dir": "/x"}, f"{MODES}.cdi.spec-dir", f"{MODES}.cdi.spec-dirs"),
        (
            {RUNTIME: {"modes": {"csi": {"default-kind": "x"}}}},
            f"{MODES}.csi.default-kind",
            f"{MODES}.cdi.default-kind",
        ),
        ({RUNTIME: {"mods": {"cdi": {"default-kind": "x"}}}}, f"{RUNTIME}.mods.cdi.default-kind", "cdi.default-kind"),
        ({"nvidia-container-cl": {"no-cgroups": True}}, "nvidia-container-cl.no-cgroups", "cli.no-cgroups"),
        ({"nvidia-container-cli": {"no-cgroup": True}}, "nvidia-container-cli.no-cgroup", "cli.no-cgroups"),
        (
            {"features": {"disable-imex-channels-creation": True}},
            "features.disable-imex-channels-creation",
            "features.disable-imex-channel-creation",
        ),
    ],
)
def test_a_mistyped_key_in_mappings_is_named_in_full_with_the_nearest(config: Any, key: str, near: str) -> None:
    (reason,) = errors_of(plan, driven(), settings(config=config))
    assert reason.startswith(f"nvidia_container_toolkit_config: {key} is no key of config.toml")
    assert f"{near}'?" in reason


def test_mappings_are_tables_as_in_toml() -> None:
    config = {RUNTIME: {"mode": "cdi", "modes": {"cdi": {"default-kind": "nvidia.com/gpu"}}}, "disable-require": True}
    (step,) = [each for each in plan(driven(), settings(config=config)) if each["step"] == "config"]
    assert step["to"] == {
        f"{RUNTIME}.mode": "cdi",
        f"{MODES}.cdi.default-kind": "nvidia.com/gpu",
        "disable-require": True,
    }


@pytest.mark.parametrize("config", [{MODES: {"jit": {"device": "x"}}}, {"features": {"brand-new": True}}])
def test_what_only_a_newer_toolkit_may_know_passes(config: Any) -> None:
    assert errors_of(plan, driven(), settings(config=config)) == []


@pytest.mark.parametrize(
    ("config", "words"),
    [
        (
            {"nvidia-container-cli": "x"},
            ["nvidia-container-cli is a table of", "such as nvidia-container-cli."],
        ),
        ({"nvidia-container-cli": {}}, ["'nvidia-container-cli': a mapping"]),
        ({"nvidia-container-cli": {"user": ["a"]}}, ["'nvidia-container-cli.user': a list"]),
        ({"nvidia-container-cli": {"user": "a\nb"}}, ["'nvidia-container-cli.user'"]),
        ({f"{RUNTIME}.mode": "cdi", RUNTIME: {"mode": "legacy"}}, [f"'{RUNTIME}.mode' is set twice"]),
    ],
)
def test_what_is_no_key_with_a_value_is_named_in_full(config: Any, words: list[str]) -> None:
    (reason,) = errors_of(plan, driven(), settings(config=config))
    assert all(word in reason for word in words), reason


def test_a_list_is_converged_however_it_is_written() -> None:
    host = driven()
    host["toolkit"]["config"] = {"nvidia-container-runtime.runtimes": ["crun", "runc"]}
    steps = [each["step"] for each in plan(host, settings(config={"nvidia-container-runtime.runtimes": "crun,runc"}))]
    assert "config" not in steps


def test_the_table_has_what_the_labs_toolkit_writes() -> None:
    for key in ("disable-require", "nvidia-container-cli.ldconfig", "nvidia-ctk.path"):
        assert key in KEYS

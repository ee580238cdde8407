# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later


from __future__ import annotations

import pytest
from ansible_collections.dockyard.gpu.plugins.plugin_utils._nvidia_driver.choice import Choice, below_floor, choose
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils.machines import gpu
from hypothesis import given
from hypothesis import strategies as st

GTX_680, GTX_980, GTX_1080, V100, T4, A100, RTX_4090 = "1180", "13c0", "1b80", "1db1", "1eb8", "20b0", "2684"
H100, RTX_5090, B200, RUBIN, UNBORN = "2330", "2b85", "2901", "3000", "7777"


def choice(*ids: str, branch: str = "auto", modules: str = "auto", fixed: int | None = None) -> Choice:
    gpus = [gpu(each, f"0000:0{number}:00.0") for number, each in enumerate(ids)]
    return choose(gpus, branch, modules, fixed, "2026-11")


@pytest.mark.parametrize(
    ("ids", "branch", "modules"),
    [
        ([GTX_980], 580, "proprietary"),
        ([GTX_1080], 580, "proprietary"),
        ([V100], 580, "proprietary"),
        ([T4], 580, "open"),
        ([A100, A100], 580, "open"),
        ([RTX_4090], 580, "open"),
        ([H100], 580, "open"),
        ([RTX_5090], 580, "open"),
        ([B200, H100], 580, "open"),
        # What drives both, though the younger would like open modules.
        ([GTX_1080, RTX_4090], 580, "proprietary"),
        # The only long-term branch that serves it.
        ([RUBIN], 620, "open"),
    ],
)
def test_auto_serves_all_gpus(ids: list[str], branch: int, modules: str) -> None:
    found = choice(*ids)
    assert (found.branch, found.modules, found.errors) == (branch, modules, [])


@pytest.mark.parametrize(
    ("ids", "desired", "words"),
    [
        ([GTX_680], {}, ("GTX 680", "0000:00:00.0", "470", "preinstalled")),
        ([GTX_1080, RTX_5090], {}, ("GTX 1080", "0000:00:00.0", "RTX 5090", "0000:01:00.0", "vfio-pci")),
        ([GTX_1080], {"branch": "595"}, ("nvidia_driver_branch", "595", "GTX 1080", "580", "auto")),
        ([B200], {"branch": "550"}, ("nvidia_driver_branch", "550", "B200", "570")),
        ([B200], {"fixed": 550}, ("nvidia_driver_source", "550", "B200", "another source")),
        ([GTX_1080], {"modules": "open"}, ("nvidia_driver_kernel_modules", "open", "GTX 1080", "auto")),
        ([B200], {"modules": "proprietary"}, ("nvidia_driver_kernel_modules", "proprietary", "B200", "auto")),
        ([H100], {"branch": "615", "modules": "proprietary"}, ("nvidia_driver_kernel_modules", "615", "open")),
    ],
)
def test_what_cannot_be_is_rejected_with_the_gpu_that_rules_it_out(
    ids: list[str], desired: dict[str, str], words: tuple[str, ...]
) -> None:
    (error,) = choice(*ids, **desired).errors  # type: ignore[arg-type]
    assert [word for word in words if word not in error] == [], error


def test_every_gpu_that_rules_a_branch_out_is_named() -> None:
    errors = choice(GTX_1080, V100, A100, branch="595").errors
    assert len(errors) == 2
    assert "V100" in errors[1]


@pytest.mark.parametrize(
    ("desired", "words"),
    [
        ({"branch": "570"}, ("570", "end of life", "2026-02")),
        ({"branch": "580.159.03"}, ("580.159.03", "known vulnerabilities", "580.178.04")),
        ({"branch": "777"}, ("unknown branch 777", "known: 535, 550")),
        ({"branch": "595"}, ()),
        ({"branch": "580.178.04"}, ()),
        ({}, ()),
    ],
)
def test_old_branches_and_versions_warn(desired: dict[str, str], words: tuple[str, ...]) -> None:
    found = choice(H100, **desired)  # type: ignore[arg-type]
    assert found.errors == []
    assert len(found.warnings) == bool(words)
    assert all(word in found.warnings[0] for word in words)


def test_a_device_newer_than_the_tables_gets_open_modules_and_a_warning() -> None:
    found = choice(UNBORN, A100)
    assert (found.branch, found.modules) == (580, "open")
    assert "device 7777" in found.warnings[0]


@pytest.mark.parametrize("version", ["", "not a version", "999.1", "580.178.04"])
def test_nothing_is_known_of_strange_versions(version: str) -> None:
    assert below_floor(version) == []


@given(st.lists(st.sampled_from([GTX_680, GTX_980, GTX_1080, V100, T4, A100, H100, RTX_5090, B200, RUBIN, UNBORN])))
def test_a_choice_or_a_reason(ids: list[str]) -> None:
    found = choice(*ids)
    assert bool(found.errors) != bool(found.branch and found.modules)
    if not found.errors:
        # What auto chooses is accepted when it is desired.
        assert choice(*ids, branch=str(found.branch), modules=found.modules).errors == []

# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What someone may want of GPUs, and how a request that is none is reported."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.dockyard.gpu.plugins.plugin_utils._gpu_container.request import GpuRequest, parse

GPU = "GPU-68100100-4a1e-4b02-9c11-d0c4a4d00001"
MIG = "MIG-68100100-4a1e-4b02-9c11-d0c4a4d00001"


@pytest.mark.parametrize(
    ("written", "gpu_request"),
    [
        (None, GpuRequest("none")),
        ("none", GpuRequest("none")),
        ([], GpuRequest("none")),
        ("all", GpuRequest("all")),
        ([1, "0"], GpuRequest("devices", devices=("1", "0"))),
        # As `-e` gives them.
        ("1", GpuRequest("devices", devices=("1",))),
        ("0,1", GpuRequest("devices", devices=("0", "1"))),
        ("[0, 1]", GpuRequest("devices", devices=("0", "1"))),
        ("{count: 2, exclusive: yes}", GpuRequest("count", amount=2, exclusive=True)),
        ({"count": "2", "exclusive": "true"}, GpuRequest("count", amount=2, exclusive=True)),
        (["01"], GpuRequest("devices", devices=("1",))),
        ([GPU, MIG, "1:0"], GpuRequest("devices", devices=(GPU, MIG, "1:0"))),
        ([f"MIG-{GPU}/1/0"], GpuRequest("devices", devices=(f"MIG-{GPU}/1/0",))),
        ({"devices": "all", "exclusive": True}, GpuRequest("all", exclusive=True)),
        ({"devices": [1], "exclusive": True}, GpuRequest("devices", devices=("1",), exclusive=True)),
        ({"devices": [], "exclusive": True}, GpuRequest("none")),
        ({"count": 2}, GpuRequest("count", amount=2)),
        ({"count": "2", "memory_free_mib": 40000}, GpuRequest("count", amount=2, memory_free_mib=40000)),
        (
            {"count": 1, "name": "H100", "architecture": "hopper", "memory_total_mib": 1, "exclusive": True},
            GpuRequest("count", amount=1, name="H100", architecture="hopper", memory_total_mib=1, exclusive=True),
        ),
    ],
)
def test_what_can_be_requested(written: Any, gpu_request: GpuRequest) -> None:
    assert parse(written) == gpu_request


@pytest.mark.parametrize(
    ("written", "words"),
    [
        (1, ("gpus: must be one of all, none", "[1]", "{count: 1}", "got 1")),
        ("lots", ("index such as 1", "got 'lots'")),
        (True, ("True",)),
        ([True], ("must be an index", "got True")),
        ([1.5], ("must be an index", "got 1.5")),
        ([-1], ("must be an index", "got -1")),
        (["GPU-1"], ("UUID", "got 'GPU-1'")),
        ([0, "0"], ("0 is listed twice",)),
        ({}, ("count must be 1 or more", "{count: 1}")),
        ({"count": 0}, ("count must be 1 or more", "none")),
        ({"count": -1}, ("count: must be a whole number", "got -1")),
        ({"count": True}, ("count: must be a whole number", "got True")),
        ({"count": 1, "memory": 5}, ("unknown key 'memory'", "memory_free_mib")),
        ({"count": 1, "name": 4090}, ("name: must be a string (quote it)", "got 4090")),
        ({"count": 1, "exclusive": "maybe"}, ("exclusive: must be true or false; got 'maybe'",)),
        ({"devices": [1], "count": 1}, ("devices and count exclude each other",)),
        ({"devices": {}}, ("must be a list", "got a mapping")),
        ("[0, 1", ("is neither valid JSON nor valid YAML",)),
    ],
)
def test_what_is_no_gpu_request_is_reported_with_the_way_out(written: Any, words: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match=r"^gpus: ") as caught:
        parse(written)
    assert [word for word in words if word not in str(caught.value)] == [], caught.value


def test_the_same_gpu_request_reads_the_same_however_it_is_written() -> None:
    assert parse([1]).text() == parse({"devices": ["01"]}).text() == '{"devices":["1"],"kind":"devices"}'
    assert parse([1]).text() != parse([2]).text()
    assert parse([1]).text() != parse({"devices": [1], "exclusive": True}).text()


@pytest.mark.parametrize(
    ("written", "by_index"), [([1], True), ([GPU, "1:0"], True), ([GPU, MIG], False), ("all", False)]
)
def test_a_number_may_be_another_card_later(written: Any, by_index: bool) -> None:
    assert parse(written).by_index is by_index

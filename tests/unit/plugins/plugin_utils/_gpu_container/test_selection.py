# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which GPUs each container gets: examples, and what holds for all hosts and requests."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.dockyard.gpu.plugins.plugin_utils._gpu_container.request import parse
from ansible_collections.dockyard.gpu.plugins.plugin_utils._gpu_container.selection import (
    Claim,
    Devices,
    Holder,
    choose,
    select,
)
from ansible_collections.dockyard.gpu.plugins.plugin_utils._planning.step import PlanInvalid
from hypothesis import given
from hypothesis import strategies as st


def uuid(number: int) -> str:
    return f"GPU-00000000-0000-0000-0000-{number:012d}"


def card(number: int, index: int | None = None, used: int = 0, **parts: Any) -> dict[str, Any]:
    """A GPU as gpu_info tells of it; ``index`` is its number unless it is named."""
    return {
        "index": number if index is None else index,
        "uuid": uuid(number),
        "name": "H100 SXM5 80GB",
        "architecture": "hopper",
        "memory_total_mib": 80000,
        "memory_used_mib": used,
        "mig_mode": "disabled",
        "mig_devices": [],
        **parts,
    }


EIGHT = [card(number) for number in range(8)]


def claim(name: str, gpus: Any, has: tuple[int, ...] = (), same: bool = True, passing: bool = False) -> Claim:
    return Claim(name, parse(gpus), tuple(map(uuid, has)), same, passing)


def numbers(given: list[str]) -> list[int]:
    return [int(each[-12:]) for each in given]


def chosen(
    *claims: Claim, gpus: list[dict[str, Any]] = EIGHT, holders: tuple[Holder, ...] = ()
) -> dict[str, list[int]]:
    return {name: numbers(uuids) for name, uuids in select(claims, gpus, holders).items()}


def rejected(*claims: Claim, gpus: list[dict[str, Any]] = EIGHT, holders: tuple[Holder, ...] = ()) -> list[str]:
    with pytest.raises(PlanInvalid) as caught:
        select(claims, gpus, holders)
    return caught.value.reasons


def test_indices_become_uuids() -> None:
    assert select([claim("a", [1])], EIGHT, []) == {"a": [uuid(1)]}
    assert chosen(claim("a", "all"))["a"] == list(range(8))
    assert chosen(claim("a", "none")) == {"a": []}
    assert chosen(claim("a", [uuid(3), 1])) == {"a": [1, 3]}


def test_an_index_keeps_its_card_when_the_order_changes() -> None:
    swapped = [card(0, index=1), card(1, index=0)]
    assert chosen(claim("a", [1], has=(1,)), gpus=swapped) == {"a": [1]}
    assert chosen(claim("a", [1], has=(1,), same=False), gpus=swapped) == {"a": [0]}, (
        "another request is looked up anew"
    )
    assert chosen(claim("a", [1], has=(9,)), gpus=swapped) == {"a": [0]}, "a card that is gone too"


def test_a_gpu_that_is_not_there_is_rejected_with_those_that_are() -> None:
    (reason,) = rejected(claim("a", [9]))
    assert reason == "a: GPU 9 does not exist; this host has GPU 0, 1, 2, 3, 4, 5, 6, 7"
    (reason,) = rejected(claim("a", "all"), gpus=[])
    assert "no GPU that its driver knows" in reason
    assert "if it was 1:3, quote it" in rejected(claim("a", [63]))[0]


def test_all_reasons_come_at_once() -> None:
    assert len(rejected(claim("a", [9]), claim("b", ["8:1"]), claim("c", {"count": 9}))) == 3


@pytest.mark.parametrize(
    ("one", "other", "word"),
    [
        ({"devices": [1], "exclusive": True}, [1], "belongs to a exclusively"),
        ([1], {"devices": [1], "exclusive": True}, "is requested exclusively, and a has it"),
        ({"devices": [1], "exclusive": True}, "all", "belongs to a exclusively"),
        ({"devices": [0, 1], "exclusive": True}, {"devices": [1, 2], "exclusive": True}, "belongs to a exclusively"),
    ],
)
def test_what_two_want_and_one_of_them_alone_is_rejected(one: Any, other: Any, word: str) -> None:
    (reason,) = rejected(claim("a", one), claim("b", other))
    assert reason.startswith(f"b: GPU 1 ({uuid(1)}) {word}")


def test_what_no_one_wants_alone_is_shared() -> None:
    assert chosen(claim("a", [1]), claim("b", [1]), claim("c", "all"))["b"] == [1]


def test_five_and_five_of_eight_are_rejected_with_who_has_them() -> None:
    (reason,) = rejected(claim("a", {"count": 5, "exclusive": True}), claim("b", {"count": 5, "exclusive": True}))
    assert reason == (
        "b: 5 GPUs are requested exclusively, and 3 are available: this host has GPU 0, 1, 2, 3, 4, 5, 6, 7; "
        "a has GPU 0, 1, 2, 3, 4"
    )


def test_a_number_of_gpus_avoids_those_that_are_named_and_those_in_use() -> None:
    holders = (Holder("other", (uuid(0),)),)
    assert chosen(claim("a", {"count": 2}), claim("b", [1]), holders=holders) == {"a": [2, 3], "b": [1]}
    assert chosen(claim("a", {"count": 8}), holders=holders)["a"] == list(range(8)), "shared where there are no others"
    assert "other has GPU 0" in rejected(claim("a", {"count": 8, "exclusive": True}), holders=holders)[0]


def test_free_memory_counts_when_a_gpu_is_chosen_and_not_again() -> None:
    busy = [card(0, used=50000), card(1, used=10000), card(2)]
    gpu_request = {"count": 2, "memory_free_mib": 40000}
    assert chosen(claim("a", gpu_request), gpus=busy) == {"a": [1, 2]}
    assert chosen(claim("a", gpu_request, has=(0, 1)), gpus=busy) == {"a": [0, 1]}
    assert "1 have less than 40000 MiB free" in rejected(claim("a", {**gpu_request, "count": 3}), gpus=busy)[0]


def test_a_kind_of_gpu() -> None:
    mixed = [
        card(0, name="GeForce RTX 4090", architecture="ada", memory_total_mib=24000),
        card(1),
        card(2, mig_mode="enabled"),
    ]
    assert chosen(claim("a", {"count": 1, "name": "rtx 4090"}), gpus=mixed) == {"a": [0]}
    assert chosen(claim("a", {"count": 1, "architecture": "Hopper"}), gpus=mixed) == {"a": [1]}
    assert chosen(claim("a", {"count": 1, "memory_total_mib": 40000}), gpus=mixed) == {"a": [1]}
    assert (
        "2 of them are not MIG-partitioned and meet the conditions" in rejected(claim("a", {"count": 3}), gpus=mixed)[0]
    )


def test_a_gpu_request_moves_only_as_far_as_it_must() -> None:
    assert chosen(claim("a", {"count": 2}, has=(5, 9))) == {"a": [0, 5]}
    assert chosen(claim("a", {"count": 1}, has=(5, 6))) == {"a": [5]}
    assert chosen(claim("a", {"count": 1, "exclusive": True}, has=(5,), same=False), claim("b", [5])) == {
        "a": [0],
        "b": [5],
    }
    assert (
        "a has it" in rejected(claim("a", {"count": 1}, has=(5,)), claim("b", {"devices": [5], "exclusive": True}))[0]
    )


def test_who_comes_later_by_hand_drives_no_one_away() -> None:
    by_hand = (Holder("by-hand", tuple(map(uuid, range(8)))),)
    assert chosen(claim("a", {"count": 1, "exclusive": True}, has=(5,)), holders=by_hand) == {"a": [5]}
    assert "by-hand has it" in rejected(claim("b", {"devices": [5], "exclusive": True}), holders=by_hand)[0]


def test_a_gpu_that_was_shared_is_not_exclusive_for_being_requested_so() -> None:
    beside = (Holder("by-hand", (uuid(0), uuid(1)), False),)
    alone = {"count": 2, "exclusive": True}
    assert chosen(claim("a", alone, has=(0, 1), same=False), holders=beside) == {"a": [2, 3]}
    assert chosen(claim("a", alone, has=(0, 1)), holders=beside) == {"a": [0, 1]}


def test_those_that_run_one_after_the_other_may_have_the_same() -> None:
    every = {"devices": "all", "exclusive": True}
    assert chosen(claim("a", every, passing=True), claim("b", every, passing=True))["b"] == list(range(8))
    assert rejected(claim("a", every), claim("b", every, passing=True))


def test_mig_devices_are_parts_of_their_gpu() -> None:
    mig = {"index": 0, "profile": "1g.10gb", "uuid": "MIG-1"}
    cut = [card(0, mig_mode="enabled", mig_devices=[mig]), card(1)]
    assert select([claim("a", ["0:0"])], cut, []) == {"a": ["MIG-1"]}
    assert "MIG device 0:1 does not exist" in rejected(claim("a", ["0:1"]), gpus=cut)[0]
    assert rejected(claim("a", {"devices": ["0:0"], "exclusive": True}), claim("b", [0]), gpus=cut)
    assert chosen(claim("a", {"count": 1}), gpus=cut) == {"a": [1]}


def test_one_gpu_request_for_other_peoples_playbooks() -> None:
    assert numbers(choose(EIGHT, {"count": 1, "exclusive": True}, {"a": [0, uuid(1)]}, [], [])) == [2]
    assert numbers(choose(EIGHT, {"count": 1}, {"a": ["all"]}, ["a"], [uuid(4)])) == [4]
    for gpu_request, taken, alone in (({"count": 1}, {"a": ["all"]}, ["a"]), (1, {}, [])):
        with pytest.raises(PlanInvalid, match=r"^select_gpus: "):
            choose(EIGHT, gpu_request, taken, alone, [])


CARDS = st.integers(0, 7)
GPU_REQUESTS = st.one_of(
    st.sampled_from(["all", "none"]),
    st.builds(
        lambda devices, exclusive: {"devices": devices, "exclusive": exclusive},
        st.lists(CARDS, max_size=3, unique=True),
        st.booleans(),
    ),
    st.builds(
        lambda count, exclusive, free: {"count": count, "exclusive": exclusive, "memory_free_mib": free},
        st.integers(1, 4),
        st.booleans(),
        st.sampled_from([0, 40000]),
    ),
)
HOSTS = st.lists(st.tuples(CARDS, st.sampled_from([0, 50000])), max_size=8, unique_by=lambda each: each[0]).map(
    lambda cards: [card(number, index, used) for index, (number, used) in enumerate(cards)]
)
CLAIMS = st.lists(
    st.tuples(GPU_REQUESTS, st.lists(CARDS, max_size=3, unique=True), st.booleans(), st.booleans()), max_size=4
).map(
    lambda all_: [
        claim(f"c{at}", gpu_request, tuple(has), same, passing)
        for at, (gpu_request, has, same, passing) in enumerate(all_)
    ]
)
HOLDERS = st.lists(st.tuples(st.lists(CARDS, max_size=2, unique=True), st.booleans()), max_size=2).map(
    lambda all_: [Holder(f"h{at}", tuple(map(uuid, has)), alone) for at, (has, alone) in enumerate(all_)]
)


@given(HOSTS, CLAIMS, HOLDERS)
def test_no_one_has_what_another_has_alone_and_a_second_look_changes_nothing(
    gpus: list[dict[str, Any]], claims: list[Claim], holders: list[Holder]
) -> None:
    try:
        given = select(claims, gpus, holders)
    except PlanInvalid:
        return
    there = Devices(gpus).all()
    for one in claims:
        mine = given[one.name]
        assert set(mine) <= set(there)
        assert len(set(mine)) == len(mine)
        if one.gpu_request.kind == "count":
            assert len(mine) == one.gpu_request.amount
        for other in claims:
            if other.name != one.name and one.gpu_request.exclusive and not (one.passing and other.passing):
                assert not set(mine) & set(given[other.name])
        for holder in holders:
            if one.gpu_request.exclusive or holder.exclusive:
                assert not (set(mine) - set(one.has)) & set(holder.uuids)
    again = [one._replace(has=tuple(given[one.name]), same=True) for one in claims]
    assert select(again, gpus, holders) == given
    shuffled = [{**gpu, "index": at} for at, gpu in enumerate(reversed(gpus))]
    kept = select(again, shuffled, holders)
    assert {name: set(uuids) for name, uuids in kept.items()} == {name: set(uuids) for name, uuids in given.items()}

# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Batches of a rollout, and the words about its hosts."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.dockyard.gpu.plugins.filter.fleet import rollout_batches
from ansible_collections.dockyard.gpu.plugins.plugin_utils._rollout.batches import batches, summary
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils.hosts import Described, bare_host
from hypothesis import given
from hypothesis import strategies as st

TWELVE = [f"h{number}" for number in range(1, 13)]


@pytest.mark.parametrize(
    ("canary", "size", "lengths"),
    [
        (1, 4, [1, 4, 4, 3]),
        (1, "4", [1, 4, 4, 3]),
        (0, "50%", [6, 6]),
        (2, "25%", [2, 3, 3, 3, 1]),
        (1, "1%", [1] * 12),
        (1, "100%", [1, 11]),
        (20, 4, [12]),
    ],
)
def test_a_canary_and_batches_by_number_or_share(canary: int, size: Any, lengths: list[int]) -> None:
    assert [len(batch) for batch in rollout_batches(TWELVE, [], canary, size)] == lengths


@given(
    hosts=st.lists(st.text(min_size=1), unique=True),
    first=st.lists(st.text(min_size=1)),
    canary=st.integers(0, 9),
    size=st.one_of(st.integers(1, 9).map(str), st.integers(1, 100).map("{}%".format)),
)
def test_every_host_comes_once_and_no_batch_is_empty(
    hosts: list[str], first: list[str], canary: int, size: str
) -> None:
    found = batches(hosts, [*first, *hosts[2:4]], canary, size)
    flat = [host for batch in found for host in batch]
    assert sorted(flat) == sorted(hosts)
    assert all(found)
    desired = list(dict.fromkeys(host for host in [*first, *hosts[2:4]] if host in hosts))
    assert flat[: len(desired)] == desired


@pytest.mark.parametrize("size", [0, "0%", "101%", "some", -1, "", "1.5"])
def test_sizes_that_are_none_are_rejected(size: Any) -> None:
    with pytest.raises(AnsibleFilterError, match="rollout_batch"):
        rollout_batches(TWELVE, [], 1, size)


def test_all_errors_come_at_once() -> None:
    with pytest.raises(AnsibleFilterError, match=r"rollout_canary: .*; rollout_batch: "):
        rollout_batches(TWELVE, [], -1, 0)


def on(version: str, **facts: Any) -> Described:
    engine = {"binary": "/usr/bin/dockerd", "answers": True, "version": version}
    host = {"ansible_facts": {"dockyard_host": bare_host(engine=engine)}}
    return {**host, "rollout_host_errors": [], "rollout_due": False, **facts}


UNKNOWN = "UNREACHABLE, or it gave no facts, or its settings make no plan; see the error above; versions unknown"
HOSTVARS = {
    "done": on("29.7", rollout_batch_number=1, rollout_begun=True, rollout_done=True),
    "failed": on(
        "29.1", rollout_batch_number=2, rollout_begun=True, rollout_done=False, rollout_failed="no \x1b[2Jway"
    ),
    "lost": on("29.1", rollout_batch_number=2, rollout_begun=True, rollout_done=False),
    "waits": on("29.1", rollout_batch_number=3),
    "content": on("29.7"),
    "rejected": on("29.1", rollout_host_errors=["no such branch"]),
    "gone": {},
    # A fact cache remembers it.
    "cached": {"ansible_facts": on("29.7")["ansible_facts"]},
}


def test_the_summary_says_what_became_of_each_host_and_what_it_is_on() -> None:
    lines = summary(HOSTVARS, list(HOSTVARS))
    assert lines[:8] == [
        "done: done in batch 1; engine 29.7",
        "failed: FAILED in batch 2: no ?[2Jway; engine 29.1",
        "lost: LOST in batch 2: it has not been reached since its change began; engine 29.1",
        "waits: not begun, would be in batch 3; engine 29.1",
        "content: nothing to do; engine 29.7",
        "rejected: INVALID: no such branch; engine 29.1",
        f"gone: {UNKNOWN}",
        f"cached: {UNKNOWN}",
    ]
    assert lines[8:] == [
        "4 of 8 hosts: engine 29.1",
        "2 of 8 hosts: engine 29.7",
        "2 of 8 hosts: versions unknown",
    ]

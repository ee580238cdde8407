# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The docker group's plan."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from ansible_collections.dockyard.gpu.plugins.plugin_utils._docker_group.plan import plan
from ansible_collections.dockyard.gpu.plugins.plugin_utils._planning.step import DISRUPTS, errors_of
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils import hosts
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils.hosts import Described, bare_host, engine_socket
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils.stand_in import Machine, names
from hypothesis import given
from hypothesis import strategies as st

PEOPLE = ["ann", "bob", "cid", "dora"]


def host(members: list[str] | None, primary: list[str] | None = None, socket_gid: int | None = None) -> Described:
    group = {
        "exists": members is not None,
        "gid": None if members is None else 998,
        "members": sorted(members or []),
        "primary_members": primary or [],
    }
    found = bare_host(docker_group=group, users=dict.fromkeys(PEOPLE, True))
    if socket_gid is not None:
        found["engine"]["socket"] = engine_socket(socket_gid)
    return found


def wanted(*users: Any, exclusive: bool = False) -> Described:
    return hosts.wanted("docker_group", users=list(users), exclusive=exclusive)


@pytest.mark.parametrize(
    ("members", "desired", "after"),
    [
        (["ann"], wanted("bob"), ["ann", "bob"]),
        (["ann"], wanted("ann"), None),
        (["ann", "bob"], wanted("ann"), None),
        (["ann", "bob"], wanted("bob", exclusive=True), ["bob"]),
        (["ann"], wanted(exclusive=True), []),
        (["ann", "bob"], wanted("bob", "ann", "bob", exclusive=True), None),
        ([], wanted(), None),
    ],
)
def test_members_are_added_and_others_removed_only_if_asked(
    members: list[str], desired: Described, after: list[str] | None
) -> None:
    found = plan(host(members), desired)
    assert [step["to"] for step in found] == ([] if after is None else [after])
    assert names(found) == ([] if after is None else ["members"])


def test_whose_primary_group_it_is_belongs_to_it_already() -> None:
    assert plan(host([], primary=["ann"]), wanted("ann")) == []
    assert plan(host([], primary=["ann"]), wanted("bob", exclusive=True))[0]["to"] == ["bob"]


def test_a_group_that_is_not_there_is_made_first_and_given_the_socket() -> None:
    found = plan(host(None, socket_gid=0), wanted("ann"))
    assert names(found) == ["group", "members", "socket"]


def test_a_group_that_no_one_needs_is_left_to_the_engines_packages() -> None:
    assert plan(host(None), wanted()) == []
    with_engine = host(None)
    with_engine["engine"]["binary"] = "/usr/bin/dockerd"
    assert names(plan(with_engine, wanted())) == ["group"]


def test_the_socket_belongs_to_the_group() -> None:
    assert plan(host([], socket_gid=998), wanted()) == []
    (step,) = plan(host([], socket_gid=0), wanted())
    assert (step["step"], step["from"], step["to"]) == ("socket", 0, "docker")


def test_a_group_that_could_not_be_read_is_not_written_over() -> None:
    unread = host(["alice"])
    unread["docker_group"].update(exists=None, members=[])
    assert "could not be read" in errors_of(plan, unread, wanted("bob"))[0]


def test_unknown_users_are_rejected_by_name_all_at_once() -> None:
    (message,) = errors_of(plan, host(["ann"]), wanted("ann", "eve", "fay"))
    assert message.startswith("docker_group_users: eve, fay not known on this host")
    assert "create the users first" in message


@pytest.mark.parametrize("name", ["", "-x", "a b", "ann,bob", "ann:x", "a\n", None, 5, True])
def test_what_is_no_name_is_rejected(name: Any) -> None:
    (message,) = errors_of(plan, host([]), wanted(name))
    said = f"must be a user name; got {name!r}" if isinstance(name, str) else "must be a string (quote it)"
    assert message.startswith("docker_group_users: ")
    assert said in message


@pytest.mark.parametrize("name", ["ann", "_apt", "CORP\\ann", "ann@corp.example.org", "host$", "9lives", "a.b-c"])
def test_names_of_directory_services_are_names(name: str) -> None:
    found = host([])
    found["users"][name] = True
    assert plan(found, wanted(name))[0]["to"] == [name]


@given(
    st.none() | st.lists(st.sampled_from(PEOPLE), unique=True),
    st.lists(st.sampled_from(PEOPLE), unique=True),
    st.none() | st.sampled_from([0, 998, 7]),
    st.lists(st.sampled_from(PEOPLE)),
    st.booleans(),
)
def test_the_law_of_the_house(
    members: list[str] | None, primary: list[str], socket_gid: int | None, users: list[str], exclusive: bool
) -> None:
    desired = wanted(*users, exclusive=exclusive)
    machine = Machine(host(members, primary if members is not None else [], socket_gid))
    before = copy.deepcopy((machine.host, desired))
    found = plan(machine.host, desired)
    assert (machine.host, desired) == before
    for step in found:
        assert list(step) == ["component", "step", "why", "from", "to", "disrupts"]
        assert step["disrupts"] in DISRUPTS
    machine.converge_group(desired)
    assert plan(machine.host, desired) == []
    group = machine.host["docker_group"]
    assert set(users) <= {*group["members"], *group["primary_members"]}
    if exclusive:
        assert set(group["members"]) <= set(users)
    else:
        assert set(members or []) <= set(group["members"])
    if group["members"]:
        group["members"] = group["members"][1:]
        assert (plan(machine.host, desired) == []) is (not set(users) - {*group["members"], *group["primary_members"]})


def of_directory(members: list[str], local: list[str] | None) -> Described:
    found = host(members)
    theirs = sorted(set(members) - set(local or []))
    found["docker_group"].update(of_directory=local is None, directory_members=theirs)
    return found


@pytest.mark.parametrize(
    ("members", "local", "desired", "words"),
    [
        # Known to getent alone: gpasswd says "group 'docker' does not exist in /etc/group".
        (["ann"], None, wanted("bob"), ["docker_group_users", "bob", "directory", "docker:x:998:", "/etc/group"]),
        (["ann"], None, wanted("bob", exclusive=True), ["docker_group_users", "bob", "docker_group_exclusive", "ann"]),
        (["ann"], None, wanted(exclusive=True), ["docker_group_exclusive", "ann", "directory"]),
        # Of both: gpasswd says "user 'ann' is not a member of 'docker'".
        (["ann", "bob"], ["bob"], wanted("bob", exclusive=True), ["docker_group_exclusive", "ann"]),
    ],
)
def test_what_only_a_directory_can_change_is_said_beforehand(
    members: list[str], local: list[str] | None, desired: Described, words: list[str]
) -> None:
    found = errors_of(plan, of_directory(members, local), desired)
    assert all(word in "".join(found) for word in words), found
    assert all("directory" in message for message in found)


@pytest.mark.parametrize(
    ("members", "local", "desired"),
    [
        (["ann"], None, wanted("ann")),
        (["ann"], None, wanted("ann", exclusive=True)),
        (["ann"], None, wanted()),
        # Users of a directory in a group of the file.
        (["ann"], ["ann"], wanted("ann", "bob")),
        (["ann", "bob"], ["ann"], wanted("ann", "bob", "cid")),
        (["ann", "bob"], ["ann", "bob"], wanted("bob", exclusive=True)),
    ],
)
def test_what_can_be_done_here_is_no_error(members: list[str], local: list[str] | None, desired: Described) -> None:
    assert errors_of(plan, of_directory(members, local), desired) == []


def test_a_group_that_is_nowhere_is_made() -> None:
    assert names(plan(host(None), wanted("ann"))) == ["group", "members"]

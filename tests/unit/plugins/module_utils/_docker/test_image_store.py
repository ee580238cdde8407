# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which store and driver an engine takes: moby's rule as a table, and where the settings come from."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.dockyard.gpu.plugins.module_utils._docker.image_store import Settings, settings
from ansible_collections.dockyard.gpu.plugins.module_utils._docker.store_choice import Place, choose, staying
from hypothesis import given
from hypothesis import strategies as st

ON, OFF = {"features": {"containerd-snapshotter": True}}, {"features": {"containerd-snapshotter": False}}
CONTAINERD, GRAPH = (True, "overlayfs"), (False, "overlay2")


def chosen(version: tuple[int, ...], config: dict[str, Any], *graph_state: str, **more: Any) -> tuple[bool, str]:
    place = choose(version, settings(config, **more), graph_state)
    return place.containerd, place.driver


@pytest.mark.parametrize(
    ("version", "config", "graph_state", "expected"),
    [
        # Seen with Debian's engines of these versions.
        ((20, 10), {}, (), GRAPH),
        ((20, 10), ON, (), GRAPH),
        ((26, 1), {}, (), GRAPH),
        ((26, 1), ON, (), CONTAINERD),
        ((26, 1), ON, ("overlay2",), CONTAINERD),
        ((28, 5), {"storage-driver": "vfs"}, ("overlay2",), (False, "vfs")),
        ((28, 5), {**ON, "userns-remap": "default"}, (), CONTAINERD),
        ((28, 5), {"storage-driver": "overlay2"}, (), GRAPH),
        # As image_store_choice_test.go of moby has it.
        ((29,), {}, (), CONTAINERD),
        ((29,), ON, ("overlay2",), CONTAINERD),
        ((29,), OFF, (), GRAPH),
        ((29,), {}, ("overlay2",), GRAPH),
        ((29,), {}, ("zfs",), (False, "zfs")),
        ((29,), {"storage-driver": "native"}, (), (True, "native")),
        ((29,), {"storage-driver": "my-custom-snapshotter"}, (), (True, "my-custom-snapshotter")),
        *(((29,), {"storage-driver": name}, (), (False, name)) for name in ("overlay2", "btrfs", "vfs", "zfs")),
        *(((29,), {"storage-driver": name, **ON}, (), (True, name)) for name in ("fuse-overlayfs", "zfs")),
        *(((29,), {"storage-driver": name, **OFF}, (), (False, name)) for name in ("fuse-overlayfs", "zfs")),
        ((29,), {**ON, "userns-remap": "default"}, (), GRAPH),
        # Drivers that are gone are no state for it, and vfs never is.
        ((29,), {}, ("aufs", "devicemapper"), CONTAINERD),
        # docs.docker.com/engine/deprecated.
        ((23, 0), {}, ("aufs",), (False, "aufs")),
        ((24, 0), {}, ("aufs",), GRAPH),
        ((24, 0), {}, ("devicemapper",), (False, "devicemapper")),
        ((25, 0), {}, ("devicemapper",), GRAPH),
        # The newest, where it is not known which.
        ((), {}, (), CONTAINERD),
    ],
)
def test_an_engine_takes(
    version: tuple[int, ...], config: dict[str, Any], graph_state: tuple[str, ...], expected: tuple[bool, str]
) -> None:
    assert chosen(version, config, *graph_state) == expected


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        (["--storage-driver=vfs"], {"driver": "vfs"}),
        (["-H", "fd://", "--storage-driver", "vfs", "--debug"], {"driver": "vfs"}),
        (["-s", "vfs"], {"driver": "vfs"}),
        (["-svfs"], {"driver": "vfs"}),
        (["--feature", "containerd-snapshotter=true"], {"snapshotter": True}),
        (["--feature=containerd-snapshotter"], {"snapshotter": True}),
        (["--feature", "containerd-snapshotter=false", "--feature=cdi=true"], {"snapshotter": False}),
        (["--data-root", "/srv/docker/"], {"root": "/srv/docker"}),
        (["-g", "/srv/docker"], {"root": "/srv/docker"}),
        (["--userns-remap=default"], {"remap": "dockremap:dockremap"}),
        (["--containerd-namespace", "other"], {"namespace": "other"}),
        (["--containerd=/run/other.sock"], {"address": "/run/other.sock"}),
        (["--containerd=/var/run/containerd/containerd.sock"], {}),
        (["--storage-driver"], {}),
    ],
)
def test_flags_count_as_the_file_does(flags: list[str], expected: dict[str, Any]) -> None:
    assert settings({"mtu": 1400}, flags) == Settings()._replace(**expected)


def test_settings_of_the_file_and_the_environment() -> None:
    assert settings(None) == Settings() == settings({"data-root": "/var/lib/docker", "containerd-namespace": "moby"})
    assert settings({"graph": "/srv/old"}).root == "/srv/old"
    assert settings({"storage-driver": "overlay2"}, environment={"DOCKER_DRIVER": "vfs"}).driver == "vfs"
    assert settings({"userns-remap": "joe"}).remap == settings({"userns-remap": "joe:joe"}).remap
    # What an engine would not start with is for others to tell.
    odd: list[dict[str, Any]] = [
        {"features": []},
        {"features": {"containerd-snapshotter": None}},
        {"storage-driver": None},
    ]
    for config in odd:
        assert settings(config) == Settings()


VERSIONS = st.sampled_from([(24, 0), (26, 1), (28, 5), (29, 0), (29, 7), (30,), ()])
DRIVERS = st.sampled_from(["", "overlay2", "vfs", "btrfs", "zfs", "fuse-overlayfs", "overlayfs", "native"])
STATES = st.lists(st.sampled_from(["overlay2", "btrfs", "zfs", "aufs"]), max_size=2, unique=True)
CONFIGS = st.builds(
    lambda driver, feature: {**({"storage-driver": driver} if driver else {}), **feature},
    DRIVERS,
    st.sampled_from([{}, ON, OFF]),
)


@given(VERSIONS, CONFIGS, STATES, VERSIONS, CONFIGS, STATES)
def test_what_makes_an_engine_stay_does(
    version: tuple[int, ...],
    config: dict[str, Any],
    state: list[str],
    later: tuple[int, ...],
    later_config: dict[str, Any],
    later_state: list[str],
) -> None:
    """Whatever it took, another engine with other settings that finds other state takes it with these keys beside."""
    place = choose(version, settings(config), state)
    keys = staying(place, settings(later_config))
    assert chosen(later, {**later_config, **keys}, *later_state) == (place.containerd, place.driver)


def test_what_is_hidden_from_whom() -> None:
    place = Place(True, "overlayfs", "/r", "", "moby", "/s")
    assert not place.hides_images(place._replace(driver="native"))
    assert place.hides_containers(place._replace(driver="native"))
    for other in (place._replace(containerd=False, driver="overlay2"), place._replace(root="/q")):
        assert place.hides_images(other)
        assert place.hides_containers(other)
    assert place.hides_images(place._replace(namespace="other"))
    assert place.hides_containers(place._replace(namespace="other"))
    graph = place._replace(containerd=False, driver="overlay2")
    assert not graph.hides_images(graph._replace(namespace="other"))
    assert not graph.hides_containers(graph._replace(namespace="other"))
    assert graph.leaves(graph._replace(address="/t"))

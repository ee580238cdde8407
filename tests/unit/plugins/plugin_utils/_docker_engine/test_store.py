# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is there is not hidden by a plan: not by settings, not by versions or packages, not by folders."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from ansible_collections.dockyard.gpu.plugins.module_utils._common.engine_paths import given_root
from ansible_collections.dockyard.gpu.plugins.module_utils._docker import image_store, start
from ansible_collections.dockyard.gpu.plugins.plugin_utils._docker_engine.plan import plan
from ansible_collections.dockyard.gpu.plugins.plugin_utils._planning.step import PlanInvalid, errors_of
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils import hosts
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils.hosts import (
    Described,
    bare_host,
    holdings,
    package,
    unit,
)
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils.hosts import (
    settings as all_settings,
)
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils.shaking import SETTINGS
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils.stand_in import Machine
from hypothesis import given
from hypothesis import strategies as st

DATA, OTHER = "/var/lib/docker", "/srv/docker"
STORE = {"features": {"containerd-snapshotter": True}}
NO_STORE = {"features": {"containerd-snapshotter": False}}
FULL = holdings(containers={"overlay2": 2}, images={"overlay2": 5}, volumes=1, graph_drivers=["overlay2"])
WEB = {"id": "4f1c", "name": "web", "driver": "overlay2", "comes_back": True, "removed_at_end": False}
JOB = {"id": "7a2b", "name": "job", "driver": "overlay2", "comes_back": False, "removed_at_end": False}


@pytest.mark.parametrize("name", ["/", "/home", "/srv", "/srv/", "/mnt", "/var/lib"])
def test_a_folder_of_the_system_is_no_data_root(name: str) -> None:
    """dockerd would close it to all users but root."""
    (message,) = errors(on_disk(), data_root=name)
    assert message.startswith("docker_engine_data_root: ")
    assert f"{name.rstrip('/')}/docker" in message
    (message,) = errors(on_disk(), config={"data-root": name})
    assert message.startswith("docker_engine_config: ")


def test_a_folder_with_things_of_others_in_it_is_no_data_root() -> None:
    shared = {**holdings("/data"), "others": ["datasets", "models"]}
    (message,) = errors(on_disk(shared), data_root="/data")
    assert "datasets, models" in message
    assert "/data/docker" in message
    # By a link to it, too.
    (message,) = errors(on_disk({**shared, "folder": "/mnt/disk1"}), data_root="/mnt/disk1")
    assert "/mnt/disk1/docker" in message
    assert errors(on_disk({**shared, "others": []}), data_root="/data") == []
    host = on_disk(shared, version="29.7.2")
    host["engine"].update(data_root="/data", running=True, answers=True)
    assert not any("0710" in each for each in errors(host, data_root="/data"))


def errors(host: Described, **parts: Any) -> list[str]:
    return errors_of(plan, host, all_settings(**parts))


def on_disk(*roots: Described, version: str = "", **parts: Any) -> Described:
    """A host whose engine, if a version is named, does not run."""
    packages = {"docker-ce": package(f"5:{version}-1")} if version else {}
    folders = {root["folder"]: root for root in (holdings(), *roots)}
    return bare_host(packages=packages, data_roots=folders, **parts)


def running(version: str, driver: str, config: Described | None = None, *flags: str, **engine: Any) -> Described:
    """An engine with two images and three containers in this store, and its packages."""
    containerd = driver in ("overlayfs", "native")
    names = ("docker-ce", "docker-ce-cli", "containerd.io", "docker-buildx-plugin", "docker-compose-plugin")
    state = [] if containerd or driver == "vfs" else [driver]
    held = holdings(
        containers={driver: 3},
        images={"containerd" if containerd else driver: 2},
        graph_drivers=state,
    )
    host = bare_host(
        packages={name: package(f"5:{version}-1") for name in (*names, "ca-certificates", "apparmor")},
        data_roots={DATA: held},
        services={name: unit() for name in ("docker.service", "docker.socket", "containerd.service")},
    )
    host["engine"].update(binary="/usr/bin/dockerd", running=True, answers=True, version=version, data_root=DATA)
    host["engine"].update(
        storage_driver=driver, containerds_store=containerd, images=2, containers=3, live_restore=True
    )
    host["engine"].update(engine)
    host["daemon_config"]["content"] = config
    started_with(host, *flags)
    host["docker_group"].update(exists=True, gid=998)
    return host


def started_with(host: Described, *flags: str, **environment: str) -> None:
    """What the unit says, and what that comes to."""
    host["services"]["docker.service"].update(flags=list(flags), environment=environment)
    host["daemon_config"]["unit_flags"] = start.expanded(flags, environment)


# Every setting that decides where an engine looks, under an engine that would look elsewhere with it.
HIDING = [
    ("28.5.2", "overlayfs", STORE, {"storage-driver": "overlay2"}, 'storage-driver: "overlay2"'),
    ("28.5.2", "overlayfs", STORE, {"storage-driver": "overlay2", **STORE}, "storage-driver"),
    ("28.5.2", "overlayfs", STORE, NO_STORE, "features.containerd-snapshotter: false"),
    (
        "28.5.2",
        "overlayfs",
        STORE,
        {"features": {"containerd-snapshotter": None}},
        "no features.containerd-snapshotter",
    ),
    ("28.5.2", "overlayfs", STORE, {"storage-driver": "vfs", **NO_STORE}, "vfs"),
    ("28.5.2", "overlayfs", STORE, {**STORE, "userns-remap": "default"}, 'userns-remap: "default"'),
    ("28.5.2", "overlayfs", STORE, {**STORE, "containerd-namespace": "mine"}, 'containerd-namespace: "mine"'),
    ("28.5.2", "native", {**STORE, "storage-driver": "native"}, {**STORE, "storage-driver": None}, "no storage-driver"),
    ("28.5.2", "overlay2", None, STORE, "features.containerd-snapshotter: true"),
    ("28.5.2", "overlay2", None, {"storage-driver": "vfs"}, 'storage-driver: "vfs"'),
    ("28.5.2", "overlay2", None, {"userns-remap": "default"}, "userns-remap"),
    ("28.5.2", "vfs", {"storage-driver": "vfs"}, {"storage-driver": None}, "no storage-driver"),
    ("28.5.2", "vfs", {"storage-driver": "vfs"}, {"storage-driver": "overlay2"}, 'storage-driver: "overlay2"'),
    ("29.7.2", "overlayfs", None, {"storage-driver": "overlay2"}, 'storage-driver: "overlay2"'),
    ("29.7.2", "overlayfs", None, {"storage-driver": "btrfs"}, 'storage-driver: "btrfs"'),
    ("29.7.2", "overlayfs", None, NO_STORE, "features.containerd-snapshotter: false"),
    ("29.7.2", "overlayfs", None, {"userns-remap": "joe"}, 'userns-remap: "joe"'),
    ("29.7.2", "overlay2", None, STORE, "features.containerd-snapshotter: true"),
    ("29.7.2", "vfs", {"storage-driver": "vfs"}, {"storage-driver": None}, "no storage-driver"),
    ("26.1.5", "overlay2", None, {"storage-driver": "fuse-overlayfs"}, "fuse-overlayfs"),
    ("20.10.24", "overlay2", None, {"storage-driver": "vfs"}, 'storage-driver: "vfs"'),
]


def owned(config: Described | None) -> Described:
    """The state of a file that this role wrote."""
    return {"owners": {"docker_engine": config}, "displaced": {}} if config else {}


@pytest.mark.parametrize(("version", "driver", "before", "after", "said"), HIDING)
def test_what_hides_data_is_an_error_unless_it_may(
    version: str, driver: str, before: Described | None, after: Described, said: str
) -> None:
    host = running(version, driver, before)
    host["daemon_config"]["state"] = owned(before)
    config = {key: value for key, value in after.items() if value is not None}
    (message,) = errors(host, config=config)
    assert message.startswith("docker_engine_config: ")
    assert said in message
    assert "3 containers" in message
    assert "docker_engine_hide_data: true" in message
    assert errors(host, config=config, hide_data=True) == []
    # Nothing is hidden where nothing is.
    host["engine"].update(images=0, containers=0)
    host["data_roots"][DATA].update(containers={}, images={})
    assert errors(host, config=config) == []


@pytest.mark.parametrize(("version", "driver", "before", "after", "said"), HIDING)
def test_the_way_out_is_one(version: str, driver: str, before: Described | None, after: Described, said: str) -> None:
    host = running(version, driver, before)
    host["daemon_config"]["state"] = owned(before)
    config = {key: value for key, value in after.items() if value is not None}
    (message,) = errors(host, config=config)
    found = re.search(r"with docker_engine_config: (\{.*\}), or", message)
    assert found, message
    merged = {**config, **json.loads(found.group(1))}
    assert errors(host, config={key: value for key, value in merged.items() if value is not None}) == []


@pytest.mark.parametrize(("version", "driver", "before", "after", "said"), HIDING)
def test_the_same_of_an_engine_that_does_not_run(
    version: str, driver: str, before: Described | None, after: Described, said: str
) -> None:
    """What is on disk counts."""
    host = running(version, driver, before)
    host["daemon_config"]["state"] = owned(before)
    host["engine"] = {"binary": "/usr/bin/dockerd", "running": False, "answers": False, "socket": None}
    (message,) = errors(host, config={key: value for key, value in after.items() if value is not None})
    assert said in message
    assert "3 containers" in message


@pytest.mark.parametrize(
    "flags",
    [
        ["--storage-driver=vfs"],
        ["-s", "vfs"],
        ["--feature", "containerd-snapshotter=true"],
        ["--userns-remap", "default"],
        ["--data-root=/srv/docker"],
    ],
)
def test_a_restart_with_flags_that_came_since_is_an_error(flags: list[str]) -> None:
    host = running("28.5.2", "overlay2", None, *flags)
    (message,) = errors(host, config={"dns": ["192.0.2.1"]})
    assert "docker_engine" in message
    assert "docker_engine_hide_data" in message
    # As long as the engine runs on, it shows what it shows.
    host["daemon_config"].update(content={"mtu": 1400}, state=owned({"mtu": 1400}))
    assert errors(host, config={"mtu": 1400}) == []
    assert errors(host, config={"mtu": 1400, "registry-mirrors": ["https://mirror.example.org"]}) == []


def test_a_restart_with_what_someone_wrote_since_is_an_error() -> None:
    host = running("28.5.2", "overlayfs", {"storage-driver": "overlay2"})
    (message,) = errors(host, config={"dns": ["192.0.2.1"]})
    assert "the current daemon.json and docker.service would replace containerd's store" in message
    # One that was started with it has found another way to its store.
    host["engine"]["runs_as_configured"] = True
    assert errors(host, config={"dns": ["192.0.2.1"]}) == []


def test_an_engine_that_was_reported_nothing_keeps_what_it_found_by_itself() -> None:
    """vfs, where overlay2 does not work."""
    host = running("28.5.2", "vfs", None, runs_as_configured=True)
    assert errors(host, config={"dns": ["192.0.2.1"]}) == []
    (message,) = errors(host, version="29.7", config={})
    assert '"storage-driver": "vfs"' in message


def test_variables_and_the_environment_of_the_unit_count() -> None:
    for environment in ({"DOCKER_OPTS": "--storage-driver=vfs"}, {"DOCKER_DRIVER": "vfs"}):
        host = running("26.1.5", "vfs", None)
        started_with(host, "-H", "fd://", "$DOCKER_OPTS", **environment)
        assert errors(host, config={"dns": ["192.0.2.1"]}) == []
        # They are of a file that only the distribution's unit reads.
        packages = host["packages"]
        host["packages"] = {
            **{name: packages[name] for name in ("ca-certificates", "apparmor")},
            **{name: package("26.1.5-1") for name in ("docker.io", "docker-cli")},
        }
        assert errors(host, source="distribution", config={"dns": ["192.0.2.1"]}) == []
        (message,) = errors(host, config={})
        assert message.startswith("docker_engine_source: upstream would put the newest engine in the place of 26.1.5")
        assert errors(host, config={"storage-driver": "vfs"}) == []


def test_a_flag_in_the_way_of_the_way_out_is_named() -> None:
    host = running("28.5.2", "overlayfs", STORE, "-H", "fd://", "--storage-driver", "overlay2")
    (message,) = errors(host, config={**STORE, "dns": ["192.0.2.1"]})
    assert "remove --storage-driver overlay2 from docker.service" in message


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ({"version": "28.5"}, ["docker_engine_version: 28.5 would put engine 28.5 in the place of 29.7.2, which"]),
        ({"version": "24"}, ["docker_engine_version: 24 would put engine 24 in", '"containerd-snapshotter": true']),
        ({"version": "23.0", "config": STORE}, ["use a version from 24 on, or remove"]),
        ({"version": "20.10"}, ["use a version from 24 on, or remove"]),
        ({"source": "distribution"}, ["docker_engine_source: distribution would put engine 26.1 in"]),
    ],
)
def test_images_in_containerds_store_are_not_lost_to_an_older_engine(setting: Described, said: list[str]) -> None:
    for engine in ({}, {"images": 0}, {"containers": 0}):
        host = running("29.7.2", "overlayfs", None, **engine)
        host["index"]["age_s"] = None
        (message,) = errors(host, **{"config": {}, **setting})
        assert all(part in message for part in said), message
    host = running("29.7.2", "overlayfs")
    host["index"]["age_s"] = None
    if "config" not in setting and setting != {"version": "20.10"}:
        assert errors(host, **setting, config=STORE) == []
    graph = running("29.7.2", "overlay2")
    graph["index"]["age_s"] = None
    assert errors(graph, **setting) == [] or "config" in setting


def test_an_engine_that_finds_what_is_there_is_no_error() -> None:
    for setting in ({}, {"version": "29.8"}, {"version": "latest"}):
        host = running("29.7.2", "overlayfs")
        host["index"]["age_s"] = None
        assert errors(host, **setting) == []
    by_flag = running("29.7.2", "overlayfs", None, "--feature", "containerd-snapshotter=true")
    by_flag["index"]["age_s"] = None
    assert errors(by_flag, version="28.5") == []
    # An older engine's images are found by 29 where they are, but those of vfs.
    for driver in ("overlay2", "btrfs", "zfs", "fuse-overlayfs"):
        older = running("28.5.2", driver)
        older["index"]["age_s"] = None
        assert errors(older, version="29.7", config={}) == []


def test_a_driver_that_no_newer_engine_knows_is_no_way_out() -> None:
    host = running("20.10.24", "aufs")
    host["index"]["age_s"] = None
    for setting in ({"version": "26.1"}, {"version": "29.7"}):
        (message,) = errors(host, **setting, config={})
        assert "use a version below 24, or save the images" in message
    assert errors(host, version="23.0", config={}) == []


def test_a_distribution_whose_engine_is_not_known_must_be_reported_the_store() -> None:
    ubuntu = {**running("29.7.2", "overlayfs"), "distribution": {**bare_host()["distribution"], **hosts.NOBLE}}
    (message,) = errors(ubuntu, source="distribution", config={})
    assert "containerd-snapshotter" in message
    assert errors(ubuntu, source="distribution", config=STORE) == []
    graph = {**ubuntu, **running("29.7.2", "overlay2"), "distribution": ubuntu["distribution"]}
    assert errors(graph, source="distribution", config={}) == []


@pytest.mark.parametrize(
    ("held", "config", "setting", "hidden"),
    [
        ({"containers": {"overlay2": 1}, "graph_drivers": ["overlay2"]}, {}, {}, False),
        ({"containers": {"overlay2": 1}, "graph_drivers": ["overlay2"]}, {"storage-driver": "vfs"}, {}, True),
        ({"images": {"overlay2": 1}, "graph_drivers": ["overlay2"]}, STORE, {}, True),
        ({"containers": {"overlayfs": 1}}, {}, {}, False),
        ({"containers": {"overlayfs": 1}}, {}, {"version": "28.5"}, True),
        ({"images": {"containerd": 1}}, {}, {"source": "distribution"}, True),
        ({"images": {"containerd": 1}}, STORE, {"source": "distribution"}, False),
        ({"images": {"vfs": 1}}, {}, {}, True),
        ({"images": {"vfs": 1}}, {"storage-driver": "vfs"}, {}, False),
        # An empty graph driver's folder is enough for 29 to take it.
        ({"images": {"containerd": 1}, "graph_drivers": ["overlay2"]}, {}, {}, True),
        ({}, {"storage-driver": "vfs"}, {}, False),
    ],
)
def test_what_an_earlier_engine_left_is_shown_by_a_new_one(
    held: Described, config: Described, setting: Described, hidden: bool
) -> None:
    host = on_disk(holdings(**held))
    assert bool(errors(host, config=config, **setting)) is hidden


def test_containers_that_would_run_on_unseen_are_stopped_where_they_may_be_hidden() -> None:
    host = running("28.5.2", "overlay2")
    host["data_roots"][DATA]["running"] = [WEB, JOB]
    found = hosts.steps(host, all_settings(config=STORE, hide_data=True))
    assert found["hide"]["from"] == ["web", "job"]
    assert found["hide"]["disrupts"] == "restart"
    assert "--rm" not in found["hide"]["why"]
    host["data_roots"][DATA]["running"].append({**JOB, "name": "once", "removed_at_end": True})
    assert (
        "once (--rm) would be removed" in hosts.steps(host, all_settings(config=STORE, hide_data=True))["hide"]["why"]
    )
    # Without live-restore the engine stops them itself when it ends.
    host["engine"]["live_restore"] = False
    assert "hide" not in hosts.steps(host, all_settings(config=STORE, hide_data=True))


@pytest.mark.parametrize("key", ["containerd-namespace", "containerd"])
def test_running_containers_are_not_left_to_another_containerd(key: str) -> None:
    host = running("28.5.2", "overlay2")
    config = {key: "/run/other.sock" if key == "containerd" else "other"}
    assert errors(host, config=config) == []
    host["data_roots"][DATA]["running"] = [WEB, JOB]
    (message,) = errors(host, config=config)
    assert message.startswith(f"docker_engine_config: {key}: ")
    assert "would leave web, job running" in message
    assert "`docker stop web job` first" in message
    assert "hide" in hosts.steps(host, all_settings(config={**config, "live-restore": True}, hide_data=True))


STORES = st.fixed_dictionaries(
    {},
    optional={
        "storage-driver": st.sampled_from(["overlay2", "vfs", "btrfs", "overlayfs", "native"]),
        "features": st.fixed_dictionaries({}, optional={"containerd-snapshotter": st.booleans(), "cdi": st.booleans()}),
        "dns": st.just(["192.0.2.1"]),
    },
)
DESIRED = st.builds(lambda wanted, config: {**wanted, "config": config}, SETTINGS, STORES)


@given(st.lists(DESIRED, min_size=2, max_size=5))
def test_whatever_is_desired_one_day_after_another_no_image_is_lost_from_sight(days: list[Described]) -> None:
    machine, had = Machine(bare_host()), 0
    for wanted in days:
        machine.look_for_versions(wanted)
        if errors_of(plan, machine.host, wanted):
            continue
        try:
            machine.converge(wanted)
        except PlanInvalid:
            # Versions became known, and the engine's with them: nothing of it has been touched yet.
            continue
        if machine.host["engine"]["running"]:
            assert machine.seen() == had
            machine.pull()
            had += 1


# Folders.


@pytest.mark.parametrize(
    ("roots", "content", "engine_root", "desired", "hidden"),
    [
        ([FULL], None, None, OTHER, True),
        ([holdings()], None, None, OTHER, False),
        ([FULL, {**FULL, "folder": OTHER}], None, None, OTHER, False),
        # Half a copy is none.
        ([FULL, {**FULL, "folder": OTHER, "volumes": 0}], None, None, OTHER, True),
        ([FULL, {**FULL, "folder": OTHER, "containers": {"overlay2": 1}}], None, None, OTHER, True),
        ([FULL, {**FULL, "folder": OTHER}], {"data-root": OTHER}, None, OTHER, False),
        ([{**FULL, "folder": OTHER}], {"data-root": OTHER}, None, "/srv/other", True),
        ([{**FULL, "folder": "/mnt/flag"}], None, "/mnt/flag", OTHER, True),
        ([FULL], None, None, DATA, False),
    ],
)
def test_data_is_not_hidden_by_another_data_root(
    roots: list[Described], content: Described | None, engine_root: str | None, desired: str, hidden: bool
) -> None:
    host = on_disk(*roots, version="" if engine_root is None else "28.5.2")
    host["daemon_config"]["content"] = content
    if engine_root:
        held = host["data_roots"][engine_root]
        host["engine"].update(running=True, answers=True, version="28.5.2", storage_driver="overlay2", images=5)
        host["engine"].update(data_root=engine_root, containers=sum(held["containers"].values()))
    found = errors(host, config={"data-root": desired}, data_root=desired)
    assert bool(found) is hidden, found
    if hidden:
        assert f"docker_engine_data_root: {desired} holds " in found[0]
        assert f"/ {desired}/`" in found[0]
        assert errors(host, config={"data-root": desired}, data_root=desired, hide_data=True) == []


def at(reported: str, *flags: str, init: str = "systemd") -> Described:
    """A running engine of upstream that tells this data root, in which there is data."""
    host = running("29.7.2", "overlay2", None, *flags, data_root=reported)
    host["init"] = init
    held = host["data_roots"].pop(DATA)
    root = given_root(reported)
    host["data_roots"] = {DATA: holdings(), root: holdings(root), reported: {**held, "folder": reported}}
    return host


def test_a_data_root_that_does_not_change_hides_nothing() -> None:
    remapped = at(DATA + "/100000.100000")
    remapped["daemon_config"]["content"] = {"userns-remap": "default"}
    by_flag = at("/data/docker", "-H", "fd://", "--data-root", "/data/docker")
    for host in (remapped, by_flag):
        assert errors(host) == []
        assert errors(host, config={"dns": ["192.0.2.1"]}) == []
        # A drop-in stays, whosesoever the packages are.
        assert errors(host, source="distribution") == []
    remapped["daemon_config"]["content"].update({"data-root": DATA})
    assert errors(remapped, config={"data-root": DATA}) == []
    (message,) = errors(remapped, config={"data-root": OTHER}, data_root=OTHER)
    assert f"{OTHER} holds no data, and {DATA} holds 2 images and 3 containers" in message


def test_a_link_to_the_data_root_is_the_same_folder() -> None:
    host = at("/data/docker")
    host["data_roots"][DATA] = host["data_roots"]["/data/docker"]
    assert errors(host, config={"dns": ["192.0.2.1"]}) == []
    assert errors(host, config={"data-root": "/data/docker"}, data_root="/data/docker") == []


def test_a_data_root_that_would_go_with_the_unit_is_asked_about() -> None:
    of_defaults = at("/data/docker")
    started_with(of_defaults, "-H", "fd://", "$DOCKER_OPTS", DOCKER_OPTS="--data-root=/data/docker")
    assert errors(of_defaults, config={"dns": ["192.0.2.1"]}) == []
    (message,) = errors(of_defaults, source="distribution")
    assert "docker_engine_data_root: /var/lib/docker holds no data, and /data/docker holds" in message
    assert "set docker_engine_data_root: /data/docker to stay there" in message
    assert errors(of_defaults, source="distribution", config={"data-root": "/data/docker"}) == []
    # Flags that someone typed do not come back where no unit starts the engine.
    assert len(errors(at("/data/docker", init="none"), config={"dns": ["192.0.2.1"]})) == 1


def test_data_is_not_hidden_when_a_data_root_is_not_desired_any_more() -> None:
    host = on_disk({**FULL, "folder": OTHER})
    host["daemon_config"].update(content={"data-root": OTHER}, state=owned({"data-root": OTHER}))
    (message,) = errors(host, config={})
    assert f"{DATA} holds no data, and {OTHER} holds 5 images, 2 containers and 1 volume" in message


def test_the_namespace_is_the_engines_own_by_default() -> None:
    assert image_store.settings({}).namespace == "moby"


def moved(init: str, **held: Any) -> Described:
    """An engine 29 with images in containerd's store, as the facts tell of it: containerd's are in every folder."""
    host = running("29.7.2", "overlayfs", None, containers=sum(held.get("containers", {}).values()))
    host["init"] = init
    host["services"] = host["services"] if init == "systemd" else {}
    host["data_roots"][DATA] = holdings(DATA, images={"containerd": 2}, **held)
    there = {"images": {"containerd": 2}} if init == "systemd" else {}
    host["data_roots"][OTHER] = holdings(OTHER, **there)
    return host


def test_images_in_containerds_store_stay_where_they_are_and_that_is_said() -> None:
    host = moved("systemd")
    assert errors(host, config={"data-root": OTHER}, data_root=OTHER) == []
    why = {each["step"]: each["why"] for each in plan(host, all_settings(data_root=OTHER))}["config"]
    assert "in /var/lib/containerd and not in the data root" in why
    # Volumes and containers do lie in the data root.
    (message,) = errors(moved("systemd", volumes=1), config={"data-root": OTHER}, data_root=OTHER)
    assert "holds 1 volume that would be hidden" in message


def test_without_an_init_system_they_lie_in_the_data_root_and_are_not_hidden() -> None:
    host = moved("none")
    (message,) = errors(host, config={"data-root": OTHER}, data_root=OTHER)
    assert "holds 2 images that would be hidden" in message
    assert f"`rsync -aHAXS {DATA}/ {OTHER}/`" in message
    assert "docker_engine_hide_data: true" in message
    allowed = {each["step"]: each["why"] for each in plan(host, all_settings(data_root=OTHER, hide_data=True))}
    assert "/var/lib/containerd" not in allowed["config"]
    # What was copied is seen.
    host["data_roots"][OTHER]["images"] = {"containerd": 2}
    assert errors(host, config={"data-root": OTHER}, data_root=OTHER) == []


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ({}, True),
        ({"version": "28.5"}, False),
        ({"config": {"storage-driver": "overlay2"}}, False),
        ({"config": {"features": {"containerd-snapshotter": False}}}, False),
    ],
)
def test_a_first_engine_with_a_data_root_is_reported_where_its_images_will_be(setting: Described, said: bool) -> None:
    steps = {each["step"]: each["why"] for each in plan(bare_host(), all_settings(data_root=OTHER, **setting))}
    assert ("/var/lib/containerd" in steps["config"]) is said
    assert (
        "/var/lib/containerd" not in {each["step"]: each["why"] for each in plan(bare_host(), all_settings())}["config"]
    )

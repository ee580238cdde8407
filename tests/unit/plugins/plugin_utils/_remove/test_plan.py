# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is taken away, what is left alone because it is not ours, and what is rejected."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.dockyard.gpu.plugins.module_utils._common import engine_paths, installed
from ansible_collections.dockyard.gpu.plugins.module_utils._nvidia import driver_paths, toolkit_paths
from ansible_collections.dockyard.gpu.plugins.plugin_utils._docker_engine import sources
from ansible_collections.dockyard.gpu.plugins.plugin_utils._nvidia_driver.runtime import NOUVEAU
from ansible_collections.dockyard.gpu.plugins.plugin_utils._planning.step import PlanInvalid, errors_of
from ansible_collections.dockyard.gpu.plugins.plugin_utils._remove.plan import plan, status
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils import hosts, toolkit_stand_in
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils.hosts import (
    Described,
    bare_host,
    key_file,
    package,
)

OURS = {
    "content": f"{sources.MARK}Types: deb\nURIs: https://download.docker.com/linux/debian\nSuites: trixie\n",
    "mode": "0644",
}
ENGINE_PACKAGES = ("containerd.io", "docker-ce", "docker-ce-cli")


def errors(host: dict[str, Any], desired: dict[str, Any]) -> list[str]:
    return errors_of(plan, host, desired)


def recorded(packages: dict[str, str] | None = None, **kinds: dict[str, Any]) -> Described:
    """As host_info tells it: packages by role; of the other kinds a name and what was there before it."""
    entries = {
        kind: {name: {"by": _BY.get(kind, "docker_engine"), "before": before} for name, before in names.items()}
        for kind, names in kinds.items()
        if kind != "replaced"
    }
    reported = {**installed.nothing(), **entries, "recorded": True, "packages": packages or {}}
    return {**reported, "replaced": kinds.get("replaced", {})}


_BY = {"members": "docker_group", "groups": "docker_group", "holds": "nvidia_driver"}
ROOTS = {"/var/lib/docker": {"existed": False, "data": False}, "/var/lib/containerd": {"existed": False, "data": False}}
BY_ENGINE = dict.fromkeys(ENGINE_PACKAGES, "docker_engine")


def wanted(**parts: Any) -> Described:
    return {**hosts.wanted("remove", **parts), "toolkit": toolkit_stand_in.settings()}


def with_engine(**parts: Any) -> Described:
    """That this collection brought, with all that it records then."""
    host = bare_host(
        packages={name: package("29.7") for name in (*ENGINE_PACKAGES, "containerd", "ca-certificates")},
        engine={
            "binary": "/usr/bin/dockerd",
            "running": True,
            "answers": True,
            "containers_running": 0,
            "socket": None,
        },
        docker_group={"exists": True, "gid": 999, "members": ["ada"], "primary_members": []},
        repository_keys=[key_file(engine_paths.REPOSITORY_KEY, error="not an OpenPGP file")],
        index={
            "age_s": 1,
            "files": ["download.docker.com_linux_debian_dists_trixie_InRelease", "mirror.example.org_InRelease"],
        },
        installed=recorded(
            BY_ENGINE,
            groups={"docker": None},
            members={"ada": None},
            files={engine_paths.REPOSITORY_FILE: None, engine_paths.REPOSITORY_KEY: None},
            data_roots=ROOTS,
        ),
    )
    host["files"][engine_paths.REPOSITORY_FILE] = OURS
    host["daemon_config"]["state"] = {"owners": {"docker_engine": {}}}
    return {**host, **parts}


def with_driver(**parts: Any) -> Described:
    names = (
        "nvidia-driver-cuda",
        "libnvidia-compute",
        "nvidia-container-toolkit",
        "linux-headers-6.12.1",
        "cuda-toolkit",
    )
    host = bare_host(packages={name: package("580", held=True) for name in (*names, "linux-image-generic")})
    host["files"][driver_paths.NOUVEAU_FILE] = {"content": NOUVEAU, "mode": "0644"}
    ours = dict.fromkeys(("nvidia-driver-cuda", "libnvidia-compute", "linux-headers-6.12.1"), "nvidia_driver")
    host["installed"] = recorded(ours, holds=dict.fromkeys(("linux-image-generic", "libnvidia-compute")))
    return {**host, **parts}


def with_toolkit() -> Described:
    """Beside an engine that this collection did not put there."""
    engine = toolkit_stand_in.with_engine(toolkit_stand_in.driven(), "26.1.5")
    made = toolkit_stand_in.ToolkitMachine(engine)
    made.converge(toolkit_stand_in.settings())
    host = made.host
    host["installed"] = recorded(dict.fromkeys(toolkit_paths.PACKAGES, "nvidia_container_toolkit"))
    config = {"by": "nvidia_container_toolkit", "before": None}
    host["installed"]["shared_files"] = {toolkit_paths.CONFIG: config}
    host["installed"]["files"] = {toolkit_paths.REPOSITORY_FILE: config}
    return host


def steps(host: Described, **parts: Any) -> dict[str, Described]:
    return {step["step"]: step for step in plan(host, wanted(**parts))}


def kept(host: Described, **parts: Any) -> str:
    return " ".join(status(host, wanted(**parts))["kept"])


def test_a_host_that_never_was_ours_is_left_alone() -> None:
    assert plan(bare_host(), wanted()) == []
    assert kept(bare_host()) == ""
    someones = with_engine(installed=installed.nothing())
    someones["daemon_config"]["state"] = {"owners": {"someone": {}}}
    assert plan(someones, wanted(data=True)) == []
    driver = with_driver(files=bare_host()["files"], installed=installed.nothing())
    assert plan(driver, wanted()) == []


def test_without_a_record_nothing_counts_as_ours_and_that_is_reported_with_the_way_out() -> None:
    """The repository's file and the key of daemon.json are ours by what they hold; the packages need not be."""
    host = with_engine(installed=installed.nothing())
    assert list(steps(host, data=True)) == ["engine_files"]
    assert "engine (docker-ce, docker-ce-cli, containerd.io) stays: no record says" in kept(host)
    assert "apt-get purge docker-ce" in kept(host)
    driver = with_driver(installed=installed.nothing())
    assert list(steps(driver)) == ["driver_files"]
    assert "NVIDIA's driver stays: no record says" in kept(driver)


def test_a_record_that_cannot_be_read_is_an_error() -> None:
    host = with_engine(installed=installed.nothing("installed.json is damaged. Move it away."))
    assert errors(host, wanted()) == ["remove: installed.json is damaged. Move it away."]
    assert kept(host) == ""


def test_the_engine_goes_before_its_record() -> None:
    names = [step["step"] for step in plan(with_engine(), wanted())]
    assert names == ["engine_stop", "engine_packages", "engine_data_left", "engine_files", "group", "group_files"]


def test_data_on_a_mount_that_does_not_answer_are_not_removed() -> None:
    host = with_engine()
    host["data_roots"]["/var/lib/docker"]["silent"] = "/var/lib/docker (nfs4, far:/export)"
    assert "engine_data_left" in steps(host)
    (message,) = errors(host, wanted(data=True))
    assert message.startswith("remove_data: /var/lib/docker lies on a mount that does not answer")


def test_an_interrupted_removal_goes_on() -> None:
    """Packages are gone; the record is not."""
    host = with_engine(packages={}, engine=bare_host()["engine"], docker_group=bare_host()["docker_group"])
    host["daemon_config"]["state"] = {}
    names = [step["step"] for step in plan(host, wanted())]
    assert names == ["engine_stop", "engine_packages", "engine_data_left", "engine_files", "group_files"]


def test_an_engine_that_others_brought_after_a_removal_that_was_interrupted_is_theirs() -> None:
    gone = recorded(data_roots=ROOTS, files={engine_paths.REPOSITORY_FILE: None})
    gone["gone"] = BY_ENGINE
    host = with_engine(packages={}, engine=bare_host()["engine"], installed=gone)
    names = [step["step"] for step in plan(host, wanted(data=True))]
    assert names == ["engine_stop", "engine_packages", "engine_data", "engine_files"]
    again = with_engine(installed=gone)
    assert [step["step"] for step in plan(again, wanted(data=True))] == ["engine_files"]
    assert "stays" in kept(again)


@pytest.mark.parametrize("binary", ["/usr/bin/dockerd", "/usr/local/bin/dockerd"])
def test_an_engine_that_was_there_before_stays_with_its_data_group_and_members(binary: str) -> None:
    """Though the role wrote its repository and keys of daemon.json, and made one more user a member."""
    host = with_engine(
        installed=recorded(
            {"docker-buildx-plugin": "docker_engine"},
            members={"ada": None},
            files={engine_paths.REPOSITORY_FILE: "a file"},
            data_roots={"/var/lib/docker": {"existed": True, "data": True}},
        ),
        docker_group={"exists": True, "gid": 999, "members": ["ada", "bob"], "primary_members": ["eve"]},
    )
    host["engine"].update(binary=binary, containers_running=3)
    host["packages"]["docker-buildx-plugin"] = package("0.30")
    found = steps(host, data=True)
    assert list(found) == ["engine_packages", "engine_files", "members", "group_files"]
    assert found["engine_packages"]["from"] == ["docker-buildx-plugin"]
    assert found["members"]["to"] == ["bob"]
    assert "stays: it was installed before" in kept(host, data=True)
    assert "images, containers and volumes stay with the engine" in kept(host, data=True)


def test_an_engine_that_others_brought_in_place_of_ours_stays() -> None:
    host = with_engine()
    host["packages"] = {name: package("26.1") for name in ("docker.io", "containerd", "runc")}
    found = steps(host, data=True)
    assert "engine_stop" not in found
    assert "engine_data" not in found
    assert "docker.io" in kept(host)
    static = with_engine(packages={})
    static["engine"]["binary"] = "/usr/local/bin/dockerd"
    assert "engine_stop" not in steps(static)
    assert "/usr/local/bin/dockerd" in kept(static)


def test_what_made_way_for_ours_is_reported() -> None:
    host = with_engine()
    host["installed"]["replaced"] = {"docker.io": {"by": "docker_engine", "version": "26.1"}}
    assert "docker.io 26.1 was here before docker_engine replaced it" in kept(host)
    assert "apt-get install docker.io" in kept(host)
    assert "docker.io" not in kept(host, components=["driver"])


def test_what_others_may_need_by_now_stays_and_is_reported() -> None:
    host = with_engine()
    host["installed"]["packages"] = {**BY_ENGINE, "ca-certificates": "docker_engine"}
    assert "ca-certificates came with the roles, and stay" in kept(host)
    assert "linux-headers-6.12.1 came with" in kept(with_driver())


def test_only_what_the_role_asked_for_is_named() -> None:
    """What came along with it is apt's to know: containerd may be someone's."""
    assert steps(with_engine())["engine_packages"]["from"] == sorted(ENGINE_PACKAGES)


def test_packages_that_were_there_before_stay_also_where_the_role_upgraded_them() -> None:
    host = with_engine()
    del host["installed"]["packages"]["docker-ce-cli"]
    assert steps(host)["engine_packages"]["from"] == ["containerd.io", "docker-ce"]


def test_files_are_those_that_are_there_and_the_index_of_the_repository() -> None:
    host = with_engine()
    drop_in = engine_paths.DROP_INS["docker.service"]
    host["files"][drop_in] = {"content": "", "mode": "0644"}
    found = steps(host)["engine_files"]
    assert found["from"] == [
        drop_in,
        "/var/lib/apt/lists/download.docker.com_linux_debian_dists_trixie_InRelease",
    ], "the repository's file is given back by its record"
    assert found["to"] == ["docker_engine", "container_image", "gpu_container"]


def test_data_goes_only_where_asked() -> None:
    assert "engine_data" not in steps(with_engine())
    found = steps(with_engine(), data=True)
    roots = [{"path": path, "existed": False} for path in ("/var/lib/containerd", "/var/lib/docker")]
    assert found["engine_data"]["from"] == roots
    assert steps(with_engine())["engine_data_left"]["from"] == roots


def test_a_folder_that_held_data_before_stays_and_is_reported() -> None:
    host = with_engine()
    host["installed"]["data_roots"]["/var/lib/docker"]["before"]["data"] = True
    found = steps(host, data=True)["engine_data"]["from"]
    assert [each["path"] for each in found] == ["/var/lib/containerd"]
    assert "/var/lib/docker stays: it held images" in kept(host, data=True)


def test_a_folder_that_the_engine_never_used_is_no_ones_data() -> None:
    host = with_engine(data_roots={path: hosts.holdings(path) for path in ("/var/lib/docker", "/data")})
    assert "/data" not in str(steps(host, data=True)["engine_data"])


def test_running_containers_are_rejected_unless_asked() -> None:
    host = with_engine()
    host["engine"]["containers_running"] = 2
    with pytest.raises(PlanInvalid, match=r"remove_running_containers: 2 containers"):
        plan(host, wanted())
    assert steps(host, running_containers=True)


def test_a_kubernetes_node_keeps_what_runs_its_pods() -> None:
    assert "Kubernetes" in errors(with_engine(kubernetes_node=True), wanted())[0]
    assert errors(with_engine(kubernetes_node=True), wanted(components=["driver"])) == []


def test_the_group_stays_with_the_engine_and_loses_those_who_were_made_members() -> None:
    found = steps(with_engine(), components=["group"])
    assert (list(found), found["members"]["to"]) == (["members", "group_files"], [])
    assert "the engine that stays uses it" in kept(with_engine(), components=["group"])
    before = with_engine(installed=recorded(BY_ENGINE))
    assert steps(before, components=["group"]) == {}


def test_a_group_with_others_in_it_stays_for_them() -> None:
    host = with_engine()
    host["docker_group"]["members"] = ["ada", "bob"]
    found = steps(host)
    assert "group" not in found
    assert found["members"]["to"] == ["bob"]
    assert "others than this collection made bob a member" in kept(host)


def test_a_group_that_was_there_before_stays() -> None:
    host = with_engine()
    host["installed"]["groups"] = {}
    assert "group" not in steps(host)
    assert "the group docker stays: it was here before" in kept(host)


def test_a_group_that_was_to_come_with_packages_that_never_came_is_someones() -> None:
    host = with_engine(engine=bare_host()["engine"], packages={})
    host["installed"] = recorded({})
    host["installed"]["groups"] = {"docker": {"by": "docker_engine", "before": None}}
    assert "group" not in steps(host)


def test_a_group_that_is_someones_first_one_is_rejected() -> None:
    group = {"exists": True, "gid": 1, "members": [], "primary_members": ["bob"]}
    assert "bob" in errors(with_engine(docker_group=group), wanted())[0]


def test_the_driver_goes_and_leaves_toolkit_headers_and_cuda() -> None:
    found = steps(with_driver())
    assert found["driver_packages"]["from"] == ["libnvidia-compute", "nvidia-driver-cuda"]
    assert found["driver_unhold"]["from"] == ["linux-image-generic"]
    assert found["driver_files"]["from"] == [driver_paths.NOUVEAU_FILE]


@pytest.mark.parametrize("theirs", ["libnvidia-compute", "libcuda1"])
def test_a_driver_of_which_a_part_was_there_before_stays_whole(theirs: str) -> None:
    host = with_driver()
    host["packages"][theirs] = package("580", held=True)
    host["installed"]["packages"].pop(theirs, None)
    found = steps(host)
    assert list(found) == ["driver_unhold", "driver_files"]
    assert found["driver_unhold"]["from"] == ["libnvidia-compute", "linux-image-generic"]
    assert "NVIDIA's driver stays: it was installed before" in kept(host)


def test_users_that_came_with_the_driver_go_with_it() -> None:
    host = with_driver()
    assert "driver_users" not in steps(host)
    host["installed"]["users"] = {"nvpd": {"by": "nvidia_driver", "before": None}}
    assert steps(host)["driver_users"]["from"] == ["nvpd"]
    host["packages"]["libnvidia-compute-580"] = package("580")
    assert "driver_users" not in steps(host), "the driver stays"


def test_holds_of_others_stay() -> None:
    host = with_driver()
    host["installed"]["holds"] = {}
    assert "driver_unhold" not in steps(host)


def test_what_was_written_for_the_next_boot_goes_also_where_the_toolkit_stays() -> None:
    host = bare_host(packages={name: package("1.20.0-1") for name in toolkit_paths.PACKAGES})
    host["files"].update({path: {"content": "[Unit]\n", "mode": "0644"} for path in toolkit_paths.BOOT_FILES})
    made = steps(host)
    assert "toolkit" not in made
    assert made["toolkit_files"]["from"] == list(toolkit_paths.BOOT_FILES)


def test_a_toolkit_that_was_there_before_stays_with_its_part_of_daemon_json() -> None:
    host = with_toolkit()
    del host["installed"]["packages"]["libnvidia-container1"]
    assert list(steps(host)) == ["toolkit_files"]
    assert toolkit_paths.CONFIG not in steps(host)["toolkit_files"]["from"]
    assert "NVIDIA Container Toolkit stays: it was installed before" in kept(host)
    assert "part of daemon.json" in kept(host)


def test_the_toolkit_goes_by_the_plan_of_its_own_role() -> None:
    found = steps(with_toolkit())
    assert found["toolkit"]["from"] == list(toolkit_paths.PACKAGES)
    assert found["toolkit"]["disrupts"] == "restart", "its engine stays, and reads features when it starts"
    assert found["toolkit_files"]["from"] == [toolkit_paths.CONFIG, f"/var/lib/apt/lists/{toolkit_stand_in.INDEX}"]
    assert steps(with_toolkit(), components=["driver", "engine"]) == {}
    held = {**with_toolkit(), "gpu_containers": [{"id": "1f", "name": "trainer"}]}
    assert "trainer" in errors(held, wanted())[0]
    assert list(steps(held, running_containers=True)) == ["gpu_containers", "toolkit", "toolkit_files"]


def test_the_engine_is_not_restarted_for_a_toolkit_that_it_goes_with() -> None:
    host = with_toolkit()
    host["packages"]["docker-ce"] = package("26.1")
    host["installed"]["packages"]["docker-ce"] = "docker_engine"
    found = steps(host)
    assert list(found)[:3] == ["toolkit", "toolkit_files", "engine_stop"]
    assert found["toolkit"]["disrupts"] == "none"


def test_what_keeps_the_toolkit_keeps_the_rest() -> None:
    host = with_toolkit()
    host["daemon_config"]["content"] = {**host["daemon_config"]["content"], "default-runtime": "nvidia"}
    assert "default-runtime" in errors(host, wanted())[0]


def test_containers_with_gpus_are_rejected_unless_asked() -> None:
    host = with_driver(gpu_containers=[{"id": "1f", "name": "trainer"}])
    assert "trainer" in errors(host, wanted())[0]
    assert steps(host, running_containers=True)["gpu_containers"]["from"] == ["1f"]
    assert "could not be determined" in errors(with_driver(gpu_containers=None), wanted(running_containers=True))[0]


def test_a_container_that_would_be_removed_by_being_stopped_is_not_stopped() -> None:
    """Neither for its GPUs nor for its engine, but where all containers go as data."""
    passing = {"id": "1f", "name": "passing", "auto_remove": True}
    asked = wanted(running_containers=True)
    (reason,) = errors(with_driver(gpu_containers=[passing]), asked)
    assert "passing run with --rm" in reason
    assert "let them end" in reason
    host = with_engine()
    other = {"id": "2a", "name": "task", "driver": "overlay2", "comes_back": False, "removed_at_end": True}
    host["data_roots"]["/var/lib/docker"] = {"running": [{**other, **passing}, {**other, "auto_remove": False}]}
    (reason,) = errors(host, asked)
    assert "passing run with --rm" in reason
    assert "task" not in reason, "its swarm makes another"
    assert errors(host, wanted(running_containers=True, data=True)) == []
    assert errors(host, wanted(running_containers=True, components=["toolkit"])) == []


def test_an_interrupted_dpkg_comes_first_and_alone_is_nothing() -> None:
    assert next(iter(steps(with_engine(dpkg_interrupted=True)))) == "dpkg"
    assert plan(bare_host(dpkg_interrupted=True), wanted()) == []


def test_an_unknown_component_is_rejected() -> None:
    assert errors(bare_host(), wanted(components=["engine", "all"])) == [
        "remove_components: must be one of toolkit, driver, engine, group; got 'all'"
    ]


def test_what_is_of_a_directory_by_now_is_said_beforehand() -> None:
    """The record is of a group in /etc/group, which gpasswd and groupdel would not find."""
    group = {"exists": True, "gid": 1, "members": ["ada"], "primary_members": []}
    group.update(of_directory=True, directory_members=["ada"])
    (message,) = errors(with_engine(docker_group=group), wanted())
    assert "directory" in message
    assert "leave group out" in message
    group = {**group, "members": ["ada", "bob"], "of_directory": False}
    (message,) = errors(with_engine(docker_group=group), wanted())
    assert "ada would leave the group docker" in message
    assert errors(with_engine(docker_group={**group, "directory_members": []}), wanted()) == []

# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is taken away, what is left alone because it is not ours, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.dockyard.gpu.plugins.module_utils import engine_paths, nvidia_paths, toolkit_paths
from ansible_collections.dockyard.gpu.plugins.plugin_utils import engine_sources
from ansible_collections.dockyard.gpu.plugins.plugin_utils.driver_plan_runtime import NOUVEAU
from ansible_collections.dockyard.gpu.plugins.plugin_utils.plan import PlanRefused, refusals_of
from ansible_collections.dockyard.gpu.plugins.plugin_utils.removal_plan import (
    CONTAINERD_ROOT,
    plan,
)
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils import hosts, toolkit_stand_in
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils.hosts import (
    Described,
    bare_host,
    key_file,
    package,
)

OURS = {
    "content": f"{engine_sources.MARK}Types: deb\nURIs: https://download.docker.com/linux/debian\nSuites: trixie\n",
    "mode": "0644",
}
ENGINE_PACKAGES = ("containerd.io", "docker-ce", "docker-ce-cli")


def refusals(host: dict[str, Any], wish: dict[str, Any]) -> list[str]:
    return refusals_of(plan, host, wish)


def wanted(**parts: Any) -> Described:
    """``users`` are those of docker_group."""
    users = parts.pop("users", [])
    beside = {"group": hosts.wanted("docker_group", users=users), "toolkit": toolkit_stand_in.wishes()}
    return {**hosts.wanted("remove", **parts), **beside}


def with_engine(**parts: Any) -> Described:
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
    host["files"][nvidia_paths.NOUVEAU_FILE] = {"content": NOUVEAU, "mode": "0644"}
    return {**host, **parts}


def with_toolkit() -> Described:
    """Beside an engine that this collection did not put there."""
    engine = toolkit_stand_in.with_engine(toolkit_stand_in.driven(), "26.1.5")
    made = toolkit_stand_in.ToolkitMachine(engine)
    made.converge(toolkit_stand_in.wishes())
    return made.host


def steps(host: Described, **parts: Any) -> dict[str, Described]:
    return {step["step"]: step for step in plan(host, wanted(**parts))}


def test_a_host_that_never_was_ours_is_left_alone() -> None:
    assert plan(bare_host(), wanted()) == []
    somebodys = with_engine(files=bare_host()["files"])
    somebodys["daemon_config"]["state"] = {"owners": {"somebody": {}}}
    assert plan(somebodys, wanted()) == []
    assert plan(with_driver(files=bare_host()["files"]), wanted()) == []


def test_the_engine_goes_before_the_files_by_which_it_is_known_as_ours() -> None:
    names = [step["step"] for step in plan(with_engine(), wanted())]
    assert names == ["engine_stop", "engine_packages", "group", "engine_files"]


def test_an_interrupted_removal_goes_on() -> None:
    """Packages are gone; the repository's file, by which the engine is known as ours, is not."""
    host = with_engine(packages={}, engine=bare_host()["engine"], docker_group=bare_host()["docker_group"])
    host["daemon_config"]["state"] = {}
    assert [step["step"] for step in plan(host, wanted())] == ["engine_stop", "engine_packages", "engine_files"]


def test_only_what_the_role_asked_for_is_named() -> None:
    """What came along with it is apt's to know: containerd may be somebody's."""
    assert steps(with_engine())["engine_packages"]["from"] == sorted(ENGINE_PACKAGES)


def test_files_are_those_that_are_there_and_the_index_of_the_repository() -> None:
    assert steps(with_engine())["engine_files"]["from"] == [
        engine_paths.REPOSITORY_FILE,
        engine_paths.REPOSITORY_KEY,
        "/var/lib/apt/lists/download.docker.com_linux_debian_dists_trixie_InRelease",
    ]


def test_data_goes_only_where_asked() -> None:
    assert "engine_data" not in steps(with_engine())
    found = steps(with_engine(), data=True)
    assert found["engine_data"]["from"] == [CONTAINERD_ROOT, engine_paths.DATA_ROOT]
    assert "engine_data_root" not in found


@pytest.mark.parametrize("holds_data", [False, True])
def test_a_folder_that_the_engine_does_not_use_is_nobodys_data(holds_data: bool) -> None:
    host = with_engine(data_roots={"/var/lib/docker": True, "/data": holds_data})
    assert "engine_data_root" not in steps(host, data=True)


def test_the_data_root_that_the_engine_uses_is_told_apart() -> None:
    host = with_engine()
    host["engine"]["data_root"] = "/srv/docker"
    assert steps(host, data=True)["engine_data_root"]["from"] == ["/srv/docker"]


def test_running_containers_are_refused_unless_asked() -> None:
    host = with_engine()
    host["engine"]["containers_running"] = 2
    with pytest.raises(PlanRefused, match=r"remove_running_containers: 2 containers"):
        plan(host, wanted())
    assert steps(host, running_containers=True)


def test_a_kubernetes_node_keeps_what_runs_its_pods() -> None:
    assert "Kubernetes" in refusals(with_engine(kubernetes_node=True), wanted())[0]
    assert refusals(with_engine(kubernetes_node=True), wanted(components=["driver"])) == []


def test_the_group_stays_with_the_engine_and_loses_those_who_were_wished() -> None:
    found = steps(with_engine(), components=["group"], users=["ada"])
    assert (list(found), found["members"]["to"]) == (["members"], [])
    assert steps(with_engine(), components=["group"]) == {}


def test_a_group_that_is_somebodys_first_one_is_refused() -> None:
    group = {"exists": True, "gid": 1, "members": [], "primary_members": ["bob"]}
    assert "bob" in refusals(with_engine(docker_group=group), wanted())[0]


def test_the_driver_goes_and_leaves_toolkit_headers_and_cuda() -> None:
    found = steps(with_driver())
    assert found["driver_packages"]["from"] == ["libnvidia-compute", "nvidia-driver-cuda"]
    assert found["driver_unhold"]["from"] == ["linux-image-generic"]
    assert found["driver_files"]["from"] == [nvidia_paths.NOUVEAU_FILE]


def test_the_toolkit_goes_by_the_plan_of_its_own_role() -> None:
    found = steps(with_toolkit())
    assert found["toolkit"]["from"] == list(toolkit_paths.PACKAGES)
    assert found["toolkit"]["disrupts"] == "restart", "its engine stays, and reads features when it starts"
    assert found["toolkit_files"]["from"] == [toolkit_paths.CONFIG, f"/var/lib/apt/lists/{toolkit_stand_in.INDEX}"]
    assert steps(with_toolkit(), components=["driver", "engine"]) == {}
    held = {**with_toolkit(), "gpu_containers": [{"id": "1f", "name": "trainer"}]}
    assert "trainer" in refusals(held, wanted())[0]
    assert list(steps(held, running_containers=True)) == ["gpu_containers", "toolkit", "toolkit_files"]


def test_the_engine_is_not_restarted_for_a_toolkit_that_it_goes_with() -> None:
    host = with_toolkit()
    host["daemon_config"]["state"]["owners"]["docker_engine"] = {}
    found = steps(host)
    assert list(found)[:3] == ["toolkit", "toolkit_files", "engine_stop"]
    assert found["toolkit"]["disrupts"] == "none"


def test_what_keeps_the_toolkit_keeps_the_rest() -> None:
    host = with_toolkit()
    host["daemon_config"]["content"] = {**host["daemon_config"]["content"], "default-runtime": "nvidia"}
    assert "default-runtime" in refusals(host, wanted())[0]


def test_containers_with_gpus_are_refused_unless_asked() -> None:
    host = with_driver(gpu_containers=[{"id": "1f", "name": "trainer"}])
    assert "trainer" in refusals(host, wanted())[0]
    assert steps(host, running_containers=True)["gpu_containers"]["from"] == ["1f"]
    assert "could not be told" in refusals(with_driver(gpu_containers=None), wanted(running_containers=True))[0]


def test_an_interrupted_dpkg_comes_first_and_alone_is_nothing() -> None:
    assert next(iter(steps(with_engine(dpkg_interrupted=True)))) == "dpkg"
    assert plan(bare_host(dpkg_interrupted=True), wanted()) == []


def test_an_unknown_component_is_refused() -> None:
    assert refusals(bare_host(), wanted(components=["engine", "all"])) == [
        "remove_components: 'all' is none of toolkit, driver, engine, group"
    ]

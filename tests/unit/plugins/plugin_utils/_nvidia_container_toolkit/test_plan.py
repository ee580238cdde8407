# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The container toolkit's plan: on which hosts it does what, and that the steps that it names are enough."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.dockyard.gpu.plugins.module_utils._nvidia import toolkit_paths
from ansible_collections.dockyard.gpu.plugins.plugin_utils._nvidia_container_toolkit.plan import plan, status, untouched
from ansible_collections.dockyard.gpu.plugins.plugin_utils._planning.step import errors_of
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils import machines
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils.hosts import (
    FEDORA,
    Described,
    entry,
    holdings,
    package,
)
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils.toolkit_stand_in import (
    COMMENTED,
    ToolkitMachine,
    driven,
    of_2021,
    settings,
    with_engine,
)

BY_HAND = toolkit_paths.BY_HAND
BROKEN = {toolkit_paths.REFRESHED: f"{toolkit_paths.REFRESHED} is no YAML that can be read here: a tab at line 2"}


def errors(host: dict[str, Any], desired: dict[str, Any]) -> list[str]:
    return errors_of(plan, host, desired)


def names(steps: list[Described]) -> list[str]:
    return [step["step"] for step in steps]


def disrupts(steps: list[Described]) -> set[str]:
    return {step["disrupts"] for step in steps}


def converged(host: Described, **desired: Any) -> ToolkitMachine:
    made = ToolkitMachine(host)
    made.converge(settings(**desired))
    assert plan(made.host, settings(**desired)) == []
    return made


HOSTS: dict[str, Callable[[], Described]] = {
    "bare": driven,
    "one card": lambda: driven("rtx4090", "Ubuntu 24.04"),
    "MIG": lambda: driven("a100x2_mig", "Debian 12"),
    "no driver yet": lambda: machines.host("h100x8"),
    "engine 20.10": lambda: with_engine(driven(), "20.10.24", "docker.io"),
    "engine 26.1": lambda: with_engine(driven(), "26.1.5"),
    "engine 29.2": lambda: with_engine(driven(), "29.2.0"),
    "2021": lambda: with_engine(of_2021(driven()), "20.10.24"),
    "no init system": lambda: with_engine(driven(init="none"), "26.1.5"),
    "dpkg killed": lambda: driven(dpkg_interrupted=True),
}
SETTINGS: list[Described] = [
    {},
    {"version": "1.19.1"},
    {"version": "1.18", "allow_insecure": True},
    {"version": "latest", "hold": False},
    {"cdi": False, "default_runtime": True},
    {"config": {"nvidia-container-cli.no-cgroups": True}},
    {"config": {"nvidia-container-cli.no-cgroups": False, "nvidia-container-cli.load-kmods": False}},
    {"repository_url": "http://mirror.example.org/libnvidia-container", "repository_key_fingerprint": "A" * 40},
]


@pytest.mark.parametrize("kind", HOSTS)
@pytest.mark.parametrize("desired", SETTINGS, ids=str)
def test_the_law_of_the_house(kind: str, desired: Described) -> None:
    host = HOSTS[kind]()
    if "repository_url" in desired:
        host["index"]["files"] = []
    before = copy.deepcopy(host)
    assert plan(host, settings(**desired))
    assert host == before
    made = ToolkitMachine(host)
    made.converge(settings(**desired))
    left = plan(made.host, settings(**desired))
    # The stand-in's index is always NVIDIA's own.
    assert names(left) == (["index"] if "repository_url" in desired else [])


def test_a_bare_host_gets_everything_before_its_engine_and_nothing_is_disrupted() -> None:
    steps = plan(driven(), settings())
    assert names(steps) == [
        *("repository_key", "repository", "index", "packages", "hold", "cdi", "boot", "daemon_config"),
    ]
    assert disrupts(steps) == {"none"}
    config = next(step for step in steps if step["step"] == "daemon_config")["to"]
    assert config == {"runtimes.nvidia.path": "nvidia-container-runtime", "features.cdi": True}


@pytest.mark.parametrize(
    ("machine", "platform", "gpus_answer", "word"),
    [
        ("none", "bare_metal", False, "no NVIDIA GPU"),
        ("wsl2", "wsl2", False, "no NVIDIA GPU"),
        ("rtx4090", "jetson", True, "JetPack"),
        ("rtx4090", "vgpu_host", True, "vGPU"),
        ("rtx4090", "container", False, "container"),
        ("rtx4090", "container", True, ""),
        ("rtx4090", "vgpu_guest", True, ""),
        ("rtx4090", "wsl2", True, ""),
        ("rtx4090", "passthrough", False, ""),
    ],
)
def test_where_the_toolkit_belongs(machine: str, platform: str, gpus_answer: bool, word: str) -> None:
    host = driven(machine) if gpus_answer else machines.host(machine)
    host["nvidia"]["platform"] = platform
    assert bool(plan(host, settings())) == (not word)
    assert word in untouched(host, settings())
    assert status(host, settings())["untouched"] == untouched(host, settings())


def test_gpus_for_virtual_machines_do_not_count() -> None:
    host = driven("rtx4090")
    host["nvidia"]["gpus"][0]["kernel_driver"] = "vfio-pci"
    assert plan(host, settings()) == []


@pytest.mark.parametrize(
    ("version", "package_name", "restarts", "feature"),
    [("20.10.24", "docker.io", True, False), ("26.1.5", "docker-ce", True, True), ("29.2.0", "docker-ce", True, False)],
)
def test_an_engine_that_looked_for_the_hook_too_early_is_restarted_once(
    version: str, package_name: str, restarts: bool, feature: bool
) -> None:
    host = with_engine(driven(), version, package_name)
    steps = plan(host, settings())
    assert ("engine" in names(steps)) is restarts
    config = next(step for step in steps if step["step"] == "daemon_config")
    assert ("features.cdi" in config["to"]) is feature
    made = converged(host)
    # A newer toolkit in the place of the one that was found.
    assert "engine" not in names(plan(made.host, settings(version="1.19.1")))


@pytest.mark.parametrize(
    ("containers", "driver", "init", "disrupted"),
    [
        ([{"id": "1", "name": "trainer"}], "systemd", "systemd", "restart"),
        # It could not be determined all.
        (None, "systemd", "systemd", "restart"),
        ([], "systemd", "systemd", "none"),
        ([{"id": "1", "name": "trainer"}], "cgroupfs", "systemd", "none"),
        ([{"id": "1", "name": "trainer"}], "systemd", "none", "none"),
    ],
)
def test_packages_whose_scripts_reload_systemd_may_take_gpus_from_containers(
    containers: list[Described] | None, driver: str, init: str, disrupted: str
) -> None:
    host = with_engine_that_found(converged(with_engine(driven(init=init), "26.1.5")).host, "26.1.5")
    host["gpu_containers"] = containers
    host["engine"]["cgroup_driver"] = driver
    for name in toolkit_paths.PACKAGES:
        host["packages"][name] = package("1.18.2-1", held=True)
    step = next(each for each in plan(host, settings()) if each["step"] == "packages")
    assert step["disrupts"] == disrupted
    assert ("trainer" in step["why"]) is (disrupted == "restart" and bool(containers))


def test_a_toolkit_that_someone_else_exchanged_is_no_reason_to_restart_an_engine_that_works() -> None:
    made = converged(with_engine(driven(), "26.1.5"))
    # By the times of its files it came after the engine was started.
    made.host["toolkit"]["found_by_engine"] = []
    assert "engine" in names(plan(made.host, settings()))
    for known in ({"verified": True}, {"gpu_containers": [{"id": "1", "name": "trainer"}]}, {"gpu_containers": None}):
        host = {**copy.deepcopy(made.host), **known}
        assert plan(host, settings()) == []
        # And none after the role has exchanged it once more, which is remembered.
        again = converged(host, version="1.19.1")
        again.host.update(verified=False, gpu_containers=[])
        assert plan(again.host, settings()) == []


def test_a_toolkit_that_the_role_brought_is_one_whatever_runs() -> None:
    host = with_engine(driven(verified=True, gpu_containers=[{"id": "1", "name": "by device"}]), "26.1.5")
    assert "engine" in [step["step"] for step in ToolkitMachine(host).converge(settings())]


def test_engines_too_old_for_cdi_are_reported_so() -> None:
    reported = status(with_engine(driven(), "20.10.24"), settings())["cdi"]
    assert "20.10.24 does not support CDI" in reported
    assert "since features.cdi is set" in status(with_engine(driven(), "26.1.5"), settings())["cdi"]
    assert status(with_engine(driven(), "28.3.0"), settings())["cdi"] == "engine 28.3.0 gives devices by CDI"


def test_an_engine_that_has_cdi_by_itself_is_not_restarted_for_it() -> None:
    for version, reported in (("28.1.1", True), ("28.2.2", False), ("29.2.0", False)):
        host = with_engine_that_found(driven(), version)
        assert ("engine" in names(plan(host, settings()))) is reported
    # Where someone turned it off, and it is to be on, it has to be reported after all.
    host["daemon_config"]["content"] = {"features": {"cdi": False}}
    assert "engine" in names(plan(host, settings(cdi=True)))
    converged(host, cdi=True)


def test_what_was_written_before_the_engine_was_known_stays_when_it_turns_out_old() -> None:
    made = converged(driven())
    assert plan(with_engine_that_found(made.host, "20.10.24"), settings()) == []


def with_engine_that_found(host: Described, version: str) -> Described:
    with_engine(host, version)
    host["toolkit"]["found_by_engine"] = [toolkit_paths.RUNTIME_HOOK, toolkit_paths.CDI_HOOK]
    return host


def test_a_host_of_2021_comes_out_clean_and_its_engine_is_only_reloaded() -> None:
    host = with_engine(of_2021(driven()), "20.10.24")
    steps = plan(host, settings())
    assert disrupts(steps) == {"none", "reload"}
    made = converged(host)
    assert not {"nvidia-docker2", "nvidia-container-runtime"} & made.host["packages"].keys()
    assert made.host["repositories"] == []
    assert [key["path"] for key in made.host["repository_keys"]] == [toolkit_paths.REPOSITORY_KEY]
    content = made.host["daemon_config"]["content"]
    assert content == {
        "runtimes": {"kata": {"path": "/opt/kata"}, "nvidia": {"path": "nvidia-container-runtime"}},
        "log-opts": {"max-size": "9m"},
    }
    made.converge(settings(state="absent"))
    assert made.host["daemon_config"]["content"]["runtimes"] == {"kata": {"path": "/opt/kata"}}


def test_a_default_runtime_of_someone_else_stays_and_is_reported() -> None:
    host = driven()
    host["daemon_config"]["content"] = {"default-runtime": "nvidia"}
    made = converged(host)
    assert made.host["daemon_config"]["content"]["default-runtime"] == "nvidia"
    assert any("default runtime" in warning for warning in status(made.host, settings())["warnings"])
    assert any("default-runtime" in reason for reason in errors(made.host, settings(state="absent")))


TAMPERINGS: dict[str, tuple[str, Callable[[Described], Any]]] = {
    "runtime dropped": ("daemon_config", lambda h: h["daemon_config"]["content"].pop("runtimes")),
    "feature dropped": ("daemon_config", lambda h: h["daemon_config"]["content"].pop("features")),
    "memory lost": ("daemon_config", lambda h: h["daemon_config"].update(state={})),
    "hold removed": ("hold", lambda h: h["packages"]["libnvidia-container1"].update(held=False)),
    "package removed": ("packages", lambda h: h["packages"].pop("nvidia-container-toolkit")),
    "half configured": ("packages", lambda h: h["packages"]["libnvidia-container1"].update(state="half-configured")),
    "all half configured": ("packages", lambda h: [h["packages"][name].update(state="half-configured")
                                                   for name in toolkit_paths.PACKAGES]),
    "one downgraded": ("packages", lambda h: h["packages"].update({"libnvidia-container1": package("1.19.1-1")})),
    "unsafe version": ("packages", lambda h: [h["packages"].update({name: package("1.18.2-1", held=True)})
                                              for name in toolkit_paths.PACKAGES]),
    "refresh disabled": ("units", lambda h: h["toolkit"]["units"]["nvidia-cdi-refresh.service"].update(enabled=False)),
    "path stopped": ("units", lambda h: h["toolkit"]["units"]["nvidia-cdi-refresh.path"].update(active=False)),
    "by hand": ("cdi_by_hand", lambda h: h["toolkit"]["cdi"].append({"path": BY_HAND, "devices": [], "missing": []})),
    "specification gone": ("cdi", lambda h: h["toolkit"]["cdi"].clear()),
    "specification cut off": ("cdi", lambda h: h["toolkit"].update(cdi=[], cdi_unreadable=dict(BROKEN))),
    "specification stale": ("cdi", lambda h: h["toolkit"]["cdi"][0].update(missing=["/dev/nvidia9"])),
    "specification of others": ("cdi", lambda h: h["toolkit"]["cdi"][0].update(devices=["GPU-x"])),
    "specification empty": ("cdi", lambda h: h["toolkit"]["cdi"][0].update(devices=[])),
    "MIG layout changed": ("cdi", lambda h: h["nvidia"]["gpus"][0].update(mig_devices=[{"uuid": "MIG-9"}])),
    "key of config.toml": ("config", lambda h: h["toolkit"]["config"].clear()),
    "list written": ("foreign_repository", lambda h: h["repositories"].append(
        entry("/etc/apt/sources.list.d/nvidia-docker.list", "https://nvidia.github.io/nvidia-docker/debian11/amd64"))),
    "key removed": ("repository_key", lambda h: h["repository_keys"].clear()),
    "repository changed": ("repository", lambda h: h["files"][toolkit_paths.REPOSITORY_FILE].update(content="x")),
    "nvidia-docker2 back": ("migrate", lambda h: h["packages"].update({"nvidia-docker2": package("2.13.0-1")})),
    "dpkg killed": ("dpkg", lambda h: h.update(dpkg_interrupted=True)),
    "engine restarted too early": ("engine", lambda h: h["toolkit"].update(found_by_engine=[])),
    "restart left out": ("engine", lambda h: h["daemon_config"].update(pending="restart")),
}  # fmt: skip


@pytest.mark.parametrize("tampering", TAMPERINGS)
def test_what_people_do_to_it_is_named_and_healed(tampering: str) -> None:
    desired: Described = {"config": {"nvidia-container-cli.no-cgroups": True}}
    made = converged(with_engine(driven(), "26.1.5"), **desired)
    named, act = TAMPERINGS[tampering]
    act(made.host)
    assert named in names(plan(made.host, settings(**desired)))
    converged(made.host, **desired)


@pytest.mark.parametrize("key", COMMENTED)
def test_a_key_that_is_desired_as_it_is_by_default_is_there_when_it_is_commented_out(key: str) -> None:
    made = converged(driven())
    assert plan(made.host, settings(config={key: COMMENTED[key]})) == []
    truth = isinstance(COMMENTED[key], bool)
    other = not COMMENTED[key] if truth else "other"
    made = converged(made.host, config={key: other})
    assert made.host["toolkit"]["config"][key] == other
    assert plan(made.host, settings(config={key: COMMENTED[key]}))[0]["from"] == {key: other}
    # No text is the default too.
    converged(made.host, config={key: COMMENTED[key] if truth else ""})
    converged(made.host, config={key: COMMENTED[key]})


def test_a_lost_gpu_does_not_make_a_specification_stale() -> None:
    made = converged(driven())
    made.host["nvidia"]["gpus"].pop()
    assert plan(made.host, settings()) == []


@pytest.mark.parametrize(
    ("desired", "words"),
    [
        ({"version": "1.18.2"}, "nvidia_container_toolkit_allow_insecure"),
        ({"version": "1.9"}, "known vulnerabilities"),
        ({"version": "newest"}, "must be present, latest"),
        ({"state": "gone"}, "must be one of present, absent"),
        ({"repository_url": "https://joe:secret@mirror.example.org"}, "may hold credentials"),
        ({"repository_key_fingerprint": "AB12"}, "must be a full fingerprint"),
        ({"config": {"a b": True}}, "no key of config.toml"),
        ({"config": {"a": [1]}}, "no key of config.toml"),
    ],
)
def test_bad_settings_are_rejected_also_where_nothing_is_touched(desired: Described, words: str) -> None:
    for host in (driven(), machines.host("none")):
        reasons = errors(host, settings(**desired))
        assert len(reasons) == 1
        assert words in reasons[0]
        assert "secret" not in reasons[0]


def test_a_version_that_is_not_offered_is_rejected_once_the_index_is_known() -> None:
    assert errors(driven(), settings(version="1.99")) == []
    (step,) = [each for each in plan(driven(), settings(version="1.99")) if each["step"] == "packages"]
    assert "whether the repository has 1.99 is known once its index is updated" in step["why"]
    made = converged(driven())
    made.host["offered"] = {"nvidia-container-toolkit": ["1.20.0-1", "1.19.1-1"]}
    made.host["index"]["age_s"] = 60
    assert "the repository has 1.20.0, 1.19.1" in errors(made.host, settings(version="1.99"))[0]
    (step,) = [
        each for each in plan(made.host, settings(version="1.99", index_max_age=0)) if each["step"] == "packages"
    ]
    assert "the package index has no 1.99 yet, but 1.20.0, 1.19.1" in step["why"]


@pytest.mark.parametrize("installed", [None, "1.18.2-1", "1.20.0-1"])
def test_a_repository_that_has_only_versions_with_known_holes_is_rejected_before_it_is_used(
    installed: str | None,
) -> None:
    made = converged(driven())
    for name in toolkit_paths.PACKAGES:
        if installed:
            made.host["packages"][name] = package(installed, held=True)
        else:
            del made.host["packages"][name]
    # What is offered is not known before someone looked.
    made.host["offered"] = {}
    assert errors(made.host, settings()) == []
    made.host["offered"] = {"nvidia-container-toolkit": ["1.18.2-1", "1.17.9-1"]}
    reasons = errors(made.host, settings())
    if installed == "1.20.0-1":
        assert reasons == []
        return
    words = ("1.18.2", "nvidia_container_toolkit_repository_url", "nvidia_container_toolkit_allow_insecure: true")
    assert all(word in reasons[0] for word in words), reasons
    assert errors(made.host, settings(allow_insecure=True)) == []
    # An index that is read anew may have others.
    made.host["index"]["age_s"] = 90000
    assert errors(made.host, settings()) == []


def test_what_cannot_be_is_rejected() -> None:
    made = converged(with_engine(driven(), "26.1.5"))
    made.host["gpu_containers"] = [{"id": "1", "name": "trainer"}]
    assert "trainer" in errors(made.host, settings(state="absent"))[0]
    made.host["gpu_containers"] = None
    assert "could not be determined" in errors(made.host, settings(state="absent"))[0]
    assert errors(driven(gpu_containers=None), settings(state="absent")) == []
    made.host["toolkit"]["units"]["nvidia-cdi-refresh.path"]["masked"] = True
    assert "unmask nvidia-cdi-refresh.path" in errors(made.host, settings())[0]
    made.host["daemon_config"]["error"] = "daemon.json is not JSON"
    assert "daemon.json is not JSON" in errors(made.host, settings())
    other = driven(package_manager="dnf")
    other["distribution"].update(FEDORA)
    assert "not supported" in errors(other, settings())[0]


@pytest.mark.parametrize(
    ("content", "rejected"),
    [
        ("NVIDIA_CTK_CDI_OUTPUT_FILE_PATH=/etc/cdi/gpus.yaml\n", True),
        ("# where\n  NVIDIA_CTK_CDI_OUTPUT_FILE_PATH='/etc/cdi/gpus.yaml'\n", True),
        (
            "NVIDIA_CTK_CDI_OUTPUT_FILE_PATH=/etc/cdi/a.yaml\nNVIDIA_CTK_CDI_OUTPUT_FILE_PATH=/var/run/cdi/nvidia.yaml",
            False,
        ),
        ('NVIDIA_CTK_CDI_OUTPUT_FILE_PATH="/run/cdi/nvidia.yaml"\n', False),
        ("#NVIDIA_CTK_CDI_OUTPUT_FILE_PATH=/etc/cdi/gpus.yaml\nNVIDIA_CTK_DEBUG=1\n", False),
    ],
)
def test_a_specification_that_someone_has_written_elsewhere_is_rejected(content: str, rejected: bool) -> None:
    host = driven()
    host["files"][toolkit_paths.REFRESH_ENVIRONMENT] = {"content": content, "mode": "0644"}
    reasons = errors(host, settings())
    assert bool(reasons) is rejected
    words = (toolkit_paths.REFRESH_ENVIRONMENT, "/etc/cdi/gpus.yaml", "nvidia_container_toolkit_cdi: false")
    assert not rejected or all(word in reasons[0] for word in words)
    assert errors(host, settings(cdi=False)) == []
    assert errors(host, settings(state="absent")) == []


def test_an_engine_that_reads_another_file_would_never_know_of_the_runtime() -> None:
    host = with_engine(driven(), "29.7.2")
    host["daemon_config"]["unit_flags"] = ["--config-file=/srv/docker.json"]
    (message,) = errors(host, settings())
    assert message.startswith("nvidia_container_toolkit: docker.service starts the engine with --config-file=/srv/dock")


def test_a_specification_that_cannot_be_read_is_no_specification_that_is_not_there() -> None:
    made = converged(with_engine(driven(), "28.3.0"))
    made.host["toolkit"].update(cdi=[], cdi_unreadable=dict(BROKEN))
    (step,) = plan(made.host, settings())
    assert (step["step"], step["why"], step["from"]) == ("cdi", BROKEN[toolkit_paths.REFRESHED], "unreadable")
    # One that someone wrote is theirs to mend: no engine reads it either.
    made = converged(with_engine(driven(), "28.3.0"))
    made.host["toolkit"]["cdi_unreadable"] = {BY_HAND: f"{BY_HAND} is empty"}
    assert plan(made.host, settings()) == []


def test_a_config_toml_that_cannot_be_read_is_not_set_keys_in() -> None:
    host = driven()
    host["toolkit"].update(config={}, config_problem=f"{toolkit_paths.CONFIG} is not TOML: '=' was expected at line 3")
    config = {"nvidia-container-cli.no-cgroups": True}
    (message,) = errors(host, settings(config=config))
    assert all(
        word in message
        for word in ("nvidia_container_toolkit_config: ", toolkit_paths.CONFIG, "line 3", "fix the line")
    )
    assert errors(host, settings()) == []


def test_absent_leaves_nothing_of_it() -> None:
    made = converged(with_engine(driven(), "26.1.5"))
    steps = made.converge(settings(state="absent"))
    assert names(steps)[:2] == ["daemon_config", "engine"]
    assert names(steps).index("no_units") < names(steps).index("removed")
    assert not any(unit["active"] or unit["enabled"] for unit in made.host["toolkit"]["units"].values())
    assert not set(toolkit_paths.PACKAGES) & made.host["packages"].keys()
    assert made.host["daemon_config"]["content"] == {}
    assert made.host["toolkit"]["cdi"] == []
    assert plan(made.host, settings(state="absent")) == []


def test_a_restart_that_would_hide_images_is_an_error() -> None:
    """Someone has changed daemon.json since the engine was started."""
    host = with_engine(driven(), "28.5.2")
    held = holdings(containers={"overlay2": 3}, images={"overlay2": 2}, graph_drivers=["overlay2"])
    host["data_roots"] = {held["folder"]: held}
    host["engine"].update(data_root=held["folder"], storage_driver="overlay2", containerds_store=False)
    host["engine"].update(images=2, containers=3, live_restore=True)
    assert errors(host, settings()) == []
    host["daemon_config"]["content"] = {"features": {"containerd-snapshotter": True}}
    (message,) = errors(host, settings())
    assert "starting the engine with the current daemon.json and docker.service would replace" in message
    host["daemon_config"]["pending"] = "restart"
    assert errors(host, settings()) == []

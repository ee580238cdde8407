# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later


from __future__ import annotations

import copy
import re
import runpy
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.dockyard.gpu.plugins.module_utils._nvidia import driver_paths
from ansible_collections.dockyard.gpu.plugins.module_utils._packages.apt import sources
from ansible_collections.dockyard.gpu.plugins.plugin_utils._nvidia_driver import runtime
from ansible_collections.dockyard.gpu.plugins.plugin_utils._nvidia_driver import sources as driver_sources
from ansible_collections.dockyard.gpu.plugins.plugin_utils._nvidia_driver.plan import errors, plan, status, untouched
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils.driver_stand_in import DriverMachine
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils.hosts import Described, entry
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils.machines import (
    DISTRIBUTIONS,
    MACHINES,
    host,
    nvidia,
    settings,
)

DRIVEN = [name for name in MACHINES if name not in ("none", "wsl2", "gtx1080_rtx5090")]


def names(steps: list[Described]) -> list[str]:
    return [step["step"] for step in steps]


def installed(machine: str = "h100x8", **desired: Any) -> DriverMachine:
    made = DriverMachine(host(machine))
    made.converge(settings(reboot="if_needed", **desired))
    assert plan(made.host, settings(reboot="if_needed", **desired)) == []
    return made


@pytest.mark.parametrize("distribution", [name for name in DISTRIBUTIONS if name != "Ubuntu 26.04"])
@pytest.mark.parametrize("machine", DRIVEN)
@pytest.mark.parametrize("source", ["auto", "cuda_repository"])
def test_the_law_of_the_house(machine: str, distribution: str, source: str) -> None:
    desired = settings(source=source, reboot="if_needed")
    made = DriverMachine(host(machine, distribution))
    before = copy.deepcopy((made.host, desired))
    plan(made.host, desired)
    assert (made.host, desired) == before
    assert made.converge(desired)
    assert plan(made.host, desired) == []
    assert made.host["nvidia"]["driver"]["loaded_version"]


def test_a_bare_host_of_nvidias_repository() -> None:
    steps = plan(host("rtx4090"), settings())
    order = "repository_key repository index headers pinning packages hold nouveau load services"
    assert names(steps) == order.split()
    found = {step["step"]: step["to"] for step in steps}
    assert found["pinning"] == ["nvidia-driver-pinning-580"]
    assert found["packages"]["names"] == ["nvidia-kernel-open-dkms", "nvidia-driver-cuda"]
    assert found["headers"] == ["linux-headers-6.12.1"]
    assert found["repository_key"]["fingerprint"].startswith("02182E60")


@pytest.mark.parametrize(
    ("source", "distribution", "machine", "expected"),
    [
        ("ubuntu", "Ubuntu 24.04", "rtx4090", ["nvidia-headless-no-dkms-580-server-open", "nvidia-utils-580-server"]),
        ("ubuntu", "Ubuntu 22.04", "gtx1080", ["nvidia-headless-no-dkms-580-server", "nvidia-utils-580-server"]),
        ("graphics_drivers_ppa", "Ubuntu 24.04", "gtx1080", ["nvidia-headless-580", "nvidia-utils-580"]),
        ("cuda_repository", "Ubuntu 24.04", "rtx4090",
         ["nvidia-dkms-580-open", "libnvidia-compute-580", "nvidia-utils-580", "nvidia-compute-utils-580"]),
        ("cuda_repository", "Debian 12", "gtx1080", ["nvidia-kernel-dkms", "nvidia-driver-cuda"]),
        ("distribution", "Debian 13", "gtx1080",
         ["nvidia-kernel-dkms", "nvidia-smi", "nvidia-persistenced", "libcuda1"]),
        ("distribution", "Debian 13", "rtx4090",
         ["nvidia-open-kernel-dkms", "nvidia-smi", "nvidia-persistenced", "libcuda1", "firmware-nvidia-gsp"]),
    ],
)  # fmt: skip
def test_each_source_has_its_names(source: str, distribution: str, machine: str, expected: list[str]) -> None:
    steps = plan(host(machine, distribution), settings(source=source))
    assert next(step for step in steps if step["step"] == "packages")["to"]["names"] == expected


def test_the_fabric_manager_is_where_nvswitches_are_and_only_there() -> None:
    with_switches = next(s for s in plan(host("h100x8"), settings()) if s["step"] == "packages")
    without = next(s for s in plan(host("a100x2_mig"), settings()) if s["step"] == "packages")
    assert "nvidia-fabricmanager" in with_switches["to"]["names"]
    assert "nvidia-fabricmanager" not in without["to"]["names"]
    assert "nvlsm" not in with_switches["to"]["names"]


def test_the_switches_of_nvlink_5_have_a_manager_more() -> None:
    made = DriverMachine(host("b200x8"))
    made.host["nvidia"]["nvswitches"] = [{"pci_address": "0000:05:00.0", "kernel_driver": "mlx5_core"}]
    (step,) = [s for s in plan(made.host, settings()) if s["step"] == "packages"]
    assert step["to"]["names"][-2:] == ["nvidia-fabricmanager", "nvlsm"]
    made.converge(settings())
    made.host["packages"]["nvlsm"]["version"] = "2025.10.11-1"
    assert plan(made.host, settings()) == []
    assert made.host["packages"]["nvlsm"]["held"]


@pytest.mark.parametrize(
    ("machine", "platform", "word"),
    [
        ("none", "bare_metal", "no NVIDIA GPU"),
        ("none", "container", "no NVIDIA GPU"),
        ("h100x8", "container", "container"),
        ("wsl2", "wsl2", "Windows"),
        ("rtx4090", "jetson", "JetPack"),
        ("rtx4090", "vgpu_guest", "vGPU"),
        ("rtx4090", "vgpu_host", "vGPU"),
    ],
)
def test_where_a_driver_has_no_business_nothing_is_touched(machine: str, platform: str, word: str) -> None:
    found = host(machine, nvidia={**nvidia(machine), "platform": platform})
    assert plan(found, settings()) == []
    assert word in untouched(found, settings())
    assert word in status(found, settings())["untouched"]


def test_a_container_can_be_allowed() -> None:
    found = host("rtx4090", nvidia={**nvidia("rtx4090"), "platform": "container"})
    assert "packages" in names(plan(found, settings(allow_container=True)))


def test_gpus_for_virtual_machines_do_not_count() -> None:
    found = host("gtx1080_rtx5090")
    assert errors(found, settings())
    found["nvidia"]["gpus"][0]["kernel_driver"] = "vfio-pci"
    assert status(found, settings())["modules"] == "open"
    found["nvidia"]["gpus"][1]["kernel_driver"] = "vfio-pci"
    assert plan(found, settings()) == []
    assert "vfio-pci" in untouched(found, settings())


@pytest.mark.parametrize(("machine", "desired"), [("h100x8", {}), ("gtx1080", {"source": "cuda_repository"})])
def test_a_run_that_was_interrupted_anywhere_goes_on(machine: str, desired: dict[str, Any]) -> None:
    wanted = settings(reboot="if_needed", **desired)
    whole = len(DriverMachine(host(machine)).converge(wanted))
    assert whole > 8
    for done in range(whole):
        made = DriverMachine(host(machine))
        made.host["nvidia"]["driver"]["nouveau_loaded"] = machine == "gtx1080"
        made.converge(wanted, at_most=done)
        made.converge(wanted)
        assert plan(made.host, wanted) == [], done
        assert made.host["nvidia"]["driver"]["loaded_version"]


def test_preinstalled_looks_and_touches_nothing() -> None:
    (error,) = errors(host("rtx4090"), settings(source="preinstalled"))
    assert "no driver is installed" in error
    assert plan(installed("rtx4090").host, settings(source="preinstalled")) == []


def test_nouveau_makes_way_by_a_reboot_if_that_is_allowed() -> None:
    made = DriverMachine(host("gtx1080"))
    made.host["nvidia"]["driver"]["nouveau_loaded"] = True
    allowed = plan(made.host, settings(reboot="if_needed"))
    assert "load" not in names(allowed)
    (reboot,) = [step for step in allowed if step["step"] == "reboot"]
    assert (reboot["disrupts"], "nouveau" in reboot["why"]) == ("reboot", True)
    made.converge(settings())
    assert plan(made.host, settings()) == []
    assert "nouveau" in status(made.host, settings())["reboot_required"]
    made.converge(settings(reboot="if_needed"))
    assert made.host["nvidia"]["driver"]["loaded_version"]
    assert status(made.host, settings())["reboot_required"] == ""


def test_a_reboot_that_did_not_help_is_not_tried_again() -> None:
    made = installed("gtx1080")
    nowhere = {"loaded_version": None, "loaded_modules": None, "state": "installed", "answers": False}
    made.host["nvidia"]["driver"].update(nowhere, nouveau_loaded=True)
    made.host["nvidia"]["problems"] = [{"message": "nouveau is built in."}]
    desired = settings(reboot="if_needed")
    (reboot,) = [step for step in plan(made.host, desired) if step["step"] == "reboot"]
    made.host["files"][driver_paths.REBOOTED_FILE] = {"content": f"{reboot['why']}\n", "mode": "0644"}
    (error,) = errors(made.host, desired)
    assert "rebooted already because nouveau is loaded" in error
    assert "nouveau is built in." in error
    # A run that was cut off between its note and the reboot has not tried.
    made.host["files"][driver_paths.REBOOTING_FILE] = {"content": "", "mode": "0644"}
    assert "reboot" in names(plan(made.host, desired))
    made.host["files"][driver_paths.REBOOTING_FILE] = None
    # Another reason is another reboot, and so is another driver.
    made.host["files"][driver_paths.REBOOTED_FILE]["content"] = "no module\n"
    assert "reboot" in names(plan(made.host, desired))
    # Once the driver answers, all is as before.
    made.host["nvidia"]["driver"].update(nouveau_loaded=False)
    made.converge(desired)
    assert (made.host["files"][driver_paths.REBOOTED_FILE], plan(made.host, desired)) == (None, [])


def test_a_module_for_another_kernel_waits_for_a_reboot_and_none_at_all_does_not() -> None:
    made = installed("rtx4090")
    made.host["nvidia"]["driver"].update(
        dict.fromkeys(["loaded_version", "loaded_modules", "installed_version", "installed_modules"]),
        state="installed",
        module_kernels=["6.12.9"],
    )
    assert plan(made.host, settings()) == []
    assert status(made.host, settings())["reboot_required"].startswith("the driver has a module for the kernel 6.12.9")
    assert "reboot" in names(plan(made.host, settings(reboot="if_needed")))
    made.host["nvidia"]["driver"]["module_kernels"] = []
    assert status(made.host, settings())["reboot_required"] == ""
    assert "load" in names(plan(made.host, settings(reboot="if_needed")))
    # Nor is a driver without any module one that is loaded as installed, where nouveau has the card.
    made.host["nvidia"]["driver"]["nouveau_loaded"] = True
    assert "reboot" in names(plan(made.host, settings(reboot="if_needed")))


def test_a_driver_that_is_loaded_and_another_that_is_installed() -> None:
    made = installed()
    made.host["nvidia"]["driver"]["loaded_version"] = "570.1"
    assert names(plan(made.host, settings())) == ["reload"]
    made.host["gpu_users"] = ["nvidia-persistenced"]
    assert names(plan(made.host, settings())) == ["reload"]
    made.host["gpu_users"] = ["nvidia-persistenced", "python3"]
    assert plan(made.host, settings()) == []
    assert "python3" in status(made.host, settings())["reboot_required"]
    assert names(plan(made.host, settings(reboot="if_needed"))) == ["reboot"]


@pytest.mark.parametrize("desired", [{"branch": "595"}, {"kernel_modules": "proprietary"}])
def test_containers_with_gpus_are_named_and_not_stopped(desired: dict[str, Any]) -> None:
    made = installed()
    made.host["gpu_containers"] = [{"id": "1", "name": "trainer"}, {"id": "2", "name": "notebook"}]
    assert plan(made.host, settings()) == []
    (error,) = errors(made.host, settings(**desired))
    assert "trainer, notebook" in error
    assert "nvidia_driver_stop_gpu_containers" in error
    steps = plan(made.host, settings(stop_gpu_containers=True, **desired))
    assert {"others", "packages"} & set(names(steps))
    assert "reload" in names(steps)
    made.host["gpu_containers"] = None
    assert "could not be determined" in errors(made.host, settings(**desired))[0]


@pytest.mark.parametrize("desired", [{"branch": "595"}, {"branch": "595.71.05"}, {"kernel_modules": "proprietary"}])
def test_another_branch_or_kind_takes_the_place_of_the_old_one(desired: dict[str, Any]) -> None:
    made = installed()
    desired = {"source": "cuda_repository", **desired}
    (exchange,) = [step for step in plan(made.host, settings(**desired)) if step["step"] == "packages"]
    # apt does not exchange what others depend on while it is held.
    assert "libnvidia-compute" in exchange["to"]["released"]
    made.converge(settings(**desired))
    assert plan(made.host, settings(**desired)) == []
    assert made.host["nvidia"]["driver"]["loaded_version"].startswith(desired.get("branch", "580"))


@pytest.mark.parametrize("distribution", ["Ubuntu 24.04", "Debian 13"])
def test_driver_and_kernel_are_held_together(distribution: str) -> None:
    made = DriverMachine(host("rtx4090", distribution))
    for name in ("linux-image-generic", "nvidia-container-toolkit", "libnvidia-container1", "libc6"):
        made.install(name, "1.0")
    made.converge(settings())
    held = {name for name, package in made.host["packages"].items() if package["held"]}
    assert ("linux-image-generic" in held) is (distribution == "Ubuntu 24.04")
    assert not held & {"nvidia-container-toolkit", "libnvidia-container1", "libc6"}
    assert any("nvidia" in name for name in held)
    made.host["packages"][sorted(held)[0]]["held"] = False
    assert names(plan(made.host, settings())) == ["hold"]
    assert names(plan(made.host, settings(hold=False))) == ["unhold"]


def test_what_was_tampered_with_is_named() -> None:
    desired = settings()
    cases: list[tuple[str, Any]] = [
        ("nouveau", lambda h: h["files"].update({driver_paths.NOUVEAU_FILE: None})),
        ("initramfs", lambda h: h["nvidia_prerequisites"].update(initramfs_older_than_blacklist=True)),
        ("repository", lambda h: h["files"][driver_paths.REPOSITORY_FILE].update(mode="0600")),
        ("repository_key", lambda h: h.update(repository_keys=[])),
        ("index", lambda h: h["index"].update(files=[])),
        ("pinning", lambda h: h["packages"].pop("nvidia-driver-pinning-580")),
        ("packages", lambda h: h["packages"].pop("nvidia-driver-cuda")),
        ("headers", lambda h: h["packages"].pop("linux-headers-6.12.1")),
        ("load", lambda h: h["nvidia"]["driver"].update(loaded_version=None, loaded_modules=None, state="installed")),
        ("services", lambda h: h["nvidia_services"]["nvidia-persistenced.service"].update(enabled=False)),
        ("services", lambda h: h["nvidia_services"]["nvidia-fabricmanager.service"].update(active=False)),
        ("dpkg", lambda h: h.update(dpkg_interrupted=True)),
    ]
    for name, tamper in cases:
        made = installed()
        tamper(made.host)
        assert name in names(plan(made.host, desired)), name
        made.converge(desired)
        assert plan(made.host, desired) == [], name


def test_what_another_installation_left_of_the_repository_goes() -> None:
    """NVIDIA's cuda-keyring brings a list and a key of its own, and apt rejects one repository with two keys."""
    made = installed()
    cuda = "https://developer.download.nvidia.com/compute/cuda/repos/debian13/x86_64/"
    old_key = "/usr/share/keyrings/cuda-archive-keyring.gpg"
    made.host["repositories"] = [
        entry("/etc/apt/sources.list.d/cuda-debian13-x86_64.list", cuda, signed_by=old_key),
        entry("/etc/apt/sources.list.d/debian.list", "http://deb.example.org/debian"),
    ]
    made.host["repository_keys"].append({**copy.deepcopy(made.host["repository_keys"][0]), "path": old_key})
    assert names(plan(made.host, settings())) == ["foreign_repository", "foreign_key"]
    made.converge(settings())
    assert plan(made.host, settings()) == []
    assert [each["path"] for each in made.host["repositories"]] == ["/etc/apt/sources.list.d/debian.list"]


def test_the_persistence_daemon_of_ubuntu_is_asked_to_keep_persistence_on() -> None:
    made = installed()
    unit = made.host["nvidia_services"]["nvidia-persistenced.service"]
    command = "/usr/bin/nvidia-persistenced --user nvidia-persistenced {}persistence-mode --verbose"
    unit.update(command=command.format("--no-"), flags=command.format("--no-").split()[1:])
    (step,) = plan(made.host, settings())
    assert step["step"] == "persistence_mode"
    assert step["to"]["content"].splitlines()[2:] == ["ExecStart=", "ExecStart=" + command.format("--")]
    # What systemd tells of a drop-in that someone took away, before it looks again.
    unit.update(flags=["--persistence-mode"], needs_daemon_reload=True)
    assert names(plan(made.host, settings())) == ["persistence_mode"]
    assert set(names(plan(made.host, settings(persistence=False)))) == {"no_service"}


def test_a_drop_in_with_another_packages_user_goes() -> None:
    """Debian's daemon runs as nvpd, and has persistence on by itself; with the user of NVIDIA's it would not start."""
    made = installed()
    unit = made.host["nvidia_services"]["nvidia-persistenced.service"]
    ubuntus = runtime.persistence_drop_in("/usr/bin/nvidia-persistenced --user nvidia-persistenced")
    made.host["files"][driver_paths.PERSISTENCE_DROP_IN] = {"content": ubuntus, "mode": "0644"}
    unit.update(command="/usr/bin/nvidia-persistenced --user nvpd", flags=["--user", "nvidia-persistenced"])
    (step,) = plan(made.host, settings())
    assert (step["step"], step["to"]["content"]) == ("persistence_mode", "")
    made.converge(settings())
    assert plan(made.host, settings()) == []
    # Someone's own drop-in turns it off: then ours has the package's user.
    unit.update(flags=["--user", "nvpd", "--no-persistence-mode"])
    (step,) = plan(made.host, settings())
    assert "ExecStart=/usr/bin/nvidia-persistenced --user nvpd --persistence-mode\n" in step["to"]["content"]
    made.converge(settings())
    unit.update(flags=["--user", "nvpd", "--persistence-mode"])
    assert plan(made.host, settings()) == []


def test_a_masked_service_is_rejected_with_the_way_out() -> None:
    made = installed()
    made.host["nvidia_services"]["nvidia-persistenced.service"]["masked"] = True
    (error,) = errors(made.host, settings())
    assert "systemctl unmask nvidia-persistenced.service" in error


def test_secure_boot_warns_where_modules_are_built_on_the_host() -> None:
    for source, distribution, reported in (("auto", "Debian 13", True), ("auto", "Ubuntu 24.04", False)):
        found = host("rtx4090", distribution)
        found["nvidia"]["driver"]["secure_boot"] = True
        assert any("Secure Boot" in each for each in status(found, settings(source=source))["warnings"]) is reported


def test_a_driver_with_known_holes_warns() -> None:
    made = installed()
    made.host["nvidia"]["driver"]["user_space_version"] = "580.65.06"
    assert any("580.65.06" in each for each in status(made.host, settings())["warnings"])


def test_debians_other_components_are_found_beside_main() -> None:
    entry = {
        "path": "/etc/apt/sources.list.d/debian.sources",
        "format": "deb822",
        "types": ["deb"],
        "uris": ["http://deb.example.org/debian"],
        "credentials": False,
        "options": {},
        "suites": ["trixie", "trixie-updates"],
        "components": ["main"],
        "signed_by": "/usr/share/keyrings/debian-archive-keyring.pgp",
        "enabled": True,
    }
    desired = settings(source="distribution")
    (step,) = [s for s in plan(host("gtx1080", repositories=[entry]), desired) if s["step"] == "repository"]
    assert "Components: contrib non-free non-free-firmware\n" in step["to"]["content"]
    assert "Signed-By: /usr/share/keyrings/debian-archive-keyring.pgp\n" in step["to"]["content"]
    complete = {**entry, "components": ["main", "contrib", "non-free", "non-free-firmware"]}
    assert "repository" not in names(plan(host("gtx1080", repositories=[complete]), desired))
    # Someone else's repository for the same release, which comes first, has no contrib.
    other = {**entry, "uris": ["http://tools.example.org"], "signed_by": "/usr/share/keyrings/tools.asc"}
    for more in ([other, entry], [{**other, "components": complete["components"]}, entry]):
        (step,) = [s for s in plan(host("gtx1080", repositories=more), desired) if s["step"] == "repository"]
        assert "URIs: http://deb.example.org/debian\n" in step["to"]["content"]
    assert "repository" not in names(plan(host("gtx1080", repositories=[other, complete]), desired))


DEBIANS = {
    "debian.sources": (
        "Types: deb deb-src\nURIs: https://mirror.example.org/debian\nSuites: trixie trixie-updates\nComponents: main\n"
        "Architectures: amd64\nCheck-Valid-Until: no\nLanguages-Add:\n de\n fr\nEnabled: yes\n"
        "signed-by:\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n mDMEZ \n  x\n \n -----END PGP PUBLIC KEY BLOCK-----\n",
        "Types: deb\nURIs: https://mirror.example.org/debian\nSuites: trixie trixie-updates\n"
        "Components: contrib non-free non-free-firmware\n"
        "Architectures: amd64\nCheck-Valid-Until: no\nLanguages-Add:\n de\n fr\n"
        "Signed-By:\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n mDMEZ \n  x\n \n -----END PGP PUBLIC KEY BLOCK-----\n",
    ),
    "debian.list": (
        "deb [arch=amd64,arm64 lang+=de signed-by=/a.gpg,/b.gpg check-valid-until=no] http://mirror.example.org trixie "
        "main",
        "Types: deb\nURIs: http://mirror.example.org\nSuites: trixie\nComponents: contrib non-free non-free-firmware\n"
        "Architectures: amd64 arm64\nLanguages-Add: de\ncheck-valid-until: no\nSigned-By: /a.gpg,/b.gpg\n",
    ),
}


@pytest.mark.parametrize("name", DEBIANS)
def test_debians_own_entry_is_copied_whole(name: str) -> None:
    before, after = DEBIANS[name]
    entries = sources.entries(f"/etc/apt/sources.list.d/{name}", before)
    desired = settings(source="distribution")
    (step,) = [s for s in plan(host("gtx1080", repositories=entries), desired) if s["step"] == "repository"]
    assert step["to"]["content"] == driver_sources.MARK + after


@pytest.mark.parametrize("name", DEBIANS)
def test_a_mirror_with_a_password_is_an_error_with_the_way_out(name: str) -> None:
    text = re.sub("://", "://joe:opensesame@", DEBIANS[name][0])
    entries = sources.entries(f"/etc/apt/sources.list.d/{name}", text)
    assert "opensesame" not in str(entries)
    found = errors(host("gtx1080", repositories=entries), settings(source="distribution"))
    assert len(found) == 1
    for part in ("nvidia_driver_source: ", f"/etc/apt/sources.list.d/{name}", "/etc/apt/auth.conf.d"):
        assert part in found[0]
    # Where nothing is missing, nothing is copied; nor where another entry of Debian's has no password.
    complete = re.sub(r"\bmain\b", "main contrib non-free non-free-firmware", text)
    whole = sources.entries(f"/etc/apt/sources.list.d/{name}", complete)
    assert errors(host("gtx1080", repositories=whole), settings(source="distribution")) == []
    beside = [*entries, *sources.entries(f"/etc/apt/sources.list.d/other-{name}", DEBIANS[name][0])]
    assert errors(host("gtx1080", repositories=beside), settings(source="distribution")) == []


def test_the_page_about_choices_is_what_the_code_does() -> None:
    page = runpy.run_path(str(Path(__file__).parents[4] / "tools" / "driver_table.py"))
    assert page["PAGE"].read_text() == page["page"](), "run tests/tools/driver_table.py"


RECORD = {"content": "4f1c 2026-11-30T08:52:28.3Z trainer\n5a2d\n", "mode": "0644"}


@pytest.mark.parametrize("desired", [{}, {"source": "preinstalled"}])
@pytest.mark.parametrize("platform", ["bare_metal", "vgpu_guest"])
def test_containers_that_an_earlier_run_stopped_come_back_last(desired: Described, platform: str) -> None:
    found = host("h100x8")
    found["nvidia"]["platform"] = platform
    found["nvidia"]["driver"]["state"] = "loaded"
    found["files"][driver_paths.STOPPED_FILE] = RECORD
    found["engine"]["running"] = True
    last = plan(found, settings(**desired))[-1]
    assert (last["step"], last["from"], last["disrupts"]) == ("containers", ["trainer", "5a2d"], "none")


def test_containers_wait_for_an_engine_that_runs_and_are_reported() -> None:
    found = host("h100x8")
    found["files"][driver_paths.STOPPED_FILE] = RECORD
    assert "containers" not in names(plan(found, settings()))
    assert any("trainer, 5a2d were stopped" in each for each in status(found, settings())["warnings"])


def test_a_container_that_would_be_removed_by_being_stopped_is_not_stopped() -> None:
    found = host("h100x8")
    found["nvidia"]["driver"].update(state="loaded", loaded_version="580.1", installed_version="580.2", answers=True)
    found["gpu_containers"] = [{"id": "1", "name": "passing", "auto_remove": True}]
    (reason,) = errors(found, settings(stop_gpu_containers=True))
    assert "passing run with --rm" in reason
    found["gpu_containers"] = [{"id": "1", "name": "passing", "auto_remove": False}]
    assert errors(found, settings(stop_gpu_containers=True)) == []


@pytest.mark.parametrize(
    ("orchestrator", "way_out"), [("Swarm", "docker node update"), ("Kubernetes", "kubectl drain")]
)
@pytest.mark.parametrize("stop", [True, False])
def test_a_container_in_whose_place_another_would_be_started_is_not_stopped(
    orchestrator: str, way_out: str, stop: bool
) -> None:
    found = host("h100x8")
    found["nvidia"]["driver"].update(state="loaded", loaded_version="580.1", installed_version="580.2", answers=True)
    found["gpu_containers"] = [{"id": "1", "name": "task.1", "auto_remove": False, "orchestrator": orchestrator}]
    (reason,) = errors(found, settings(stop_gpu_containers=stop))
    assert f"task.1 run with GPUs for {orchestrator}" in reason
    assert way_out in reason

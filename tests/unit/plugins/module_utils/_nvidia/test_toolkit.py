# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is read of the container toolkit's files."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.dockyard.gpu.plugins.module_utils._common.prober import Prober
from ansible_collections.dockyard.gpu.plugins.module_utils._nvidia import toolkit, toolkit_paths

CONFIG = """#accept-nvidia-visible-devices-envvar-when-unprivileged = true
disable-require = false
supported-driver-capabilities = "compute,utility"

[nvidia-container-cli]
environment = []
#no-cgroups = false
load-kmods = true

[nvidia-container-runtime.modes.cdi]
spec-dirs = ["/etc/cdi", "/var/run/cdi"]
"""
SPECIFICATION = """---
cdiVersion: 0.5.0
kind: nvidia.com/gpu
devices:
    - name: "0"
      containerEdits:
        deviceNodes:
            - path: /dev/null
    - name: GPU-1
      containerEdits:
        deviceNodes:
            - path: {missing}/nvidia9
containerEdits:
    hooks:
        - hookName: createContainer
          path: /bin/sh
    mounts:
        - hostPath: {missing}/lib.so.580
          containerPath: /lib.so.580
"""
# Another generator sorts its keys.
SORTED = """cdiVersion: 0.5.0
devices:
- containerEdits:
    deviceNodes:
    - path: /dev/null
  name: "0:1"
kind: nvidia.com/gpu
"""


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "cdi").mkdir()
    (tmp_path / "bin").mkdir()
    monkeypatch.setattr(toolkit_paths, "CDI_FOLDERS", (str(tmp_path / "cdi"), str(tmp_path / "none")))
    monkeypatch.setattr(toolkit_paths, "CONFIG", str(tmp_path / "config.toml"))
    monkeypatch.setattr(toolkit_paths, "FOUND", str(tmp_path / "found"))
    monkeypatch.setattr(toolkit, "_FOLDERS", str(tmp_path / "bin"))
    return tmp_path


def program(root: Path, name: str, body: str = "exit 0") -> Path:
    path = root / "bin" / name
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return path


def engine(seconds_ago: float) -> dict[str, object]:
    ticks = (time.clock_gettime(time.CLOCK_BOOTTIME) - seconds_ago) * os.sysconf("SC_CLK_TCK")
    return {"pid": 7, "start_ticks": int(ticks), "boot_id": "b"}


def read(prober: Prober | None = None) -> dict[str, Any]:
    found: dict[str, Any] = toolkit.toolkit(prober or Prober(), {}, {}, None)
    return found


@pytest.mark.parametrize(
    "header",
    [
        "[nvidia-container-cli]",
        "[nvidia-container-cli] # comment",
        " [ nvidia-container-cli ]\t#x",
        '["nvidia-container-cli"]',
    ],
)
def test_keys_of_config_toml_go_by_their_tables(root: Path, header: str) -> None:
    (root / "config.toml").write_text(CONFIG.replace("[nvidia-container-cli]", header))
    prober = Prober()
    assert read(prober)["config"] == {
        "disable-require": False,
        "supported-driver-capabilities": "compute,utility",
        "nvidia-container-cli.environment": [],
        "nvidia-container-cli.load-kmods": True,
        "nvidia-container-runtime.modes.cdi.spec-dirs": ["/etc/cdi", "/var/run/cdi"],
    }
    assert (prober.problems, read()["config_problem"]) == ([], "")


def test_a_config_toml_that_cannot_be_read_is_a_problem_that_names_it_and_the_line(root: Path) -> None:
    (root / "config.toml").write_text("[nvidia-container-cli]\nload-kmods = yes\n")
    prober = Prober()
    found = read(prober)
    assert (found["config"], found["config_problem"]) == (
        {},
        f"{root}/config.toml is not TOML: yes is no value; a text has quotes at line 2",
    )
    assert [(each["code"], each["message"]) for each in prober.problems] == [
        ("toolkit_config_unreadable", found["config_problem"])
    ]


def test_specifications_say_what_they_name_and_what_of_it_is_not_there(root: Path) -> None:
    folder = root / "cdi"
    (folder / "nvidia.yaml").write_text(SPECIFICATION.format(missing=root / "gone"))
    (folder / "sorted.yaml").write_text(SORTED)
    (folder / "other.yaml").write_text(SORTED.replace("nvidia.com/gpu", "intel.com/gpu"))
    # No engine reads these.
    (folder / "nvidia.yaml.dockyard~").write_text(SORTED)
    (folder / "nvidia.yml").write_text(SORTED)
    found = read()
    assert found["cdi"] == [
        {
            "path": str(folder / "nvidia.yaml"),
            "devices": ["0", "GPU-1"],
            "missing": [f"{root}/gone/nvidia9", f"{root}/gone/lib.so.580"],
        },
        {"path": str(folder / "sorted.yaml"), "devices": ["0:1"], "missing": []},
    ]
    assert found["cdi_unreadable"] == {}


def test_a_specification_that_cannot_be_read_is_a_problem_that_names_it(root: Path) -> None:
    (root / "cdi/nvidia.yaml").write_text(SPECIFICATION + "  unquoted: a: b\n")
    (root / "cdi/a.json").write_text('{"kind": "nvidia.com/gpu", "devices": [')
    prober = Prober()
    found = read(prober)
    assert (found["cdi"], set(found["cdi_unreadable"])) == ([], {f"{root}/cdi/nvidia.yaml", f"{root}/cdi/a.json"})
    assert [each["code"] for each in prober.problems] == ["cdi_unreadable"] * 2
    assert sorted(each["message"].split()[0] for each in prober.problems) == sorted(found["cdi_unreadable"])


def test_a_host_without_any_of_it(root: Path) -> None:
    prober = Prober()
    found = toolkit.toolkit(prober, {}, {}, None)
    assert found == {**toolkit.NOTHING, "owns_daemon_json": found["owns_daemon_json"]}
    assert prober.problems == []


def test_an_engine_finds_what_was_there_when_it_started(root: Path) -> None:
    hook = program(root, toolkit_paths.RUNTIME_HOOK)
    late = toolkit.toolkit(Prober(), {}, {}, engine(seconds_ago=600))
    assert late["engine"].startswith("7-")
    assert late["found_by_engine"] == []
    early = toolkit.toolkit(Prober(), {}, {}, engine(seconds_ago=-1))
    assert early["found_by_engine"] == [toolkit_paths.RUNTIME_HOOK]
    # It had found another one in the same place.
    same = engine(seconds_ago=600)
    (root / "found").write_text(f"7-{same['start_ticks']}-b {toolkit_paths.RUNTIME_HOOK}\n")
    recorded = toolkit.toolkit(Prober(), {}, {}, same)
    assert recorded["found_by_engine"] == [toolkit_paths.RUNTIME_HOOK]
    assert (recorded["found_is_recorded"], late["found_is_recorded"]) == (True, False)
    assert toolkit.toolkit(Prober(), {}, {}, engine(seconds_ago=300))["found_by_engine"] == []
    # What cannot be run is found by no one.
    hook.chmod(0o644)
    assert toolkit.toolkit(Prober(), {}, {}, same)["found_by_engine"] == []


def test_only_a_toolkit_that_no_package_brought_is_run_for_its_version(root: Path) -> None:
    program(root, "nvidia-ctk", "echo 'NVIDIA Container Toolkit CLI version 1.17.8'; echo 'commit: x'")
    assert toolkit.toolkit(Prober(), {}, {}, None)["version"] == "1.17.8"
    packaged: dict[str, dict[str, str]] = {"nvidia-container-toolkit-base": {}}
    assert toolkit.toolkit(Prober(), packaged, {}, None)["version"] is None

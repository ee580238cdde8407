# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A CDI specification in every form in which people and programs write it, before every reader of one."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.dockyard.gpu.plugins.module_utils._common.prober import Prober
from ansible_collections.dockyard.gpu.plugins.module_utils._docker import workloads
from ansible_collections.dockyard.gpu.plugins.module_utils._nvidia import gpus, toolkit_paths
from ansible_collections.dockyard.gpu.plugins.module_utils._nvidia import toolkit as nvidia_toolkit
from ansible_collections.dockyard.gpu.plugins.module_utils._verify import expectation

GPU = "GPU-5c1ad2e1-8b5c-2b3e-9b0a-0123456789ab"


def specification(there: Path, kind: str = "nvidia.com/gpu") -> dict[str, Any]:
    return {
        "cdiVersion": "0.5.0",
        "kind": kind,
        "annotations": {"who": "a person: it's #1"},
        "devices": [
            {"name": name, "containerEdits": {"deviceNodes": [{"path": "/dev/only/in/it", "hostPath": str(there)}]}}
            for name in ("0", GPU, "all")
        ],
        "containerEdits": {
            "env": ["NVIDIA_VISIBLE_DEVICES=void"],
            "deviceNodes": [{"path": "/dev/null"}],
            "hooks": [{"hookName": "createContainer", "path": "/bin/sh", "args": ["sh", "--folder", "/not/asked/for"]}],
            "mounts": [{"hostPath": "/bin/sh", "containerPath": "/nowhere", "options": ["ro", "nosuid"]}],
        },
    }


# What some people write where others leave it to a program.
BY_HAND = """---  # ours
"kind": 'nvidia.com/gpu'   # of NVIDIA
cdiVersion: 0.5.0
devices:
- {{name: "0", containerEdits: {{deviceNodes: [{{path: /dev/only/in/it, hostPath: {there}}}]}}}}
- name: {gpu}
  containerEdits:
    deviceNodes:
    -   path: /dev/only/in/it
        hostPath: {there}
-
  containerEdits: {{}}
  name: all
containerEdits: {{deviceNodes: [{{path: /dev/null}}], mounts: [
  {{hostPath: /bin/sh, containerPath: /nowhere}},
  ], hooks: [{{path: "/bin/sh"}}]}}
...
"""
FORMS: dict[str, Callable[[Any], str]] = {
    "block": lambda found: yaml.safe_dump(found, sort_keys=False),
    "sorted": yaml.safe_dump,
    "quoted": lambda found: yaml.safe_dump(found, default_style='"'),
    "quoted singly, narrow": lambda found: yaml.safe_dump(found, default_style="'", width=20),
    "flow": lambda found: yaml.safe_dump(found, default_flow_style=True),
    "flow in one line": lambda found: yaml.safe_dump(found, default_flow_style=True, width=100000),
    "with its document's marks": lambda found: yaml.safe_dump(found, explicit_start=True, explicit_end=True),
    "json": json.dumps,
    "json without blanks": lambda found: json.dumps(found, separators=(",", ":")),
    "json with slashes as PHP writes them": lambda found: json.dumps(found).replace("/", "\\/"),
    "json, pretty": lambda found: json.dumps(found, indent=2),
    "json, pretty, with tabs": lambda found: json.dumps(found, indent="\t", sort_keys=True),
    "ends of lines as on Windows": lambda found: yaml.safe_dump(found).replace("\n", "\r\n"),
    "a mark of its encoding": lambda found: "\ufeff" + yaml.safe_dump(found),
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cdi"
    folder.mkdir()
    monkeypatch.setattr(toolkit_paths, "CDI_FOLDERS", (str(folder),))
    monkeypatch.setattr(toolkit_paths, "CONFIG", str(tmp_path / "config.toml"))
    return folder


def seen(folder: Path) -> list[Any]:
    """What each reader says: the facts, the containers' facts, the smoke test."""
    prober = Prober()
    toolkit = nvidia_toolkit.toolkit(prober, {}, {}, None)
    names = workloads._cdi_devices(prober, {"CDISpecDirs": [str(folder)]})
    truth = expectation.truth(gpus.NOTHING)
    return [toolkit["cdi"], names, truth.specifications, truth.unreadable, [each["code"] for each in prober.problems]]


@pytest.mark.parametrize("suffix", ["yaml", "json"])
@pytest.mark.parametrize("form", [*FORMS, "by hand"])
def test_every_reader_sees_a_specification_in_every_form(folder: Path, form: str, suffix: str) -> None:
    there = folder / "there"
    there.touch()
    path = folder / f"nvidia.{suffix}"
    found = specification(there)
    text = BY_HAND.format(there=there, gpu=GPU) if form == "by hand" else FORMS[form](found)
    path.write_text(text, newline="")
    host = [str(there), "/dev/null", "/bin/sh"]
    devices, names, truth, unreadable, problems = seen(folder)
    assert devices == [{"path": str(path), "devices": ["0", GPU, "all"], "missing": []}]
    assert names == sorted(["0", GPU, "all"])
    assert {place: sorted(paths) for place, paths in truth.items()} == {str(path): sorted(host)}
    assert (unreadable, problems) == ({}, [])
    # And what is not there is missed.
    there.unlink()
    assert seen(folder)[0][0]["missing"] == [str(there)]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "kind", ["intel.com/gpu", "amd.com/gpu", "nvidia.com/gpus", "nvidia.com/gpu-management", "x.nvidia.com/gpu"]
)
def test_specifications_of_others_are_not_of_nvidias_gpus(folder: Path, form: str, kind: str) -> None:
    (folder / "other.yaml").write_text(FORMS[form](specification(folder, kind)), newline="")
    assert seen(folder) == [[], [], {}, {}, []]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n# nothing\n",
        b"<html><body>502</body></html>",
        b"kind: nvidia.com/gpu\ndevices:\n  - name: '0\n",
        b'{"kind": "nvidia.com/gpu", "devices": [{"name": "0"',
        b"kind: nvidia.com/gpu\n devices: []\n",
        b"kind: nvidia.com/gpu\nkind: intel.com/gpu\n",
        b"kind: nvidia.com/gpu\n\tdevices: []\n",
        b"kind: &k nvidia.com/gpu\nother: *k\n",
        b"- kind: nvidia.com/gpu\n",
        b"kind: [nvidia.com/gpu]\n",
        b"cdiVersion: 0.5.0\n",
        b"kind: nvidia.com/gpu\n---\nkind: nvidia.com/gpu\n",
        b"kind: nvidia.com/gpu\xff\n",
        b"[" * 5000,
        b"- " * 5000,
        b'{"a":' * 5000,
    ],
)
@pytest.mark.parametrize("suffix", ["yaml", "json"])
def test_what_cannot_be_read_is_a_problem_that_names_the_file(folder: Path, content: bytes, suffix: str) -> None:
    path = folder / f"nvidia.{suffix}"
    path.write_bytes(content)
    devices, names, truth, unreadable, problems = seen(folder)
    assert (devices, names, truth) == ([], [], {})
    assert list(unreadable) == [str(path)]
    assert unreadable[str(path)].startswith(f"{path} is no")
    assert problems == ["cdi_unreadable"]


def test_what_is_no_file_is_a_problem_and_what_is_gone_is_none(folder: Path) -> None:
    (folder / "nvidia.yaml").mkdir()
    os.symlink("gone", folder / "dangling.yaml")
    os.mkfifo(folder / "pipe.json")
    assert set(seen(folder)[3]) == {str(folder / "nvidia.yaml"), str(folder / "pipe.json")}


@pytest.mark.parametrize(
    "odd",
    [
        {"devices": "x", "containerEdits": []},
        {"devices": [1, None, {"name": 7}, {"name": "a\nb"}, {"containerEdits": "x"}], "containerEdits": {"mounts": 3}},
        {"containerEdits": {"deviceNodes": [None, {"path": 3}, {"path": "relative"}], "hooks": {"path": "/x"}}},
    ],
)
def test_no_shape_is_too_strange(folder: Path, odd: dict[str, Any]) -> None:
    (folder / "nvidia.json").write_text(json.dumps({"kind": "nvidia.com/gpu", **odd}))
    assert seen(folder)[0][0]["missing"] == []

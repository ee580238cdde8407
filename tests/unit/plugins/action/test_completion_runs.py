# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""gpu_info and host_info as playbooks run them: the real modules on this machine, whose GPUs are files in a folder."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.dockyard.gpu.tests.unit.playbooks.stand_ins import ROOT, Outcome, Site
from ansible_collections.dockyard.gpu.tests.unit.plugins.module_utils.gpu_machine import Machine, row
from ansible_collections.dockyard.gpu.tests.unit.plugins.modules.documented import documented

VERSION = "580.178.04"
ADDRESS = "0000:18:00.0"
HOSTILE = "[GPU requires reset] {{ lookup('pipe', 'echo run') }}"
MAIN = 'if __name__ == "__main__":'
DOCUMENTED = documented("gpu_info")["RETURN"]


class Play:
    """A task of a playbook on this machine, and the results that it registered."""

    def __init__(self, folder: Path) -> None:
        with pytest.MonkeyPatch.context() as patch:
            (folder / "machine").mkdir()
            self.machine = Machine(folder / "machine", patch)
        (folder / "site").mkdir()
        self.site = Site(folder / "site")
        modules = self.site.folder / "ansible_collections/dockyard/gpu/plugins/modules"
        for name in ("gpu_info", "host_info"):
            source = (ROOT / "plugins" / "modules" / f"{name}.py").read_text()
            assert source.count(MAIN) == 1
            (modules / f"{name}.py").unlink()
            (modules / f"{name}.py").write_text(source.replace(MAIN, self._below_the_folder() + MAIN))

    def _below_the_folder(self) -> str:
        lines = []
        for module, values in self.machine.places().items():
            package, _dot, name = module.__name__.rpartition(".")
            lines.append(f"from {package} import {name}")
            lines += [f"{name}.{constant} = {value!r}" for constant, value in values.items()]
        return "\n".join([*lines, "", ""])

    def run(self, module: str, *arguments: str, **task: Any) -> Outcome:
        self.results = self.site.folder / "results.json"
        tasks = [
            {f"dockyard.gpu.{module}": {}, "register": "answer", **task},
            {
                "ansible.builtin.copy": {
                    "content": "{{ {'answer': answer, 'facts': ansible_facts.dockyard_host | default({})} | to_json }}",
                    "dest": str(self.results),
                    "mode": "0600",
                },
                "check_mode": False,
                "diff": False,
                "no_log": True,
            },
        ]
        playbook = self.site.folder / "play.yml"
        playbook.write_text(yaml.safe_dump([{"hosts": "all", "gather_facts": False, "tasks": tasks}]))
        path = f"{self.machine.bin}:{os.environ['PATH']}"
        return self.site.play(str(playbook), "here", *arguments, PATH=path)

    def answer(self, module: str, *arguments: str, **task: Any) -> dict[str, Any]:
        done = self.run(module, *arguments, **task)
        assert done.rc == 0, done.text
        found: dict[str, Any] = json.loads(self.results.read_text())
        return found


@pytest.fixture
def play(tmp_path: Path) -> Play:
    return Play(tmp_path)


@pytest.fixture
def lost(play: Play) -> Play:
    """Two H100 with a driver, one of which it has lost."""
    play.machine.device(ADDRESS, "0x2330", "nvidia")
    play.machine.device("0000:19:00.0", "0x2330", "nvidia")
    play.machine.loaded(VERSION)
    play.machine.installed(VERSION)
    play.machine.libraries(VERSION)
    play.machine.answers(row(VERSION, pci__bus_id=f"0000{ADDRESS}", index="0", name="NVIDIA H100 80GB HBM3"))
    play.machine.program("dmesg", "echo 'NVRM: Xid (PCI:0000:19:00): 79, GPU has fallen off the bus.'")
    return play


@pytest.mark.parametrize("arguments", [(), ("--check", "--diff"), ("-vvv",)], ids=["run", "check", "verbose"])
def test_gpu_info_answers_as_documented(lost: Play, arguments: tuple[str, ...]) -> None:
    found = lost.answer("gpu_info", *arguments)["answer"]
    assert set(DOCUMENTED) <= set(found)
    assert "evidence" not in found
    assert not found["changed"]
    assert [(gpu["name"], gpu["architecture"]) for gpu in found["gpus"]] == [("H100 SXM5 80GB", "hopper")] * 2
    assert {name for gpu in found["gpus"] for name in gpu} == set(DOCUMENTED["gpus"]["contains"])
    assert [(each["code"], each["pci_address"]) for each in found["problems"]] == [
        ("gpu_lost", "0000:19:00.0"),
        ("xid_79", "0000:19:00.0"),
    ]
    assert all(set(each) == set(DOCUMENTED["problems"]["contains"]) for each in found["problems"])
    assert "Reboot the host" in found["problems"][1]["remedy"]


def test_the_fact_is_complete_and_what_is_registered_too(lost: Play) -> None:
    found = lost.answer("host_info")
    nvidia = found["facts"]["nvidia"]
    assert found["answer"]["ansible_facts"]["dockyard_host"]["nvidia"] == nvidia
    assert set(nvidia) == {"gpus", "nvswitches", "driver", "platform", "problems"}
    assert [gpu["name"] for gpu in nvidia["gpus"]] == ["H100 SXM5 80GB"] * 2
    assert [each["code"] for each in nvidia["problems"]] == ["gpu_lost", "xid_79"]


def test_a_host_without_gpus_has_the_same_keys(play: Play) -> None:
    found = play.answer("gpu_info")["answer"]
    assert set(DOCUMENTED) <= set(found)
    assert (found["gpus"], found["problems"]) == ([], [])


def test_what_a_host_says_is_text_and_nothing_else(lost: Play) -> None:
    lost.machine.write("said", f"0, {HOSTILE}, 0000{ADDRESS}\n")
    lost.machine.program("nvidia-smi", f"cat {lost.machine.root}/said")
    found = lost.answer("host_info")["facts"]["nvidia"]
    assert HOSTILE in found["problems"][0]["message"]


def test_async_is_an_error_that_says_so(lost: Play) -> None:
    done = lost.run("gpu_info", **{"async": 30, "poll": 1})
    assert done.rc != 0
    assert "This action (dockyard.gpu.gpu_info) does not support async." in done.text


def test_no_log_hides_what_is_found(lost: Play) -> None:
    done = lost.run("gpu_info", "-vvv", no_log=True)
    assert done.rc == 0
    assert "fell off the bus" not in done.text
    assert "H100" not in done.text


def test_a_rejected_option_is_the_modules_own_error(play: Play) -> None:
    done = play.run("gpu_info", **{"dockyard.gpu.gpu_info": {"timeout": 0}})
    assert done.rc != 0
    assert "timeout: must be a number of seconds above 0" in done.text

# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs that do not wait for apt's lock, as the roles call them; the programs are stand-ins."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
LOCKED = "E: Could not get lock /var/lib/dpkg/lock-frontend."
# The first call finds the lock taken, and one about what is broken goes wrong.
PROGRAM = f"""#!/bin/sh
echo "$(basename "$0") $*" >> asked
case "$*" in *broken*) echo "Err: in the middle"; echo "E: held broken packages" >&2; exit 1;; esac
[ -e free ] || {{ touch free; echo "{LOCKED}" >&2; exit STATUS; }}
"""


def run(
    folder: Path, tasks: list[Any], name: str, status: int = 100, **variables: Any
) -> subprocess.CompletedProcess[str]:
    program = folder / "bin" / name
    program.parent.mkdir()
    program.write_text(PROGRAM.replace("STATUS", str(status)))
    program.chmod(0o755)
    (folder / "asked").touch()
    play = {
        "hosts": "localhost",
        "connection": "local",
        "gather_facts": False,
        "environment": {"PATH": f"{program.parent}:{os.environ['PATH']}"},
        "vars": {"ansible_python_interpreter": sys.executable, **variables},
        "tasks": tasks,
    }
    (folder / "play.yml").write_text(json.dumps([play]))
    return subprocess.run(
        [sys.executable, "-m", "ansible", "playbook", "play.yml"],
        env={**os.environ, "ANSIBLE_LOCAL_TEMP": str(folder), "PWD": str(folder)},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_hold_waits_for_the_lock_and_a_release_that_fails_is_reported(tmp_path: Path) -> None:
    tasks = [{"ansible.builtin.include_role": {"name": "dockyard.gpu.common", "tasks_from": "holds"}}]
    done = run(
        tmp_path,
        tasks,
        "apt-mark",
        _common_hold=["libcuda1", "libcuda1:i386"],
        _common_release=["broken"],
        _common_role="nvidia_driver",
        _common_records_holds=False,
        _common_lock_timeout=5,
    )
    hold = "apt-mark hold libcuda1 libcuda1:i386"
    assert (tmp_path / "asked").read_text().splitlines() == [hold, hold, "apt-mark unhold broken"], done.stdout
    reported = (
        "The holds of libcuda1, libcuda1:i386, broken could not be changed: E: held broken packages. Mend it, and run"
    )
    assert reported in done.stdout


@pytest.mark.parametrize("status", [100, 0])
def test_ubuntu_drivers_waits_for_the_lock_and_tells_what_went_wrong(tmp_path: Path, status: int) -> None:
    """It ends with 0 also where apt finds the lock taken."""
    tasks = yaml.safe_load((ROOT / "roles/nvidia_driver/tasks/ubuntu_drivers.yml").read_text())
    facts = {"dockyard_host": {"kernel": {"release": "6.8.0-40-generic"}, "repositories": []}, "cacheable": True}
    # Without the first one, which installs the program.
    tasks = [{"ansible.builtin.set_fact": facts}, *tasks[1:]]
    twice = [
        {"block": tasks[1:], "vars": {"_nvidia_driver_arguments": {"drivers": drivers}}}
        for drivers in ("nvidia:580", "nvidia:broken")
    ]
    done = run(tmp_path, [tasks[0], *twice], "ubuntu-drivers", status, _nvidia_driver_desired={"lock_timeout": 5})
    install = "ubuntu-drivers install --gpgpu nvidia:"
    assert (tmp_path / "asked").read_text().splitlines() == [
        f"{install}580",
        f"{install}580",
        f"{install}broken",
    ], done.stdout
    said = f"`{install}broken` failed: Err: in the middle: E: held broken packages. Where it finds no driver"
    assert done.stdout.count(said) == 1, done.stdout
    assert "set nvidia_driver_source: cuda_repository" in done.stdout


def test_configuration_that_an_administrator_changed_stays(tmp_path: Path) -> None:
    """dpkg deletes what it purges, changed or not."""
    paths = {name: tmp_path / name for name in ("changed.toml", "as it came", "gone", "obsolete", "of others")}
    for path in paths.values():
        path.write_text("as it came")
    came = hashlib.md5(b"as it came").hexdigest()
    paths["changed.toml"].write_text("registry mirrors of ours")
    paths["gone"].unlink()
    lines = {
        "config-files containerd.io": [f" {paths['changed.toml']} {came}"],
        "config-files docker-ce": [f" {tmp_path}/obsolete {came} obsolete", f" {tmp_path}/gone {came}"],
        "config-files docker-ce-cli": [],
        "config-files others": [f" {paths['changed.toml']} {came}"],
        "installed dpkg": [f" /etc/dpkg/dpkg.cfg {came}"],
    }
    reported = "".join("\n".join([first, *rest]) + "\n" for first, rest in lines.items())
    (tmp_path / "reported").write_text(reported)
    role = ROOT / "roles/remove"
    tasks = yaml.safe_load((role / "tasks/packages.yml").read_text())
    names = [task["name"] for task in tasks]
    tasks = tasks[names.index("Find packages that left their configuration") :]
    tasks[0]["ansible.builtin.command"] = f"cat {tmp_path}/reported"
    block = tasks[-1].pop("block")[0]
    purge = block["ansible.builtin.apt"]
    tasks[-1]["ansible.builtin.debug"] = {"msg": "purged: {{ gone | join(' ') }}"}
    tasks[-1]["vars"] = {"gone": purge["name"]}
    variables = yaml.safe_load((role / "vars/main.yml").read_text())
    variables.update(
        _remove_packages={"packages": ["containerd.io", "docker-ce", "docker-ce-cli", "dpkg"]},
        _remove_arguments={"roles": ["docker_engine"]},
        ansible_facts={
            "dockyard_host": {"installed": {"configurations": {}, "gone": {}, "packages": {}}, "repositories": []}
        },
    )
    facts = {"ansible.builtin.set_fact": {**variables.pop("ansible_facts"), "cacheable": True}}
    done = run(tmp_path, [facts, *tasks], "nothing", **variables)
    assert 'purged: docker-ce docker-ce-cli"' in done.stdout, done.stdout
    assert f"{paths['changed.toml']} stay" in done.stdout
    assert "apt-get purge containerd.io" in done.stdout

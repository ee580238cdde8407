# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The collection as it is, over hosts that are stand-ins: what the facts say of them stands in a file."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

from ansible_collections.dockyard.gpu.plugins.plugin_utils._planning import collections_needed
from ansible_collections.dockyard.gpu.tests.unit.plugins.modules.documented import documented
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils.hosts import bare_host

ROOT = Path(__file__).resolve().parents[3]
# It reads the file, and nothing of this machine; it takes what it is asked as the real one does.
HOST_INFO = """
import json
from ansible.module_utils.basic import AnsibleModule
module = AnsibleModule(argument_spec=OPTIONS, supports_check_mode=True)
with open(PLACE) as stream:
    host = json.load(stream)
host["users"] = {name: True for name in module.params["wanted"]["users"]}
module.exit_json(changed=False, ansible_facts={"dockyard_host": host})
"""


class Outcome(NamedTuple):
    rc: int
    stdout: str
    stderr: str

    @property
    def text(self) -> str:
        """On one line: long ones are broken where they are shown."""
        return " ".join((self.stdout + self.stderr).split())


class Site:
    """A folder with the collection, in which host_info alone is a stand-in."""

    def __init__(self, folder: Path, **parts: Any) -> None:
        self.folder = folder
        collection = folder / "ansible_collections" / "dockyard" / "gpu"
        for place in ("playbooks", "roles", "meta", "plugins"):
            (collection / place).parent.mkdir(parents=True, exist_ok=True)
            if place != "plugins":
                (collection / place).symlink_to(ROOT / place)
        (collection / "plugins" / "modules").mkdir(parents=True)
        for path in (ROOT / "plugins").iterdir():
            if path.name != "modules":
                (collection / "plugins" / path.name).symlink_to(path)
        for path in (ROOT / "plugins" / "modules").glob("*.py"):
            (collection / "plugins" / "modules" / path.name).symlink_to(path)
        if collections_needed.missing():
            # For the playbook that asks for it beforehand: no host of these gets as far as its modules.
            needed = folder / "ansible_collections" / "community" / "docker"
            needed.mkdir(parents=True)
            (needed / "galaxy.yml").write_text("namespace: community\nname: docker\nversion: 4.0.0\n")
        module = collection / "plugins" / "modules" / "host_info.py"
        module.unlink()
        asked = documented("host_info")["DOCUMENTATION"]["options"]
        options = {name: {"type": each["type"], "no_log": "key" in name} for name, each in asked.items()}
        place = str(folder / "host.json")
        module.write_text(HOST_INFO.replace("PLACE", repr(place)).replace("OPTIONS", repr(options)))
        (folder / "host.json").write_text(json.dumps(bare_host(**parts)))

    def play(self, playbook: str, inventory: str, *arguments: str, **environment: str) -> Outcome:
        """``inventory`` is that of an INI file; its hosts are this machine."""
        path = self.folder / "inventory.ini"
        local = f"ansible_connection=local\nansible_python_interpreter={sys.executable}\ndockyard_become=false\n"
        path.write_text(f"{inventory}\n[all:vars]\n{local}")
        program = Path(sys.executable).with_name("ansible-playbook")
        done = subprocess.run(
            [str(program), "-i", str(path), playbook, *arguments],
            env={
                **{name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")},
                "ANSIBLE_COLLECTIONS_PATH": str(self.folder),
                "ANSIBLE_CALLBACK_RESULT_FORMAT": "yaml",
                "ANSIBLE_LOCAL_TEMP": str(self.folder / "tmp"),
                "ANSIBLE_NOCOLOR": "1",
                "LC_ALL": "C.UTF-8",
                "PWD": str(self.folder),
                **environment,
            },
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
        )
        return Outcome(done.returncode, done.stdout, done.stderr)

    def plans(self, inventory: str, *arguments: str) -> dict[str, dict[str, Any]]:
        """What plan.yml says of each host."""
        done = self.play(
            "dockyard.gpu.plan",
            inventory,
            "-e",
            "plan_format=json",
            *arguments,
            ANSIBLE_STDOUT_CALLBACK="dockyard.gpu.answer",
        )
        return {plan["host"]: plan for plan in json.loads(done.stdout)["hosts"]} if done.stdout.strip() else {}

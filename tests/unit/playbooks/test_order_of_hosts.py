# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host does in which order, beside hosts that have other things to do."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
# The role's table of contents is the real one; what it calls is not.
IMAGE = """
- ansible.builtin.debug:
    msg: "MADE {{ inventory_hostname }} {{ _container_image_ref }}"
"""


def made(folder: Path, **planned: list[str]) -> dict[str, list[str]]:
    role = folder / "roles" / "container_image"
    (role / "tasks").mkdir(parents=True)
    (role / "tasks" / "main.yml").symlink_to(ROOT / "roles/container_image/tasks/main.yml")
    for name in ("facts", "plan", "check_mode", "verify", "python"):
        (role / "tasks" / f"{name}.yml").write_text("[]")
    (role / "tasks" / "image.yml").write_text(IMAGE)
    hosts = {
        host: {"_container_image_plan": refs, "_container_image_refs": refs, "_container_image_now": {"todo": {}}}
        for host, refs in planned.items()
    }
    variables = {
        "ansible_connection": "local",
        "ansible_python_interpreter": sys.executable,
        "_dockyard_has_facts": True,
    }
    (folder / "inventory.json").write_text(json.dumps({"all": {"hosts": hosts, "vars": variables}}))
    play = {"hosts": "all", "gather_facts": False, "roles": ["container_image"]}
    (folder / "play.yml").write_text(json.dumps([play]))
    done = subprocess.run(
        [sys.executable, "-m", "ansible", "playbook", "-i", "inventory.json", "play.yml"],
        env={**os.environ, "ANSIBLE_LOCAL_TEMP": str(folder / "tmp"), "PWD": str(folder)},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    found = [line.partition("MADE ")[2].strip('",').split() for line in done.stdout.splitlines() if "MADE " in line]
    return {host: [image for name, image in found if name == host] for host in planned}


def test_images_are_made_in_the_order_of_their_description_on_each_host(tmp_path: Path) -> None:
    """The one host has the base already; tags that differ in case alone are two."""
    planned = {
        "has-base": ["app:1", "web:V2", "web:v2"],
        "bare": ["base:1", "app:1", "web:V2", "web:v2"],
        "same": ["app:1", "web:V2", "web:v2"],
    }
    assert made(tmp_path, **planned) == planned

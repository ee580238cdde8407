# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is no file in a file's place, and no folder in a folder's: on a host of its own, in a mount namespace."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

PLACE = "ansible_collections.dockyard.gpu.plugins.modules"
# Below the folder that is covered by an empty file system.
FILES = {
    "/etc/docker/daemon.json": "/etc/docker",
    "/var/lib/dockyard/daemon_config.json": "/var/lib/dockyard",
    "/var/lib/dockyard/docker_engine.verified": "/var/lib/dockyard",
    "/var/lib/dockyard/rollout.json": "/var/lib/dockyard",
    "/var/lib/dockyard/nvidia-driver-stopped": "/var/lib/dockyard",
    "/etc/dockyard/proxy.env": "/etc/dockyard",
    "/etc/apt/sources.list.d/docker.sources": "/etc/apt/sources.list.d",
    "/etc/apt/keyrings/docker.asc": "/etc/apt/keyrings",
    "/etc/nvidia-container-runtime/config.toml": "/etc/nvidia-container-runtime",
    "/etc/cdi/nvidia.yaml": "/etc/cdi",
    "/var/lib/dpkg/arch-native": "",
    "/etc/os-release": "",
}
FOLDERS = ("/etc/docker", "/var/lib/dockyard", "/etc/dockyard", "/etc/cdi", "/var/lib/docker")
ODD = {
    "a folder": "mkdir {path}",
    "a pipe": "mkfifo {path}",
    "a socket": "cd $(dirname {path}) && python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind(\"{name}\")'",
    "a device": "ln -s /dev/zero {path}",
    "a link loop": "ln -s {name} {path}",
    "a broken link": "ln -s nothing/there {path}",
    "no text": "head -c 999 /dev/urandom > {path}",
    "an open quote": "echo 'ID=\"debian' > {path}",
}
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        os.geteuid() != 0 or subprocess.run(["unshare", "--mount", "true"], check=False).returncode != 0,
        reason="mounts of its own are root's to make",
    ),
]


def run(module: str, setup: str, folder: Path, **arguments: Any) -> dict[str, Any]:
    """The module's answer on a host where ``setup`` has been; a traceback is none, and so is a long time."""
    arguments = {"_ansible_remote_tmp": str(folder), "_ansible_tmpdir": str(folder), **arguments}
    (folder / "args").write_text(json.dumps({"ANSIBLE_MODULE_ARGS": arguments}))
    command = f"{setup}\nexec {shlex.quote(sys.executable)} -m {PLACE}.{module} < {folder}/args"
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-ec", command], capture_output=True, text=True, timeout=60, check=False
    )
    assert "Traceback" not in done.stderr, done.stderr
    return dict(json.loads(done.stdout))


def covering(folder: str) -> str:
    return f"mkdir -p {folder}; mount -t tmpfs none {folder}" if folder else ""


def in_place(path: str, odd: str) -> str:
    made = ODD[odd].format(path=path, name=os.path.basename(path))
    if FILES.get(path):
        return f"{covering(FILES[path])}\n{made}"
    # One of the system's own, which is not taken away but covered.
    aside = "/dev/shm/odd"
    made = ODD[odd].format(path=aside, name=os.path.basename(aside))
    return f"mount -t tmpfs none /dev/shm; {made}\n[ ! -f {path} ] || [ ! -f {aside} ] || mount --bind {aside} {path}"


def is_sentence(message: str) -> bool:
    return message.isprintable() and message.rstrip().endswith((".", "!")) and "Error(" not in message


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("path", FILES)
def test_facts_name_what_is_in_a_file_s_place(tmp_path: Path, path: str, odd: str) -> None:
    result = run("host_info", in_place(path, odd), tmp_path, timeout=5)
    assert not result.get("failed"), result["msg"]
    host = result["ansible_facts"]["dockyard_host"]
    codes = {problem["code"]: problem["message"] for problem in host["problems"]}
    assert "probe_failed" not in codes, codes
    if FILES[path] and odd in ("a folder", "a pipe", "a socket", "a device", "a link loop"):
        reported = [*codes.values(), host["daemon_config"]["error"] or ""]
        # The record of a verification is named by who writes it.
        assert path.endswith(".verified") or any(path in message for message in reported), reported
        assert all(is_sentence(message) for message in reported if path in message)


@pytest.mark.parametrize("folder", FOLDERS)
@pytest.mark.parametrize("odd", ["a file", "a pipe", "a link loop", "a device"])
def test_facts_bear_what_is_in_a_folder_s_place(tmp_path: Path, folder: str, odd: str) -> None:
    parent, name = os.path.split(folder)
    # A copy of the parent's names is enough: nothing else of it is of interest here.
    make = ODD.get(odd, "touch {path}").format(path=folder, name=name)
    keep = " ".join(
        f"/etc/{each}" for each in ("os-release", "passwd", "group", "apt", "nsswitch.conf", "alternatives")
    )
    copy = f"cp -a {keep} /dev/shm/" if parent == "/etc" else "cp -a /var/lib/dpkg /dev/shm/"
    setup = f"mount -t tmpfs none /dev/shm; {copy}; mount --bind /dev/shm {parent}; {make}"
    result = run("host_info", setup, tmp_path, timeout=5)
    assert not result.get("failed"), result["msg"]
    codes = {problem["code"]: problem["message"] for problem in result["ansible_facts"]["dockyard_host"]["problems"]}
    assert "probe_failed" not in codes, codes


@pytest.mark.parametrize("odd", ["a folder", "a pipe", "a socket", "a device", "a link loop", "no text"])
@pytest.mark.parametrize("path", ["/etc/docker/daemon.json", "/var/lib/dockyard/daemon_config.json"])
def test_what_has_to_be_written_is_one_sentence(tmp_path: Path, path: str, odd: str) -> None:
    arguments = {"owner": "site", "config": {"debug": True}, "validate": False}
    result = run("daemon_config", in_place(path, odd), tmp_path, **arguments)
    assert result["failed"] is True
    assert path in result["msg"]
    assert is_sentence(result["msg"])


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("name", ["Dockerfile", ".dockerignore", "context", "Dockerfile.dockerignore"])
def test_what_is_built_is_one_sentence(tmp_path: Path, name: str, odd: str) -> None:
    context = tmp_path / "context"
    context.mkdir()
    (context / "Dockerfile").write_text("FROM scratch\n")
    path = context if name == "context" else context / name
    clear = f"rm -rf {path}\n"
    made = ODD[odd].format(path=path, name=path.name)
    builds = [{"name": "x", "path": str(context), "dockerfile": "Dockerfile"}]
    result = run("build_context", clear + made, tmp_path, builds=builds)
    error = result["builds"]["x"]["error"]
    if odd in ("a pipe", "a socket", "a device", "a link loop") or (odd == "a folder" and name != "context"):
        assert str(path) in error
    assert error.isprintable()


@pytest.mark.parametrize("odd", ODD)
def test_an_archive_that_is_none_is_one_sentence(tmp_path: Path, odd: str) -> None:
    path = tmp_path / "archive.tar"
    made = ODD[odd].format(path=path, name=path.name)
    result = run("image_info", made, tmp_path, archives=[str(path)], socket="/nowhere")
    assert str(path) in result["ansible_facts"]["dockyard_images"]["archives"][str(path)]["error"]

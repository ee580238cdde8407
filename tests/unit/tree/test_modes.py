"""Tasks give modes to what is theirs alone. What someone named, or may have made before, keeps its own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[3]
FILES = sorted(
    [*ROOT.glob("roles/*/tasks/**/*.yml"), *ROOT.glob("roles/*/handlers/**/*.yml"), *ROOT.glob("playbooks/**/*.yml")]
)
# Modules that set the mode or the owner of what is there already.
WRITERS = ("file", "copy", "template", "lineinfile", "blockinfile", "replace", "get_url", "assemble", "unarchive")
# The files that these roles write as a whole, and of which no one else has any: the plan holds them to their mode. Two
# runs may write one at the same time, and need no lock as the files of atomic_files.locked do: ansible.builtin.copy
# renames a whole file into its place, and what is in it is made of variables and facts, not of what the file held a
# moment before.
OURS = {
    "/etc/dockyard/proxy.env",
    "nvidia_driver: {{ _nvidia_driver_arguments.persistence_file }}",
    "nvidia_container_toolkit: {{ _nvidia_container_toolkit_arguments.found_file }}",
    # Both drop-ins named dockyard.conf.
    "docker_engine: {{ item.key }}",
    # Drop-ins and a unit of ours, which toolkit_paths names.
    "nvidia_container_toolkit: {{ item.key }}",
    # /etc/modprobe.d/dockyard-nouveau.conf.
    "nvidia_driver: {{ _nvidia_driver_now.todo.nouveau.to.path }}",
    "nvidia_driver: {{ _nvidia_driver_arguments.rebooted_file }}",
    "nvidia_driver: {{ _nvidia_driver_arguments.rebooting_file }}",
    "rollout: {{ _rollout_record }}",
    # In the folder that a build has for itself, made by ansible.builtin.tempfile.
    "container_image: {{ _container_image_work.path }}/Dockerfile",
    "container_image: {{ _container_image_work.path }}/docker",
    "container_image: {{ _container_image_work.path }}",
}


def tasks(entries: Any) -> Iterator[dict[str, Any]]:
    """Also those in blocks, and in plays."""
    for entry in entries if isinstance(entries, list) else []:
        yield entry
        for part in ("block", "rescue", "always", "tasks", "pre_tasks", "post_tasks", "handlers"):
            yield from tasks(entry.get(part))


def calls() -> list[tuple[str, str, dict[str, Any]]]:
    """Role or playbook, module and arguments of every task that writes files."""
    found = []
    for path in FILES:
        place = path.relative_to(ROOT).parts
        owner = place[1] if place[0] == "roles" else "/".join(place)
        for task in tasks(yaml.safe_load(path.read_text())):
            names = [(module, name) for module in WRITERS for name in (module, f"ansible.builtin.{module}")]
            found += [(owner, module, task[name]) for module, name in names if name in task]
    return found


CALLS = calls()


@pytest.mark.parametrize(
    ("owner", "module", "arguments"), CALLS, ids=[f"{call[0]} {call[1]} {number}" for number, call in enumerate(CALLS)]
)
def test_a_mode_is_given_to_our_own_files_alone(owner: str, module: str, arguments: dict[str, Any]) -> None:
    given = {"mode", "owner", "group", "attributes", "recurse"} & set(arguments)
    if arguments.get("state") == "absent":
        assert not given
        return
    # dockyard.gpu.folder makes folders; this one gives its mode to a folder that is there.
    assert arguments.get("state") != "directory"
    path = arguments.get("dest") or arguments.get("path")
    # The group of the engine's socket is what the role docker_group is about.
    if (owner, module, path) == ("docker_group", "file", "/run/docker.sock"):
        assert given == {"group"}
    else:
        assert path in OURS or f"{owner}: {path}" in OURS


def test_modules_make_folders_and_give_modes_at_one_place() -> None:
    """By atomic_files, which leaves what is there its mode and its owner. dockerd.py gives a copy of its own away,
    and shared_files.py puts a file back as whose it was."""
    calls = re.compile(r"\bos\.(makedirs|mkdir|f?chmod|[fl]?chown)\(|\.(mkdir|chmod)\(")
    found = sorted(path.name for path in ROOT.glob("plugins/mod*/**/*.py") if calls.search(path.read_text()))
    assert found == ["atomic_files.py", "dockerd.py", "shared_files.py"]


def test_the_list_of_our_files_is_no_longer_than_they_are() -> None:
    written = {
        text for owner, _module, task in CALLS for text in (str(task.get("dest")), f"{owner}: {task.get('dest')}")
    }
    assert written >= OURS

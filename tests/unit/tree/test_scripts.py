"""Scripts of this tree harm no machine by being found: Ansible starts every executable of a folder that it takes for an
inventory, with `--list`, and on some file systems everything is executable."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
# Executable for those who call it by its name; everything else is called as `sh FILE` or `python FILE`.
EXECUTABLE = {".ci/run": "a CI service knows nothing but this name"}
# What has no guard, and why no machine is changed by it.
HARMLESS = {
    ".ci/run": "it takes no arguments, and without any it is what was asked for: all tests",
    "molecule/shared/data/show.sh": "it asks the engine, and reads a file",
    "roles/container_image/templates/docker.j2": "it hands its words to docker",
    "tests/lab/guest/nvidia-smi": "it reads what the lab wrote",
    "tests/lab/recipes/repository/standin/toolkit/nvidia-docker": "it hands its words to docker",
    "tests/lab/recipes/repository/standin/toolkit/program": "a template: what it imports comes with the package",
    "tests/tools/venvs.sh": "it is no inventory, and says so; else it is `make venvs`, which writes into the checkout",
    "tests/vm/recipe/finish": "it looks for the mark below the folder that it is to change",
    "tools/playbook.sh": "it is no inventory, and says so; with a playbook's name it is `make site`, for this machine",
}
# Those without arguments do what someone asked for by calling them.
ASKED_FOR = {".ci/run", "tests/tools/venvs.sh"}
WORDS = "{} changes its system: it is for hosts of the lab, which have /etc/dockyard-lab"
SHELL_GUARD = '[ -e /etc/dockyard-lab ] || { echo "WORDS" >&2; exit 3; }'.replace("WORDS", WORDS.format("$0"))
PYTHON_GUARD = """if not os.path.exists("/etc/dockyard-lab"):
    print(f"WORDS", file=sys.stderr)
    sys.exit(3)
""".replace("WORDS", WORDS.format("{sys.argv[0]}"))
# The machine's own files below a layer that takes what is written; no network, no engine, no other processes.
SANDBOX = """
set -e
mount -t tmpfs sandbox "$1"
mkdir "$1/written" "$1/work" "$1/root"
mount -t overlay sandbox -o "lowerdir=/,upperdir=$1/written,workdir=$1/work" "$1/root"
mount -t proc proc "$1/root/proc"
mount -t tmpfs run "$1/root/run"
mount -t tmpfs dev "$1/root/dev"
mknod -m 666 "$1/root/dev/null" c 1 3
mknod -m 666 "$1/root/dev/urandom" c 1 9
cd "$1"
shift
set +e
chroot root sh -c 'cd "$1" && shift && exec timeout -k 1 20 "$@"' sandbox "$@" 2>&1
echo "rc $?"
find written -mindepth 1 ! -type d
"""


def tracked() -> list[str]:
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        done = subprocess.run(listed, cwd=ROOT, check=True, capture_output=True, text=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("this tree is no checkout", allow_module_level=True)
    return sorted(name for name in done.stdout.split("\0") if (ROOT / name).is_file())


def is_script(name: str) -> bool:
    with (ROOT / name).open("rb") as handle:
        return handle.read(2) == b"#!"


FILES = tracked()
SCRIPTS = [name for name in FILES if is_script(name)]
# Modules want their arguments as JSON, and end without.
GUARDED = [name for name in SCRIPTS if name not in HARMLESS and not name.startswith("plugins/modules/")]


def test_nothing_is_executable_without_a_reason() -> None:
    found = [name for name in FILES if os.access(ROOT / name, os.X_OK) and (ROOT / name).stat().st_mode & 0o111]
    staged = subprocess.run(["git", "ls-files", "-s"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    found += [line.partition("\t")[2] for line in staged.splitlines() if line.startswith("100755")]
    assert sorted(set(found)) == sorted(EXECUTABLE)


def test_no_reason_is_left_over() -> None:
    assert set(HARMLESS) | set(EXECUTABLE) <= set(SCRIPTS)


@pytest.mark.parametrize("name", GUARDED)
def test_what_changes_a_system_asks_first_whether_it_is_the_labs(name: str) -> None:
    text = (ROOT / name).read_text()
    if "python" in text.partition("\n")[0]:
        assert PYTHON_GUARD in text
        before = text.partition(PYTHON_GUARD)[0]
        assert not re.search(r"^(?!import|from|#|\"\"\"|$|sys\.dont_write_bytecode)", before, re.MULTILINE), before
    else:
        commands = [line for line in text.splitlines() if line and not line.startswith("#")]
        assert commands[0] == SHELL_GUARD


def sandboxed(folder: Path, *command: str) -> tuple[str, list[str]]:
    """Exit status with output, and the files that are other ones afterwards."""
    apart = ["unshare", "--mount", "--pid", "--net", "--ipc", "--uts", "--fork", "--kill-child"]
    done = subprocess.run(
        [*apart, "sh", "-c", SANDBOX, "sandbox", str(folder), str(ROOT), *command],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        env={"PATH": os.environ["PATH"], "HOME": "/root"},
    )
    if "\nrc " not in f"\n{done.stdout}":
        pytest.skip(f"no sandbox can be made here: {done.stderr.strip()}")
    output, _rc, rest = f"\n{done.stdout}".rpartition("\nrc ")
    code, *changed = rest.splitlines()
    return f"{code}: {output.strip()}", changed


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make the sandbox")
@pytest.mark.parametrize("words", [["--list"], ["--host", "web1"], []], ids=["list", "host", "nothing"])
@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_that_is_called_by_mistake_changes_nothing(name: str, words: list[str], tmp_path: Path) -> None:
    if not words and name in ASKED_FOR:
        pytest.skip(HARMLESS[name])
    interpreter = (ROOT / name).read_text().partition("\n")[0].removeprefix("#!").split()
    said, changed = sandboxed(tmp_path, *interpreter, name, *words)
    assert changed == []
    if name in GUARDED:
        code, _colon, sentence = said.partition(": ")
        assert code == "3"
        assert sentence.endswith(WORDS.format(""))
        assert sentence.count("\n") == 0
    assert "Traceback" not in said or name.startswith("plugins/modules/") or name.endswith("toolkit/program")


def test_the_checkouts_own_configuration_takes_no_test_for_an_inventory(tmp_path: Path) -> None:
    shutil.copy(ROOT / "ansible.cfg", tmp_path)
    for folder in ("molecule/scenario", "tests/lab"):
        script = tmp_path / folder / "script"
        script.parent.mkdir(parents=True)
        script.write_text(f"#!/bin/sh\n: > {tmp_path}/called\necho '{{}}'\n")
        script.chmod(0o755)
    # Before 2.19, files that end with .ini in a folder are none.
    (tmp_path / "hosts").write_text("web1\n")
    program = Path(sys.executable).with_name("ansible-inventory")
    env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "LC_ALL": "C.UTF-8", "ANSIBLE_CALLBACKS_ENABLED": ""}
    done = subprocess.run(
        [program, "-i", ".", "--list"], cwd=tmp_path, env=env, capture_output=True, text=True, check=True
    )
    assert "web1" in done.stdout
    assert not (tmp_path / "called").exists()

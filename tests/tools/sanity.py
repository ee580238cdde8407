"""ansible-test sanity with the ansible-core of one environment: sanity.py 2.18 [--without-slow]."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from copytree import copy_to
from steps import BUILD, call, environment, python

# What no user installs is held to ruff and mypy: pylint's opinions are on what runs on hosts.
NOT_SHIPPED = (
    "molecule",
    "tests/bench",
    "tests/corpus",
    "tests/kill",
    "tests/lab",
    "tests/tools",
    "tests/unit",
    "tests/vm",
    "tools",
)

# Over half of the time, for what is the same with each core but for the version of pylint.
SLOW = ("import", "pylint")

# ansible-test would download a script of this name to bring pip into the environments that it makes. This one takes the
# same pip from the package index instead, so that a machine that reaches nothing else can run the tests.
GET_PIP = """\
import sys
sys.path.insert(0, {wheel!r})
from pip._internal.cli.main import main
if __name__ == "__main__":
    sys.exit(main(["install", *(word for word in sys.argv[1:] if word not in ("--no-setuptools", "--no-wheel"))]))
"""


def provide_pip(venv: str, home: Path) -> None:
    [library] = (
        python(venv).parents[1].glob("lib/python3.*/site-packages/ansible_test/_internal/python_requirements.py")
    )
    cache = home / ".ansible" / "test" / "cache"
    cache.mkdir(parents=True, exist_ok=True)
    for version in set(re.findall(r"\bpip='([\d.]+)'", library.read_text())):
        script = cache / f"get_pip_{version.replace('.', '_')}.py"
        if not script.exists():
            call(python(), "-m", "pip", "download", "-q", "--no-deps", "-d", cache, f"pip=={version}")
            [wheel] = cache.glob(f"pip-{version}-*.whl")
            script.write_text(GET_PIP.format(wheel=str(wheel)))


def hosts_pythons() -> str:
    """Folders of the Pythons that pyenv keeps: compile and import are tried with each that hosts may have."""
    versions = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    return "".join(f":{folder}" for folder in sorted(versions.glob("3.*/bin")))


def main(venv: str, *options: str) -> int:
    home = BUILD / "sanity" / venv
    provide_pip(venv, home)
    # How the user reaches the package index counts here too, although the home folder is another.
    settings = home / ".config"
    if not settings.is_symlink():
        settings.symlink_to(Path.home() / ".config")
    tree = home / "ansible_collections" / "dockyard" / "gpu"
    copy_to(tree)
    for folder in NOT_SHIPPED:
        shutil.rmtree(tree / folder, ignore_errors=True)
    # Its own git: ansible-test would otherwise look at the checkout around it and find every file ignored.
    subprocess.run(["git", "init", "-q"], cwd=tree, check=True)
    env = environment(venv)
    env |= {"HOME": str(home), "PATH": env["PATH"] + hosts_pythons()}
    command = ["ansible-test", "sanity", "--local", "--color", "no", "--truncate", "0"]
    if "--without-slow" in options:
        command += [word for name in SLOW for word in ("--skip-test", name)]
    run = subprocess.run(command, cwd=tree, env=env, check=False, capture_output=True, text=True)
    (home / "ansible-test.log").write_text(run.stdout + run.stderr)
    # The rest is pip's talk.
    reported = ("ERROR", "FATAL", "See documentation", "Running sanity test", "WARNING: Skipping", "WARNING: Required")
    print("\n".join(line for line in (run.stdout + run.stderr).splitlines() if line.startswith(reported)))
    return run.returncode


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

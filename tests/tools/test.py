"""`make test` and its parts: test.py [PART...] runs the named parts, all of them when none is named."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

import scenarios
from steps import BUILD, ROOT, Runner, Step, cores, interruptible, python

TOOLS = ROOT / "tests" / "tools"
WEB = ROOT / ".venvs" / "web"
# mypy finds the collection under its import name here.
TREE = BUILD / "tree"
COLLECTION = TREE / "ansible_collections" / "dockyard" / "gpu"
# Programs that import what lies beside them.
PROGRAMS = [
    TOOLS,
    ROOT / "tests",
    ROOT / "tests" / "bench",
    ROOT / "tests" / "lab" / "guest",
    ROOT / "tests" / "lab" / "recipes" / "repository",
    ROOT / "molecule" / "shared",
]


def mypy_env(name: str, *paths: Path) -> dict[str, str]:
    """Where imports start; and a cache for each, because they run side by side."""
    return {"MYPYPATH": ":".join(map(str, paths)), "MYPY_CACHE_DIR": str(BUILD / f"mypy-{name}")}


def lint() -> list[Step]:
    COLLECTION.parent.mkdir(parents=True, exist_ok=True)
    COLLECTION.unlink(missing_ok=True)
    COLLECTION.symlink_to(ROOT)
    shell = [*TOOLS.glob("*.sh"), *(ROOT / "tools").glob("*.sh"), ROOT / ".ci" / "run"]
    apart = ("tests/tools", "tests/lab", "tests/bench", "tests/kill", "tests/vm", "tests/corpus", "molecule")
    folders = [folder for folder in ("tools", *apart) if (ROOT / folder).is_dir()]
    return [
        Step("lint: ruff format", ["ruff", "format", "--check", "."]),
        Step("lint: ruff", ["ruff", "check", "."]),
        Step(
            "lint: mypy collection",
            ["mypy", COLLECTION / "plugins", COLLECTION / "tests/unit"],
            mypy_env("collection", TREE),
        ),
        Step("lint: mypy tests", ["mypy", *folders], mypy_env("tests", TREE, *PROGRAMS)),
        Step("lint: shellcheck", ["shellcheck", "-x", "-P", ROOT / "tools", *shell]),
        Step("lint: yamllint", ["yamllint", "--strict", "."]),
        Step("lint: ansible-lint", ["ansible-lint", "--offline", "--profile", "production"]),
        Step("lint: argument specs", [python(), TOOLS / "argspecs.py"]),
        Step("lint: changelog", ["antsibull-changelog", "lint"]),
        _web("eslint", "js"),
        _web("stylelint", "css"),
    ]


def _web(linter: str, suffix: str) -> Step:
    """A linter of npm, for the files with this suffix."""
    program, config = WEB / "node_modules" / ".bin" / linter, WEB / f"{linter}.config.mjs"
    files = sorted((ROOT / "plugins").rglob(f"*.{suffix}"))
    missing = "" if program.exists() else "npm could not install it when the environments were made"
    return Step(f"lint: {linter}", [program, "--config", config, *files], venv="web", left_out=missing)


def environments() -> list[tuple[str, str]]:
    """Those of the supported versions of ansible-core, or of CORE, with the reason where one is missing here."""
    chosen = [core for core in cores() if core == (os.environ.get("CORE") or core)]
    return [(venv, "" if python(venv).exists() else f"no Python here can run ansible-core {venv}") for venv in chosen]


def is_whole(core: str) -> bool:
    """Whether what hardly depends on the core runs with it too: it does with the oldest, the newest, and CORE."""
    return core in {cores()[0], cores()[-1], os.environ.get("CORE")}


def unit() -> list[Step]:
    """All of them with the oldest core and the newest, and what depends on the core with each between."""
    return [
        Step(
            f"unit: ansible-core {venv}",
            [
                *(python(venv), "-m", "pytest", "-q", "tests/unit"),
                *("-m", "not engine and not slow" + ("" if is_whole(venv) else " and not pure")),
            ],
            venv=venv,
            left_out=missing,
        )
        for venv, missing in environments()
    ]


def sanity() -> list[Step]:
    return [
        Step(
            f"sanity: ansible-core {venv}",
            [python(), TOOLS / "sanity.py", venv, *([] if is_whole(venv) else ["--without-slow"])],
            left_out=missing,
        )
        for venv, missing in environments()
    ]


def docs() -> list[Step]:
    return [Step("docs", [python(), TOOLS / "docs.py"])]


def build() -> list[Step]:
    return [Step("build: archive installed elsewhere", [python(), TOOLS / "archive.py"])]


# Cheap ones first: a typing mistake should not take a quarter of an hour to show.
PARTS = {"lint": lint, "unit": unit, "docs": docs, "build": build, "sanity": sanity}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", nargs="*", choices=[[], *PARTS, "molecule"], metavar="PART")
    parser.add_argument("--scenario", default="", help="only this molecule scenario")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    arguments = parser.parse_args()
    interruptible()
    wanted = arguments.part or [*PARTS, "molecule"]
    runner = Runner(arguments.jobs)
    try:
        # One more than there are cores: tests that wait, for time limits and locks, leave theirs to others.
        runner.run([step for name, part in PARTS.items() if name in wanted for step in part()], more=1)
        if "molecule" in wanted:
            scenarios.run(runner, arguments.scenario)
    except KeyboardInterrupt:
        runner.summary()
        print("interrupted", file=sys.stderr)
        return 130
    return runner.summary()


if __name__ == "__main__":
    sys.exit(main())

"""Builds the archive, has Galaxy's importer read it, installs it into an empty folder, and uses it from there."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

from copytree import copy_to
from steps import BUILD, ROOT, call, environment, python

DIST = BUILD / "dist"


def bring_dependencies(folder: Path) -> None:
    """What Galaxy would bring, from the package ansible in the environment: Galaxy need not be reachable."""
    brought = Path(sysconfig.get_path("purelib")) / "ansible_collections" / "community"
    for name in ("docker", "library_inventory_filtering_v1"):
        shutil.copytree(brought / name, folder / "ansible_collections" / "community" / name)


def documented(env: dict[str, str]) -> None:
    """Every module, filter and role of the installed collection has documentation that ansible-doc can show."""
    for kind in ("module", "filter", "lookup", "role"):
        command = ["ansible-doc", "-t", kind, "--json", "-l", "dockyard.gpu"]
        listing = subprocess.run(command, env=environment(extra=env), check=True, capture_output=True, text=True).stdout
        names = sorted(json.loads(listing or "{}"))
        print(f"{kind}: {', '.join(names) or 'none'}")
        if names:
            call("ansible-doc", "-t", kind, "--json", *names, env=env)


def imported(archive: Path) -> None:
    """What Galaxy says of it when it is uploaded; ansible-lint and ansible-test are steps of their own."""
    config = BUILD / "galaxy-importer.cfg"
    config.write_text(
        "[galaxy-importer]\nRUN_ANSIBLE_LINT = False\nRUN_ANSIBLE_TEST = False\nCHECK_REQUIRED_TAGS = True\n"
    )
    done = subprocess.run(
        [python("galaxy"), "-m", "galaxy_importer.main", archive],
        env=environment("galaxy", {"GALAXY_IMPORTER_CONFIG": str(config)}),
        # It leaves its result where it runs.
        cwd=BUILD,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    print(done.stdout)
    found = [line for line in done.stdout.splitlines() if "WARNING" in line or "ERROR" in line]
    if done.returncode or found or "completed successfully" not in done.stdout:
        sys.exit(
            "Galaxy would not take the archive without a warning:\n" + "\n".join(found or done.stdout.splitlines()[-5:])
        )


def built() -> Path:
    source = BUILD / "archive"
    copy_to(source)
    shutil.rmtree(DIST, ignore_errors=True)
    call("ansible-galaxy", "collection", "build", "--output-path", DIST, cwd=source)
    [archive] = DIST.glob("dockyard-gpu-*.tar.gz")
    return archive


def main() -> int:
    archive = built()
    imported(archive)
    with tempfile.TemporaryDirectory() as empty:
        # Without the last one, the checkout's link in the virtual environment would be found as well.
        env = {"ANSIBLE_COLLECTIONS_PATH": empty, "HOME": empty, "ANSIBLE_COLLECTIONS_SCAN_SYS_PATH": "false"}
        bring_dependencies(Path(empty))
        call("ansible-galaxy", "collection", "install", "--offline", archive, "-p", empty, env=env)
        installed = Path(empty) / "ansible_collections" / "dockyard" / "gpu"
        strays = [name for name in ("tests", "tools", ".venv", "molecule", "build") if (installed / name).exists()]
        if strays:
            sys.exit(f"The archive holds what no user needs: {', '.join(strays)}. See build_ignore in galaxy.yml.")
        documented(env)
        inventory = ROOT / "inventory" / "localhost.yml"
        for playbook in sorted(path.stem for path in installed.glob("playbooks/*.yml")):
            call(
                "ansible-playbook",
                f"dockyard.gpu.{playbook}",
                "-i",
                inventory,
                "--syntax-check",
                env=env,
                cwd=Path(empty),
            )
        call("ansible-playbook", "dockyard.gpu.plan", "-i", inventory, env=env, cwd=Path(empty))
    return 0


if __name__ == "__main__":
    sys.exit(main())

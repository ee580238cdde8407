# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The execution environment by its own definition, on a base image of the lab: it needs no registry and no Galaxy."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

from archive import bring_dependencies, built
from lab import engine, images
from steps import BUILD, ROOT, environment, python

BASE = "dockyard-lab/ee-base"
IMAGE = "dockyard-lab/ee"


def main() -> None:
    base()
    built()
    command = [
        *(python("ee").with_name("ansible-builder"), "build", "--file", ROOT / "execution-environment.yml"),
        *("--context", BUILD / "ee", "--container-runtime", "docker", "--tag", IMAGE, "--verbosity", "3"),
        *("--build-arg", f"EE_BASE_IMAGE={BASE}", "--build-arg", "ANSIBLE_GALAXY_CLI_COLLECTION_OPTS=--offline"),
    ]
    shutil.rmtree(BUILD / "ee", ignore_errors=True)
    # The classic builder: buildx is not everywhere.
    subprocess.run([str(word) for word in command], env=environment("ee", {"DOCKER_BUILDKIT": "0"}), check=True)


def base() -> None:
    trixie = next(image for image in images.HOSTS if image.codename == "trixie")
    with tempfile.TemporaryDirectory(prefix="dockyard-lab-") as folder:
        context = Path(folder)
        shutil.copytree(Path(__file__).parent / "base", context, dirs_exist_ok=True)
        images.add_machine(context, trixie.codename)
        bring_dependencies(context / "galaxy")
        (context / "galaxy" / "ansible_collections").rename(context / "collections")
        engine.build(BASE, context, {}, {"BASE": images.bare(trixie)})


if __name__ == "__main__":
    main()

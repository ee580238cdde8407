# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The repository's container: one for the whole lab, on the lab's network under the name `packages.lab`."""

from __future__ import annotations

import json
import platform
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

from . import images, machine
from .engine import LabError, build, docker, inspect

NETWORK = machine.NAME
CONTAINER = f"{machine.NAME}-repository"
TAG = f"{machine.NAME}/repository"
ALIAS = "packages.lab"
FACTS = machine.CACHE / f"{machine.NAME}.json"
# Compiled while the image is built: what a driver brings that no package knows of.
NATIVE = "/native"


def up() -> dict[str, Any]:
    """Image, network, container and the file of facts; whatever is there already stays."""
    recipe = _image()
    if not inspect("network", NETWORK):
        docker("network", "create", NETWORK)
    found = inspect("container", CONTAINER)
    if found and (found["Config"]["Labels"].get(images.LABEL) != recipe or not found["State"]["Running"]):
        docker("rm", "--force", "--volumes", CONTAINER)
        found = None
    if not found:
        label = f"{images.LABEL}={recipe}"
        place = ["--name", CONTAINER, "--hostname", ALIAS, "--network", NETWORK, "--network-alias", ALIAS]
        docker("run", "--detach", *place, "--label", label, TAG)
    facts = read()
    FACTS.write_text(json.dumps(facts, indent=2) + "\n")
    return facts


def down() -> None:
    """Container and network go; images stay, they are the cache."""
    docker("rm", "--force", "--volumes", CONTAINER, check=False)
    FACTS.unlink(missing_ok=True)
    if inspect("network", NETWORK):
        docker("network", "rm", NETWORK)


def _image() -> str:
    bases = [images.ensure(host) for host in images.HOSTS]
    with tempfile.TemporaryDirectory(prefix="dockyard-lab-") as folder:
        context = Path(folder)
        images.copy_recipe("repository", context)
        (context / "testing.sources").write_text(machine.sources("testing"))
        # The drivers' packages carry modules for the kernel that runs here.
        recipe = images.fingerprint(context, platform.release(), *bases)
        if images.label(TAG) != recipe:
            print(f"lab: making {TAG}", file=sys.stderr)
            build(TAG, context, {images.LABEL: recipe}, {})
            images.prune("24h")
    return recipe


def read() -> dict[str, Any]:
    """What tests look up: where the repository is, the right key's fingerprint, the versions it offers."""
    container = inspect("container", CONTAINER)
    if not container or not container["State"]["Running"]:
        raise LabError("the lab's repository does not run: `python3 tests/lab up` starts it")
    address = container["NetworkSettings"]["Networks"][NETWORK]["IPAddress"]
    return {
        "url": f"http://{ALIAS}/ok/linux",
        "site": f"http://{ALIAS}",
        "address": f"http://{address}",
        "fingerprint": get(f"http://{address}/ok/fingerprint").strip(),
        "versions": json.loads(get(f"http://{address}/ok/versions.json")),
        "drivers": json.loads(get(f"http://{address}/ok/drivers.json")),
        "toolkit": json.loads(get(f"http://{address}/ok/toolkit.json")),
        "registry": registry(address),
    }


def registry(address: str) -> dict[str, Any]:
    """The registry of images, as the hosts' engines know it, once it answers."""
    get(f"http://{address}:5000/v2/")
    return {
        "name": f"{ALIAS}:5000",
        "empty": f"{ALIAS}:5001",
        "down": f"{ALIAS}:5002",
        "mirror": f"http://{ALIAS}:5000",
        "address": f"http://{address}:5000",
        "base": "tensorflow/tensorflow",
        "digests": json.loads(get(f"http://{address}/ok/registry.json")),
    }


def get(url: str) -> str:
    for _attempt in range(50):
        try:
            # Without a proxy: the address is on this machine.
            with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url, timeout=5) as answer:
                return str(answer.read().decode())
        except OSError as error:
            words = str(error)
            time.sleep(0.2)
    raise LabError(f"the lab's repository does not answer at {url}: {words}")

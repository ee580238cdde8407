# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an apt of today trusts after the module has run: Debian 12's, by gpgv, and Debian 13's, by sqv.

Whoever puts a key of his own beside the pinned one has a repository that he signed, and it must stay unreadable.
"""

from __future__ import annotations

import base64
import functools
import io
import json
import subprocess
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import ansible
import pytest
from ansible_collections.dockyard.gpu.plugins.module_utils._packages.apt import sources
from ansible_collections.dockyard.gpu.plugins.module_utils._packages.openpgp import is_binary
from ansible_collections.dockyard.gpu.plugins.plugin_utils._nvidia_driver.sources import components_file
from ansible_collections.dockyard.gpu.tests.unit.plugins.module_utils import hostile_keys
from ansible_collections.dockyard.gpu.tests.unit.plugins.module_utils.openpgp_keys import key
from ansible_collections.dockyard.gpu.tests.unit.plugins.modules.signed_repository import site

pytestmark = pytest.mark.engine
ROOT = Path(__file__).parents[5]
IMAGES = ("debian12", "debian13")


def there(image: str) -> bool:
    command = ["docker", "image", "inspect", f"dockyard-lab/{image}"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


@contextmanager
def container(image: str) -> Iterator[str]:
    command = ["docker", "run", "--rm", "--detach", "--entrypoint", "sleep", f"dockyard-lab/{image}", "1000"]
    name = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
    try:
        yield name
    finally:
        subprocess.run(["docker", "rm", "--force", name], check=True, capture_output=True)


def tree() -> bytes:
    """The module with all that it imports; the engine may be on another machine, so that nothing is mounted."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        library = Path(ansible.__file__).parent
        # Empty, as Ansible itself sends it to hosts.
        archive.addfile(tarfile.TarInfo("ansible/__init__.py"))
        for path in [library / "release.py", *library.glob("module_utils/**/*.py")]:
            archive.add(path, f"ansible/{path.relative_to(library)}")
        for folder in ("plugins/module_utils", "plugins/modules"):
            for path in (ROOT / folder).rglob("*.py"):
                archive.add(path, f"ansible_collections/dockyard/gpu/{path.relative_to(ROOT)}")
        archive.add(Path(__file__).parent / "guest.py", "guest.py")
    return buffer.getvalue()


def sites() -> dict[str, bytes]:
    names = {"good": "one", "evil": "two"}
    return {
        **{f"/{path}/InRelease": site.release(name, "Packages") for path, name in names.items()},
        **{f"/{path}/Packages": site.PACKAGES for path in names},
    }


def cases(image: str) -> dict[str, dict[str, str]]:
    one, two = key("one"), key("two")
    found = {}

    def add(name: str, file: bytes, served: bytes, repository: str) -> None:
        suffix = "gpg" if is_binary(file or served) else "asc"
        texts = {"file": base64.b64encode(file).decode(), "served": base64.b64encode(served).decode()}
        found[name] = {**texts, "site": repository, "suffix": suffix}

    for name, data in hostile_keys.dangerous(one, two)[image].items():
        add(f"heals: {name}", data, one.armoured, "good")
        add(f"cannot heal: {name}", data, data, "evil")
        add(f"new: {name}", b"", data, "evil")
    published = hostile_keys.published(one)
    for name in ("armour", "binary", "headers", "CRLF", "new framing", "long lengths", "attribute", "stray subkey"):
        add(f"published: {name}", b"", published[name], "good")
    return found


@functools.cache
def seen(image: str) -> dict[str, dict[str, Any]]:
    if not there(image):
        pytest.skip(f"the lab's image {image} is not here: python3 tests/lab up")
    texts = {path: base64.b64encode(data).decode() for path, data in sites().items()}
    given = {"cases": cases(image), "sites": texts, "pin": key("one").fingerprint}
    with container(image) as name:
        subprocess.run(["docker", "exec", "-i", name, "tar", "-C", "/srv", "-x"], input=tree(), check=True)
        command = ["docker", "exec", "-i", "--env", "PYTHONPATH=/srv", name, "python3", "/srv/guest.py"]
        done = subprocess.run(command, input=json.dumps(given), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    result: dict[str, dict[str, Any]] = json.loads(done.stdout)
    return result


def of(image: str, kind: str) -> dict[str, dict[str, Any]]:
    return {name: result for name, result in seen(image).items() if name.startswith(kind)}


@pytest.mark.parametrize("image", IMAGES)
def test_a_host_that_trusted_the_other_key_heals(image: str) -> None:
    wanted = {"gpg": key("one").binary, "asc": key("one").armoured}
    for name, result in of(image, "heals: ").items():
        # Without this the case would show nothing: by the file as it was, this apt trusts the other key.
        assert result["before"], name
        assert (result["failed"], result["changed"]) == (False, True), f"{name}: {result['msg']}"
        assert (result["evil"], result["good"]) == (False, True), name
        assert base64.b64decode(result["key"]) in wanted.values(), name
        assert result["lists"], name


@pytest.mark.parametrize("image", IMAGES)
def test_a_host_that_cannot_heal_trusts_neither(image: str) -> None:
    for name, result in of(image, "cannot heal: ").items():
        assert result["failed"], name
        assert (result["evil"], result["key"], result["lists"]) == (False, None, []), name


@pytest.mark.parametrize("image", IMAGES)
def test_nothing_but_the_key_is_taken(image: str) -> None:
    for name, result in of(image, "new: ").items():
        assert result["failed"], name
        assert (result["evil"], result["key"], result["lists"]) == (False, None, []), name


@pytest.mark.parametrize("image", IMAGES)
def test_what_honest_people_publish_is_read(image: str) -> None:
    for name, result in of(image, "published: ").items():
        assert (result["failed"], result["evil"], result["good"]) == (False, False, True), f"{name}: {result['msg']}"


def inline(armoured: bytes) -> str:
    """A key in a field of its entry: an empty line is a dot."""
    return "".join(f"\n {line or '.'}" for line in armoured.decode().rstrip("\n").split("\n"))


OWN = (
    "Types: deb\nURIs: file:/srv/site\nSuites: stable\nComponents: main\nCheck-Valid-Until: no\nArchitectures: amd64\n"
)
OPTIONS = "arch=amd64,arm64 lang+=de check-valid-until=no signed-by=/srv/other.asc,/srv/one.asc"
ENTRIES: dict[str, Callable[[], str]] = {
    "key in it.sources": lambda: f"{OWN}Signed-By:{inline(key('one').armoured)}\n",
    "key in it, with blanks.sources": lambda: f"{OWN}Signed-By: {inline(key('one').armoured).replace(' .', '  ')}\n",
    "options.list": lambda: f"deb [{OPTIONS}] file:/srv/site stable main\n",
}


@pytest.mark.parametrize("image", IMAGES)
def test_an_entry_of_the_distributions_is_read_when_it_is_copied(image: str) -> None:
    """As the driver's role does it for Debian's other components: with the same key, wherever it is, and options."""
    if not there(image):
        pytest.skip(f"the lab's image {image} is not here: python3 tests/lab up")
    suite = "srv/site/dists/stable"
    files = {
        "srv/one.asc": key("one").armoured,
        "srv/other.asc": key("two").armoured,
        f"{suite}/InRelease": site.release("one", "main/binary-amd64/Packages"),
        f"{suite}/main/binary-amd64/Packages": site.PACKAGES,
    }
    for name, text in ENTRIES.items():
        (entry,) = sources.entries(name, text())
        files[f"srv/{name.split('.')[0].replace(' ', '-')}.sources"] = components_file(entry).encode()
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for path, data in files.items():
            member = tarfile.TarInfo(path)
            member.size, member.mode = len(data), 0o644
            archive.addfile(member, io.BytesIO(data))
    reads = "-o=APT::Update::Error-Mode=any -o=Dir::Etc::SourceParts=- -o=APT::Get::List-Cleanup=0"
    with container(image) as host:
        subprocess.run(["docker", "exec", "-i", host, "tar", "-C", "/", "-x"], input=buffer.getvalue(), check=True)
        for name in ENTRIES:
            source = f"/srv/{name.split('.')[0].replace(' ', '-')}.sources"
            command = (
                f"rm -rf /var/lib/apt/lists/*; apt-get -q update {reads} -o=Dir::Etc::SourceList='{source}' "
                "&& ls /var/lib/apt/lists | grep main_binary-amd64_Packages"
            )
            done = subprocess.run(["docker", "exec", host, "sh", "-c", command], capture_output=True, text=True)
            assert done.returncode == 0, f"{name}: {done.stdout}{done.stderr}"

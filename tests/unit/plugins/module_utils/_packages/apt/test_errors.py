# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a real apt says where it cannot work; its folders are in a folder of their own."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from ansible_collections.dockyard.gpu.plugins.module_utils._common.prober import Prober
from ansible_collections.dockyard.gpu.plugins.module_utils._packages.apt import errors
from ansible_collections.dockyard.gpu.tests.unit.plugins.module_utils import apt_root
from ansible_collections.dockyard.gpu.tests.unit.plugins.module_utils.apt_root import write

pytestmark = pytest.mark.skipif(not shutil.which("apt-get"), reason="there is no apt here")

STANZA = "Package: zoo\nStatus: {}\nMaintainer: no one\nArchitecture: all\nVersion: 1\n{}Description: x\n\n"
STATUS = apt_root.STATUS
LIST, DEB822 = "/etc/apt/sources.list.d/docker.list", "/etc/apt/sources.list.d/docker.sources"
PINS, SETTINGS, DATABASE = "/etc/apt/preferences.d/docker", "/etc/apt/apt.conf.d/99proxy", apt_root.DATABASE
UNREAD = "The list of sources could not be read."

# What is in which file, and words that apt says of it.
BROKEN = {
    "a page in the place of a list": (LIST, "<!DOCTYPE html>\n<html></html>\n", ["line 1", LIST, UNREAD]),
    "a line without a suite": (LIST, "deb https://x.example.org\n", ["Malformed entry 1", LIST, "Suite", UNREAD]),
    "a line without components": (LIST, "deb https://x.example.org trixie\n", ["Malformed entry 1", LIST, UNREAD]),
    "a path with components": (LIST, "deb https://x.example.org ./ main\n", ["Malformed entry 1", LIST, UNREAD]),
    "no blank behind the options": (LIST, "deb [signed-by=/x.gpg]https://x.example.org a b\n", [LIST, UNREAD]),
    "an option without a value": (LIST, "deb [trusted] https://x.example.org a b\n", [LIST, UNREAD]),
    "options that do not end": (LIST, "deb [arch=amd64 https://x.example.org a b\n", [LIST, UNREAD]),
    "no address": (LIST, "deb /x.example.org a b\n", [LIST, UNREAD]),
    "another type": (LIST, "rpm https://x.example.org a b\n", ["line 1", LIST, UNREAD]),
    "the second line": (LIST, "deb https://x.example.org a b\ndeb\n", [LIST, UNREAD]),
    "a stanza without suites": (DEB822, "Types: deb\nURIs: https://x.example.org\n", ["entry 1", DEB822, UNREAD]),
    "a stanza without an address": (DEB822, "Types: deb\nSuites: a\nComponents: b\n", ["entry 1", DEB822, UNREAD]),
    "a stanza without types": (DEB822, "URIs: https://x.example.org\nSuites: a\nComponents: b\n", [DEB822, UNREAD]),
    "a field without a colon": (DEB822, "Types: deb\nURIs https://x.example.org\nSuites: a\n", [DEB822, UNREAD]),
    "a page in the place of stanzas": (DEB822, "<html>\n<body>not found</body>\n</html>\n", [DEB822]),
    "the second stanza": (
        DEB822,
        "Types: deb\nURIs: https://x.example.org\nSuites: a\nComponents: b\n\nTypes: deb\n",
        ["entry 2", DEB822, UNREAD],
    ),
    "a pin without a colon": (PINS, "Package: docker-ce\nPin version 5\n", [PINS]),
    "a pin of nothing": (PINS, "Pin: version 5\nPin-Priority: 1\n", [PINS, "no Package header"]),
    "a pin without a priority": (PINS, "Package: docker-ce\nPin: version 5\n", ["No priority"]),
    "a setting that is none": (SETTINGS, "nonsense\n", ["Syntax error", SETTINGS]),
    "a setting without an end": (SETTINGS, 'Acquire::http::Proxy "http://proxy.example.org"\n', [SETTINGS]),
    "a database that is none": (DATABASE, STATUS + "gar\0bage\n", ["Unable to parse", DATABASE]),
}
FINE = {
    LIST: """\
# deb
deb [arch=amd64 signed-by=/x.gpg] https://x.example.org a b # c
deb-src https://v.example.org a b
deb [ trusted=yes ] http://y.example.org ./
deb cdrom:[Debian GNU/Linux 12]/ bookworm main
""",
    DEB822: """\
# Comment
Types: deb deb-src
URIs: https://z.example.org
Suites: a
# within
Components: b
 c
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 mDMEZ
 -----END PGP PUBLIC KEY BLOCK-----


types: deb
uris: http://w.example.org
suites: ./

Enabled: no
Types: deb
URIs: http://u.example.org
""",
    PINS: """\
Explanation: why
Package: docker-ce
Pin: version 5:28.*
Pin-Priority: 1001

# comment
Package: *
Pin: release n=trixie
Pin-Priority: -1
""",
    SETTINGS: """\
// comment "
# another {
/* and
one more */
Acquire::http::Proxy "http://proxy.example.org:3128/"; Acquire { Retries "3"; https { Timeout 5; }; }
DPkg::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb || true"; };
#clear DPkg::Nothing;
APT::NeverAutoRemove { "^firmware-linux.*"; "^linux-firmware$"; };
""",
}


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("SOURCES", "PREFERENCES", "SETTINGS"):
        monkeypatch.setattr(errors, name, tuple(f"{tmp_path}{path}" for path in getattr(errors, name)))
    monkeypatch.setattr(errors, "STATUS", f"{tmp_path}{DATABASE}")
    return apt_root.made(tmp_path, monkeypatch)


@pytest.mark.parametrize("asked", [True, False], ids=["asked", "where it looks odd"])
@pytest.mark.parametrize("name", BROKEN)
def test_what_apt_cannot_read_is_named_with_its_own_words(root: Path, name: str, asked: bool) -> None:
    path, text, words = BROKEN[name]
    write(root, path, text)
    prober = Prober()
    (found,) = errors.errors(prober, asked)
    assert found["path"] == f"{root}{path}"
    assert found["packages"] == []
    assert all(word in found["words"] for word in words), found["words"]
    assert path in found["remedy"]
    (problem,) = prober.problems
    assert problem["code"] == "package_manager"
    assert found["words"] in problem["message"]


@pytest.mark.parametrize("path", FINE)
def test_what_apt_can_read_is_no_error_and_looks_like_none(
    root: Path, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(root, path, FINE[path])
    prober = Prober()
    assert errors.errors(prober, True) == []
    monkeypatch.setattr(prober, "run", None)
    assert errors.errors(prober, False) == []
    assert prober.problems == []


def test_files_of_this_machine_do_not_look_odd() -> None:
    assert not any(errors._odd_settings(Path(path).read_text()) for path in errors.files(*errors.SETTINGS))


def test_files_that_apt_passes_over_are_no_error(root: Path) -> None:
    write(root, LIST + ".save", "<html>")
    write(root, PINS + ".bak", "<html>")
    assert errors.errors(Prober(), True) == []


def test_each_file_that_is_broken_is_named(root: Path) -> None:
    write(root, LIST, "nonsense\n")
    write(root, DEB822, "Types: deb\nURIs: https://x.example.org\n")
    assert {each["path"] for each in errors.errors(Prober(), True)} == {f"{root}{LIST}", f"{root}{DEB822}"}


@pytest.mark.parametrize("asked", [True, False])
def test_two_lists_that_contradict_each_other_are_reported(root: Path, asked: bool) -> None:
    for name in "ab":
        path = f"/etc/apt/sources.list.d/{name}.list"
        write(root, path, f"deb [signed-by=/{name}.gpg] https://x.example.org a b\n")
    (found,) = errors.errors(Prober(), asked)
    assert "Conflicting values set for option Signed-By" in found["words"]
    assert found["path"] == ""


@pytest.mark.parametrize(
    ("content", "words"),
    [(None, "is no file"), ("", "not whole"), ("Package: a\nStatus: install ok installed\n", "whole")],
)
def test_a_database_that_is_missing_or_empty_is_an_error_that_apt_does_not_tell(
    root: Path, content: str | None, words: str
) -> None:
    if content is None:
        (root / DATABASE[1:]).unlink()
    else:
        write(root, DATABASE, content)
    (found,) = errors.errors(Prober(), False)
    assert found["path"] == f"{root}{DATABASE}"
    assert words in found["words"]
    assert "status-old" in found["remedy"]


def test_a_folder_in_the_databases_place_is_an_error(root: Path) -> None:
    (root / DATABASE[1:]).unlink()
    (root / DATABASE[1:]).mkdir()
    (found,) = errors.errors(Prober(), False)
    assert found["path"] == f"{root}{DATABASE}"


PACKAGES: dict[str, tuple[str, str, list[str], list[str]]] = {
    "unmet": ("install ok installed", "Depends: yacht (>= 2)\n", ["Unmet dependencies", "yacht"], []),
    "to be installed anew": ("install reinstreq half-installed", "", ["needs to be reinstalled"], ["zoo"]),
    "not configured": ("install ok half-configured", "", [], ["zoo"]),
    "not unpacked to its end": ("install ok unpacked", "", [], ["zoo"]),
    "waiting for a trigger": ("install ok triggers-pending", "", [], []),
    "gone": ("deinstall ok config-files", "", [], []),
}


@pytest.mark.parametrize("name", PACKAGES)
def test_packages_that_are_not_in_order_are_reported(root: Path, name: str) -> None:
    state, fields, words, undone = PACKAGES[name]
    write(root, DATABASE, STATUS + STANZA.format(state, fields))
    found = errors.errors(Prober(), True)
    assert [each["packages"] for each in found] == ([["zoo"]] if words else [])
    assert all(word in found[0]["words"] for word in words)
    assert errors.undone(Prober()) == undone


def test_a_host_without_apt_has_no_errors_of_it(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(root))
    assert errors.errors(Prober(), True) == []


def test_an_apt_that_hangs_is_a_problem_and_no_error(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(root, "/bin/apt-get", "#!/bin/sh\nsleep 20\n")
    (root / "bin/apt-get").chmod(0o755)
    monkeypatch.setenv("PATH", f"{root}/bin:/usr/bin:/bin")
    prober = Prober(timeout=0.3)
    assert errors.errors(prober, True) == []
    assert [each["code"] for each in prober.problems] == ["timeout"]

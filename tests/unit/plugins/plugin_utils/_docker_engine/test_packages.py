# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the plan says about packages and where they come from."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from ansible_collections.dockyard.gpu.plugins.module_utils._packages import repositories
from ansible_collections.dockyard.gpu.plugins.plugin_utils._docker_engine import sources
from ansible_collections.dockyard.gpu.plugins.plugin_utils._docker_engine.plan import plan
from ansible_collections.dockyard.gpu.plugins.plugin_utils._planning.step import PlanInvalid
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils import hosts
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils.hosts import bare_host, package, settings, steps
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils.stand_in import Machine

UPSTREAM = "https://download.docker.com/linux/debian"
DEBIAN = "http://deb.example.org/debian"
RUNNING = {"binary": "/usr/bin/dockerd", "running": True, "answers": True, "socket": None}


def upstream_machine(**parts: object) -> Machine:
    """A machine with everything in place, made by a run of its own."""
    machine = Machine(bare_host())
    machine.converge(settings(**parts))
    return machine


@pytest.mark.parametrize(
    ("distribution", "address", "suite"),
    [
        (hosts.BOOKWORM, "linux/debian", "bookworm"),
        (hosts.TRIXIE, "linux/debian", "trixie"),
        (hosts.NOBLE, "linux/ubuntu", "noble"),
        (hosts.MINT, "linux/ubuntu", "noble"),
        (hosts.LMDE, "linux/debian", "trixie"),
        (hosts.RASPBIAN, "linux/debian", "bookworm"),
        (hosts.DEVUAN, "linux/debian", "trixie"),
        (hosts.TRISQUEL, "linux/ubuntu", "noble"),
    ],
)
def test_a_derivative_gets_the_repository_of_what_it_is_made_from(
    distribution: hosts.Described, address: str, suite: str
) -> None:
    found = steps(bare_host(distribution=distribution), settings())
    content = found["repository"]["to"]["content"]
    assert f"URIs: https://download.docker.com/{address}\n" in content
    assert f"Suites: {suite}\n" in content
    assert "Architectures: amd64\n" in content
    assert "Signed-By: /etc/apt/keyrings/docker.asc\n" in content
    assert found["repository_key"]["to"]["url"] == f"https://download.docker.com/{address}/gpg"
    assert found["repository_key"]["to"]["fingerprint"] == "9DC858229FC7DD38854AE2D88D81803C0EBFCD88"


@pytest.mark.parametrize("distribution", hosts.UNKNOWN, ids=lambda each: f"{each['id']} {each['codename']}")
def test_a_release_that_docker_does_not_build_for_is_an_error_that_names_the_suite(
    distribution: hosts.Described,
) -> None:
    host = bare_host(distribution=distribution)
    with pytest.raises(
        PlanInvalid, match=r"^docker_engine_repository_suite: .*one of bullseye, .*docker_engine_source"
    ):
        plan(host, settings())
    assert steps(host, settings(source="distribution"))
    for suite, family in (("trixie", "debian"), ("noble", "ubuntu")):
        content = steps(host, settings(repository_suite=suite))["repository"]["to"]["content"]
        assert f"URIs: https://download.docker.com/linux/{family}\n" in content
        assert f"Suites: {suite}\n" in content
    # One that Docker has not built for yet, when this was written.
    content = steps(host, settings(repository_suite="quux"))["repository"]["to"]["content"]
    assert "Suites: quux\n" in content


def test_a_mirror_changes_the_address_and_not_the_key() -> None:
    found = steps(bare_host(), settings(repository_url="https://mirror.example.org/docker/"))
    assert "URIs: https://mirror.example.org/docker/linux/debian\n" in found["repository"]["to"]["content"]
    assert found["repository_key"]["to"]["url"] == "https://mirror.example.org/docker/linux/debian/gpg"
    assert found["repository_key"]["to"]["fingerprint"] == hosts.UPSTREAM_KEY


@pytest.mark.parametrize(
    ("source", "distribution", "installed"),
    [
        ("upstream", hosts.TRIXIE, "docker-ce docker-ce-cli containerd.io docker-buildx-plugin docker-compose-plugin"),
        ("distribution", hosts.BOOKWORM, "docker.io"),
        ("distribution", hosts.RASPBIAN, "docker.io"),
        ("distribution", hosts.TRIXIE, "docker.io docker-cli docker-buildx docker-compose"),
        ("distribution", hosts.LMDE, "docker.io docker-cli docker-buildx docker-compose"),
        ("distribution", hosts.TESTING, "docker.io docker-cli docker-buildx docker-compose"),
        ("distribution", hosts.NOBLE, "docker.io docker-buildx docker-compose-v2"),
        ("distribution", hosts.MINT, "docker.io docker-buildx docker-compose-v2"),
    ],
)
def test_packages_have_their_sources_names(source: str, distribution: hosts.Described, installed: str) -> None:
    host = bare_host(distribution=distribution)
    wanted = settings(source=source)
    companions = {"ca-certificates", "apparmor"}
    assert set(steps(host, wanted)["packages"]["to"]) == {*installed.split(), *companions}
    bare = steps(host, {**wanted, "buildx": False, "compose": False})["packages"]["to"]
    assert not [name for name in bare if "buildx" in name or "compose" in name]


OFFERED = [f"5:{version}-1~debian.13~trixie" for version in ("29.8.0~rc.1", "29.10.0", "29.70.0", "29.7.2", "28.5.2")]


@pytest.mark.parametrize(
    ("had", "desired", "installed"),
    [
        ("28.5.2", "29.7", "29.7.2"),
        ("29.10.0", "28.5", "28.5.2"),
        ("29.7.2", "29.70", "29.70.0"),
        ("29.7.2", "latest", "29.70.0"),
        ("29.7.2", "29", None),
        ("29.7.1", "29.7", None),
        ("29.7.1", "present", None),
        ("29.80.0", "latest", None),
    ],
)
def test_a_version_is_chosen_from_what_is_offered(had: str, desired: str, installed: str | None) -> None:
    machine = upstream_machine()
    for name in ("docker-ce", "docker-ce-cli"):
        machine.host["packages"][name]["version"] = f"5:{had}-1~debian.13~trixie"
    machine.host["engine"]["version"] = had
    machine.host["offered"] = dict.fromkeys(["docker-ce", "docker-ce-cli"], OFFERED)
    found = steps(machine.host, settings(version=desired, hold=False))
    if installed is None:
        assert found == {}
        return
    exact = f"5:{installed}-1~debian.13~trixie"
    assert found["packages"]["to"] == {"docker-ce": exact, "docker-ce-cli": exact}
    assert found["packages"]["from"]["docker-ce"] == f"5:{had}-1~debian.13~trixie"
    assert found["packages"]["disrupts"] == "restart"
    assert found["service"]["why"] == "its packages were replaced"


def test_before_the_index_is_read_the_preview_names_the_desired() -> None:
    found = steps(bare_host(), settings(version="29.7"))
    assert found["packages"]["to"]["docker-ce"] == "*29.7*"
    assert list(found).index("index") < list(found).index("packages")


@pytest.mark.parametrize("index", [{"age_s": None, "files": []}, {"age_s": 60, "files": ["other"]}])
def test_a_version_of_which_no_index_tells_is_said_to_be_unknown(index: hosts.Described) -> None:
    found = steps(bare_host(index=index), settings(version="99.9"))
    assert "whether the repository has 99.9 is known once its index is updated" in found["packages"]["why"]
    assert found["packages"]["why"].count("99.9") == 1
    assert "known once" not in steps(bare_host(index=index), settings())["packages"]["why"]


@pytest.mark.parametrize("version", ["1.13", "13", "16.04", "21.0", "22.06.1"])
def test_a_version_that_never_was_is_an_error_before_any_index(version: str) -> None:
    with pytest.raises(
        PlanInvalid, match=rf"^docker_engine_version: {version} is no release of Docker Engine"
    ) as reported:
        plan(bare_host(index={"age_s": None, "files": []}), settings(version=version))
    assert len(reported.value.reasons) == 1


@pytest.mark.parametrize(("age", "max_age"), [(60, 0), (90_000, 86_400)])
def test_a_version_that_the_index_has_not_is_reported_although_the_index_is_read_again(age: int, max_age: int) -> None:
    machine = upstream_machine()
    machine.host["index"]["age_s"] = age
    offered = ["5:29.10.0-1", "5:29.7.2-1"]
    machine.host["offered"] = {"docker-ce": offered, "docker-ce-cli": offered}
    why = steps(machine.host, settings(version="29.11", index_max_age=max_age))["packages"]["why"]
    assert "the package index has no 29.11 yet, but 29.10.0, 29.7.2, and is updated first" in why
    known = steps(machine.host, settings(version="29.7", index_max_age=max_age))["packages"]["why"]
    assert "has no" not in known


def test_an_old_index_is_read_before_a_version_is_given_up() -> None:
    machine = upstream_machine()
    machine.host["index"]["age_s"] = 90_000
    machine.host["offered"] = {"docker-ce": ["5:29.10.0-1"], "docker-ce-cli": ["5:29.10.0-1"]}
    found = steps(machine.host, settings(version="29.11"))
    assert found["index"]["to"] == "all"
    assert "25 hours old" in found["index"]["why"]


@pytest.mark.parametrize(
    ("source", "age", "version", "scope"),
    [
        ("distribution", None, "present", "all"),
        ("distribution", 90_000, "present", "all"),
        ("distribution", 60, "present", None),
        ("upstream", 60, "present", "repository"),
        ("upstream", 90_000, "present", "all"),
    ],
)
def test_the_index_is_read_as_far_as_needed(source: str, age: int | None, version: str, scope: str | None) -> None:
    host = bare_host(index={"age_s": age, "files": []})
    found = steps(host, settings(source=source, version=version)).get("index")
    assert (found["to"] if found else None) == scope


def test_a_host_with_nothing_to_install_needs_no_fresh_index() -> None:
    machine = upstream_machine()
    machine.host["index"]["age_s"] = 90_000
    assert plan(machine.host, settings()) == []
    machine.look_for_versions(settings(version="latest"))
    assert list(steps(machine.host, settings(version="latest"))) == ["index"]


def test_other_files_that_name_the_repository_go_and_their_neighbours_stay() -> None:
    entries = [
        hosts.entry("/etc/apt/sources.list", DEBIAN),
        hosts.entry("/etc/apt/sources.list", UPSTREAM),
        hosts.entry("/etc/apt/sources.list.d/docker.list", UPSTREAM, signed_by="/etc/apt/keyrings/docker.gpg"),
        hosts.entry("/etc/apt/sources.list.d/old.sources", "http://x.org/download.docker.com/linux/debian", "deb822"),
        hosts.entry("/etc/apt/sources.list.d/debian.sources", DEBIAN, "deb822"),
        hosts.entry("/etc/apt/sources.list.d/other.list", "https://download.docker.com.example.org/linux/debian"),
    ]
    found = plan(bare_host(repositories=entries), settings())
    assert [step["from"] for step in found if step["step"] == "foreign_repository"] == [
        "/etc/apt/sources.list.d/docker.list",
        "/etc/apt/sources.list.d/old.sources",
    ]
    (lines,) = [step for step in found if step["step"] == "foreign_repository_lines"]
    assert (lines["from"], lines["to"]) == ("/etc/apt/sources.list", [UPSTREAM])


def test_the_mirror_counts_as_the_repository_with_credentials_or_without() -> None:
    path = "/etc/apt/sources.list"
    mirror = "https://***@mirror.example.org/docker/linux/debian"
    entries = [hosts.entry(path, DEBIAN), hosts.entry(path, mirror)]
    found = steps(bare_host(repositories=entries), settings(repository_url="https://mirror.example.org/docker"))
    assert found["foreign_repository_lines"]["to"] == [mirror]
    assert "foreign_repository_lines" not in steps(bare_host(repositories=entries), settings())


def test_dockers_key_is_trusted_in_one_place() -> None:
    keys = [
        hosts.key_file("/etc/apt/trusted.gpg", hosts.OTHER_KEY, hosts.UPSTREAM_KEY),
        hosts.key_file("/etc/apt/keyrings/docker.gpg", hosts.UPSTREAM_KEY),
        hosts.key_file("/etc/apt/keyrings/mirror.gpg", hosts.UPSTREAM_KEY),
        hosts.key_file("/etc/apt/keyrings/docker.asc", hosts.UPSTREAM_KEY),
        hosts.key_file("/usr/share/keyrings/other.gpg", hosts.OTHER_KEY),
    ]
    entries = [
        hosts.entry("/etc/apt/sources.list.d/d.list", UPSTREAM, signed_by="/etc/apt/keyrings/docker.gpg"),
        hosts.entry("/etc/apt/sources.list.d/m.list", "http://m.org/x", signed_by="/etc/apt/keyrings/mirror.gpg"),
    ]
    found = plan(bare_host(repository_keys=keys, repositories=entries), settings())
    # Another repository's key stays, even if it is Docker's.
    assert [step["from"] for step in found if step["step"] == "foreign_key"] == [
        {"path": "/etc/apt/trusted.gpg", "fingerprint": hosts.UPSTREAM_KEY},
        {"path": "/etc/apt/keyrings/docker.gpg", "fingerprint": hosts.UPSTREAM_KEY},
    ]
    assert "repository_key" not in [step["step"] for step in found]


def test_the_distributions_source_takes_only_our_repository_away() -> None:
    machine = upstream_machine()
    found = plan(machine.host, settings(source="distribution"))
    assert [(step["step"], step["from"]) for step in found[:2]] == [
        ("foreign_repository", "/etc/apt/sources.list.d/docker.sources"),
        ("foreign_key", {"path": "/etc/apt/keyrings/docker.asc", "fingerprint": hosts.UPSTREAM_KEY}),
    ]
    host = bare_host(repositories=[hosts.entry("/etc/apt/sources.list.d/docker.list", UPSTREAM)])
    host["files"]["/etc/apt/sources.list.d/docker.sources"] = {"content": "Types: deb\n", "mode": "0644"}
    assert "foreign_repository" not in steps(host, settings(source="distribution"))


@pytest.mark.parametrize(
    ("source", "found", "goes", "disrupts"),
    [
        ("upstream", ["docker.io", "containerd", "runc", "docker-cli"], None, "restart"),
        ("upstream", ["docker-doc", "docker-compose"], None, "none"),
        ("upstream", ["podman-docker"], None, "none"),
        ("upstream", ["podman", "nvidia-container-toolkit"], [], "none"),
        ("distribution", ["docker-ce", "containerd.io", "docker-buildx-plugin"], None, "restart"),
        ("distribution", ["docker-ce-rootless-extras"], None, "none"),
    ],
)
def test_what_cannot_stand_beside_goes(source: str, found: list[str], goes: list[str] | None, disrupts: str) -> None:
    host = bare_host(packages={name: package("1") for name in found}, engine=RUNNING)
    step = steps(host, settings(source=source)).get("conflicts")
    assert sorted(step["from"] if step else []) == sorted(found if goes is None else goes)
    assert (step["disrupts"] if step else "none") == disrupts
    host["engine"]["running"] = False
    assert steps(host, settings(source=source)).get("conflicts", {"disrupts": "none"})["disrupts"] == "none"


def test_a_client_or_a_plugin_is_replaced_beside_a_running_engine() -> None:
    machine = upstream_machine()
    for name in ("docker-ce-cli", "docker-buildx-plugin"):
        del machine.host["packages"][name]
    found = steps(machine.host, settings())
    assert list(found) == ["packages"]
    assert found["packages"]["disrupts"] == "none"


@pytest.mark.parametrize("state", ["half-installed", "half-configured", "unpacked"])
def test_a_package_that_was_left_half_way_is_not_installed(state: str) -> None:
    machine = upstream_machine()
    machine.host["packages"]["docker-ce"]["state"] = state
    assert steps(machine.host, settings())["packages"]["from"] == {"docker-ce": state}
    machine.host["packages"]["docker-ce"]["state"] = "triggers-pending"
    assert plan(machine.host, settings()) == []


def test_packages_are_held_or_released() -> None:
    names = ["docker-ce", "docker-ce-cli", "containerd.io"]
    assert steps(bare_host(), settings(hold=True))["hold"]["from"] == names
    assert "unhold" not in steps(bare_host(), settings(hold=False))
    machine = upstream_machine(hold=True)
    machine.host["packages"]["containerd.io"]["held"] = False
    assert steps(machine.host, settings(hold=True))["hold"]["from"] == ["containerd.io"]
    # Of the third, the record goes.
    assert steps(machine.host, settings(hold=False))["unhold"]["from"] == names


@pytest.mark.skipif(not shutil.which("apt-get"), reason="apt-get, whose file names are compared, is not on this host")
@pytest.mark.parametrize(
    "url",
    [
        "https://download.docker.com",
        "http://mirror.example.org:8080/a_b/",
        "http://mirror.example.org/~docker/x=y!z@1",
        "http://mirror.example.org/(a)+b,c;d'e%20f",
        "http://mirror.example.org/a#b$c&d^e*f",
    ],
)
def test_index_files_are_named_as_apt_names_them(url: str, tmp_path: Path) -> None:
    distribution = bare_host()["distribution"]
    source = tmp_path / "docker.sources"
    desired = sources.repository(settings(repository_url=url), distribution)
    assert desired
    source.write_text(desired.content.replace("/etc/apt/keyrings/docker.asc", "/dev/null"))
    options = [f"Dir::Etc::SourceList={source}", "Dir::Etc::SourceParts=-", f"Dir::State::lists={tmp_path}"]
    command = ["apt-get", "update", "--print-uris", *(f"-o={option}" for option in options)]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    named = [line.split()[1] for line in output.splitlines() if "_Packages " in line]
    assert named
    assert all(name.startswith(tuple(repositories.index_prefixes(desired))) for name in named), named

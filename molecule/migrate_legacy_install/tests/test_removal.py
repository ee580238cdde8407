# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""At the end, the collection is removed from hosts that had an engine before it. The tests stand in their order."""

from __future__ import annotations

import json

from control import play, shell

HOSTS = ("old-debian12", "old-debian13")
VOLUME = "/var/lib/docker/volumes/kept/_data/file"


def members(host: str) -> list[str]:
    return sorted(shell(host, "getent group docker").rpartition(":")[2].split(","))


def test_one_member_is_the_persons_and_one_is_made_by_the_role() -> None:
    for host in HOSTS:
        shell(host, "useradd ada; useradd bob; gpasswd --add bob docker")
    run = play("dockyard.gpu.site", {host: {"docker_group_users": ["ada", "bob"]} for host in HOSTS})
    assert [run.message(host) for host in HOSTS] == ["", ""]
    assert [members(host) for host in HOSTS] == [["ada", "bob"], ["ada", "bob"]]


def test_only_what_the_collection_brought_goes_and_the_rest_is_reported() -> None:
    run = play("dockyard.gpu.remove", {host: {"remove_data": True} for host in HOSTS})
    assert [run.message(host) for host in HOSTS] == ["", ""]
    for host in HOSTS:
        reported = " ".join(run.result("Show what stays, and why", host)["msg"])
        assert "docker.io" in reported
        assert "was here before docker_engine replaced it" in reported
        assert "/var/lib/docker stays: it held images, containers or volumes of another engine" in reported
        assert "the group docker stays: it was here before" in reported
        assert shell(host, f"cat {VOLUME}") == "precious"
        assert members(host) == ["bob"]
        assert shell(host, "command -v dockerd || :") == ""
        assert json.loads(shell(host, "cat /etc/docker/daemon.json")) == {
            "labels": ["site=old"],
            "log-driver": "json-file",
            "log-opts": {"max-size": "1g", "tag": "{{.Name}}"},
            "live-restore": False,
        }
    summary = run.text("Summarize what is left on each host")
    assert summary.count("stays: /var/lib/docker stays") == len(HOSTS)


def test_the_persons_repositories_and_keys_are_back() -> None:
    for host in HOSTS:
        assert "stable" in shell(host, "cat /etc/apt/sources.list.d/docker.list")
        assert "# again" in shell(host, "cat /etc/apt/sources.list.d/mine.list")
        assert shell(host, "ls /etc/apt/sources.list.d/docker.sources /var/lib/dockyard 2>/dev/null || :") == ""
        shell(host, "test -s /usr/share/keyrings/docker-archive-keyring.gpg && apt-get update")


def test_once_more_changes_nothing() -> None:
    again = play("dockyard.gpu.remove", {host: {"remove_data": True} for host in HOSTS})
    assert [(again.failures(host), again.changes(host)) for host in HOSTS] == [(0, []), (0, [])]


def test_the_engine_that_the_person_had_finds_its_data_and_is_never_taken_for_ours() -> None:
    for host in HOSTS:
        # Debian 13 has the command in a package of its own.
        command = "docker-cli" if host == "old-debian13" else ""
        shell(host, f"DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends docker.io {command}")
        shell(host, "systemctl start docker; docker logs stopped | grep 'from the past'")
    run = play("dockyard.gpu.remove", {host: {"remove_data": True} for host in HOSTS})
    assert [(run.failures(host), run.changes(host)) for host in HOSTS] == [(0, []), (0, [])]
    for host in HOSTS:
        assert "no record says that this collection installed it" in str(
            run.result("Show what stays, and why", host)["msg"]
        )
        assert shell(host, "docker ps --all --format '{{.Names}}'") == "stopped"

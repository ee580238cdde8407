"""What the old recipe left is gone, and what the person had is there."""

from __future__ import annotations

import json
import os
from pathlib import Path

from kept import journal, name_of, repository
from testinfra.host import Host

SHOW = Path(__file__).parents[2] / "shared/data/show.sh"
GONE = (
    "/etc/apt/sources.list.d/docker.list",
    "/etc/apt/trusted.gpg.d/docker.gpg",
    "/usr/share/keyrings/docker-archive-keyring.gpg",
)


def test_images_containers_and_volumes_are_there(host: Host) -> None:
    before = Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"], f"before-{name_of(host)}").read_text().strip()
    assert "precious" in before
    assert host.check_output(SHOW.read_text()).splitlines() == before.splitlines()


def test_other_peoples_keys_of_daemon_json_are_kept(host: Host) -> None:
    content = json.loads(host.file("/etc/docker/daemon.json").content_string)
    assert content["labels"] == ["site=old"]
    # Where a default differs from what the person wrote, the person's stays.
    assert content["log-opts"] == {"max-size": "1g", "tag": "{{.Name}}", "max-file": "5"}
    assert content["live-restore"] is False
    assert "site=old" in host.check_output("docker info --format '{{json .Labels}}'")


def test_the_old_repository_files_are_gone_and_apt_has_nothing_to_say(host: Host) -> None:
    for path in GONE:
        assert not host.file(path).exists, path
    assert host.file("/etc/apt/sources.list.d/mine.list").content_string == "deb [trusted=yes] copy:/srv/mine ./\n"
    update = host.run("apt-get update")
    assert update.rc == 0
    words = [line for line in update.stderr.splitlines() if "legacy trusted.gpg" not in line]
    assert words == []


def test_dockers_key_is_in_no_keyring_for_everything(host: Host) -> None:
    shown = host.run("gpg --show-keys --with-colons /etc/apt/trusted.gpg /etc/apt/trusted.gpg.d/*").stdout
    assert repository()["fingerprint"] not in shown
    if host.file("/etc/apt/trusted.gpg").exists:
        # The key that the person added beside it is someone else's.
        ours = "gpg --no-default-keyring --keyring /etc/apt/trusted.gpg --list-keys --with-colons"
        assert host.check_output(f"{ours} | grep --count ^pub") == "1"


def test_packages_are_upstreams(host: Host) -> None:
    for name in ("docker.io", "containerd", "runc"):
        assert not host.package(name).is_installed, name
    for name in ("docker-ce", "containerd.io"):
        assert host.package(name).is_installed, name


def test_engine_was_started_once_by_the_run(host: Host) -> None:
    # systemd's message "unit started"; two of them are the person's.
    started = journal(host, "MESSAGE_ID=39f53479d3a045ac8e11786248231fbf", "UNIT=docker.service")
    assert len(started) == 3

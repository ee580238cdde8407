# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each thing that the roles manage is tampered with: the plan names it, one run heals it, the next changes nothing."""

from __future__ import annotations

import functools
from typing import NamedTuple

import pytest
from control import Run, play, shell

HOSTS = ("tampering-1", "tampering-2", "tampering-3")
REPOSITORY = "/etc/apt/sources.list.d/docker.sources"
KEY = "/etc/apt/keyrings/docker.asc"
DAEMON_JSON = "/etc/docker/daemon.json"
DROP_IN = "/etc/systemd/system/docker.service.d/dockyard.conf"
PROXY = "/etc/dockyard/proxy.env"
OTHER_KEY = "http://packages.lab/wrongkey/linux/debian/gpg"

# Everything that the roles manage, as the host itself has it.
MANAGED = f"""
for file in {REPOSITORY} {KEY} {DROP_IN} {PROXY} /etc/systemd/system/containerd.service.d/dockyard.conf; do
    stat --format='%n %a' $file; cat $file
done
python3 -m json.tool --sort-keys {DAEMON_JSON}
apt-mark showhold
dpkg-query --show 'docker-*' containerd.io
units='docker.service docker.socket containerd.service'
systemctl is-active $units; systemctl is-enabled $units
getent group docker | cut -d: -f4
stat --format='%n %G %a' /run/docker.sock
ls /var/lib/dockyard
"""


class Tampering(NamedTuple):
    command: str
    # The steps that the plan has for it; none for what is somebody else's.
    steps: tuple[str, ...]


def edit(change: str) -> str:
    return (
        f'python3 -c \'import json; p = "{DAEMON_JSON}"; c = json.load(open(p)); {change}; json.dump(c, open(p, "w"))\''
    )


TAMPERINGS = {
    "repository file edited": Tampering(f"sed -i s/stable/nightly/ {REPOSITORY}", ("repository", "index")),
    "repository file deleted": Tampering(f"rm {REPOSITORY}", ("repository", "index")),
    "key replaced": Tampering(f"/usr/lib/apt/apt-helper download-file {OTHER_KEY} {KEY}", ("repository_key",)),
    "key deleted": Tampering(f"rm {KEY}", ("repository_key",)),
    "held package unheld": Tampering("apt-mark unhold docker-ce", ("hold",)),
    "plugin removed": Tampering("apt-get -qq remove --yes docker-compose-plugin", ("packages",)),
    "wanted key for a restart": Tampering(edit('c["log-opts"]["max-file"] = "1"'), ("config", "service")),
    "wanted key for a reload": Tampering(edit('c["live-restore"] = False'), ("config",)),
    "foreign key added": Tampering(edit('c["shutdown-timeout"] = 20'), ()),
    "daemon.json deleted": Tampering(f"rm {DAEMON_JSON}", ("config", "service")),
    "drop-in removed": Tampering(f"rm {DROP_IN}", ("proxy", "service")),
    "proxy edited": Tampering(f"sed -i s/3128/3129/ {PROXY}", ("proxy", "service")),
    "proxy readable by all": Tampering(f"chmod 0644 {PROXY}", ("proxy", "service")),
    "service stopped": Tampering("systemctl stop docker.service", ("service",)),
    "service and socket stopped": Tampering("systemctl stop docker.service docker.socket", ("service",)),
    "service disabled": Tampering("systemctl disable docker.service", ("enable",)),
    "containerd stopped": Tampering("systemctl stop containerd.service", ("units",)),
    "member removed": Tampering("gpasswd --delete alice docker", ("members",)),
    "group deleted": Tampering("groupdel docker", ("group", "members", "socket", "group")),
    "socket of another group": Tampering("chgrp root /run/docker.sock", ("socket",)),
    "proof interrupted": Tampering("mkdir /var/lib/dockyard/docker_engine.unproven", ("prove",)),
}


class Course(NamedTuple):
    """What happened on one host from the tampering on."""

    host: str
    wished: str
    tampered: str
    plan: Run
    heals: Run
    healed: str
    again: Run


@functools.cache
def course(names: tuple[str, ...]) -> dict[str, Course]:
    """Several hosts at once, each with a tampering of its own."""
    hosts = dict(zip(names, HOSTS, strict=False))
    wishes: dict[str, dict[str, object]] = {host: {} for host in hosts.values()}
    wished = {name: shell(host, MANAGED) for name, host in hosts.items()}
    for name, host in hosts.items():
        shell(host, TAMPERINGS[name].command)
    tampered = {name: shell(host, MANAGED, check=False) for name, host in hosts.items()}
    plan, heals = play("dockyard.gpu.plan", wishes), play("dockyard.gpu.site", wishes)
    healed = {name: shell(host, MANAGED) for name, host in hosts.items()}
    again = play("dockyard.gpu.site", wishes)
    return {
        name: Course(host, wished[name], tampered[name], plan, heals, healed[name], again)
        for name, host in hosts.items()
    }


@pytest.fixture
def seen(request: pytest.FixtureRequest) -> Course:
    names = tuple(TAMPERINGS)
    first = names.index(request.param) // len(HOSTS) * len(HOSTS)
    return course(names[first : first + len(HOSTS)])[request.param]


@pytest.mark.parametrize(
    ("name", "seen"), [(name, name) for name in TAMPERINGS], ids=list(TAMPERINGS), indirect=["seen"]
)
def test_is_named_and_healed(name: str, seen: Course) -> None:
    steps = TAMPERINGS[name].steps
    assert seen.tampered != seen.wished
    assert sorted(seen.plan.plan(seen.host)) == sorted(steps), "the plan"
    assert seen.heals.failures(seen.host) == 0, seen.heals.message(seen.host)
    assert bool(seen.heals.changed(seen.host)) == bool(steps), seen.heals.changes(seen.host)
    assert seen.healed == (seen.wished if steps else seen.tampered)
    assert seen.again.failures(seen.host) == 0, seen.again.message(seen.host)
    assert seen.again.changed(seen.host) == 0, seen.again.changes(seen.host)

# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Containers and their GPUs on a real engine; cards, driver and CDI specification are the lab's stand-ins."""

from __future__ import annotations

import functools
import os
import subprocess
import time
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml
from control import Run, play, play_verbosely, shell

HOST = "workloads-h100"
WORKLOADS = "dockyard.gpu.workloads"
UUIDS = [f"GPU-68100{number}00-4a1e-4b02-9c11-d0c4a4d0000{number}" for number in range(8)]
# What stays as it is, whatever is rejected.
STATE = "docker ps --all --no-trunc --format '{{.ID}} {{.Names}} {{.State}}' | sort; docker images --quiet"
KEPT = "docker inspect --format '{{.Id}} {{.HostConfig.Binds}} {{.HostConfig.PortBindings}} {{.Config}}' keeper"
# What the scenario's inventory describes, by name.
SCENARIO = yaml.safe_load((Path(os.environ["MOLECULE_SCENARIO_DIRECTORY"]) / "molecule.yml").read_text())
DESCRIBED = {
    each["name"]: each for each in SCENARIO["provisioner"]["inventory"]["group_vars"]["gpus"]["gpu_container_list"]
}


def desired(*others: dict[str, Any], **changes: dict[str, Any]) -> dict[str, Any]:
    """The containers that are described, with other keys for those that are named, and others beside them."""
    return {"gpu_container_list": [*({**each, **changes.get(name, {})} for name, each in DESCRIBED.items()), *others]}


def other(name: str, **parts: Any) -> dict[str, Any]:
    return {**DESCRIBED["trainer"], "name": name, "gpus": "none", **parts}


def run(*others: dict[str, Any], **changes: dict[str, Any]) -> Run:
    return play(WORKLOADS, {HOST: desired(*others, **changes)})


def ids() -> dict[str, str]:
    lines = shell(HOST, "docker ps --all --format '{{.Names}} {{.ID}}'").splitlines()
    return dict(line.split() for line in lines)


def cards(container: str) -> list[str]:
    """The nodes of GPUs that are in it."""
    return [
        node
        for node in shell(HOST, f"docker exec {container} ls /dev").split()
        if node.removeprefix("nvidia").isdigit()
    ]


def given(container: str) -> set[str]:
    label = '{{index .Config.Labels "dockyard.gpu.uuids"}}'
    return set(shell(HOST, f"docker inspect --format '{label}' {container}").split(","))


def test_a_container_sees_the_card_and_the_files_that_it_was_given() -> None:
    assert cards("notebook") == ["nvidia1"]
    assert given("notebook") == {UUIDS[1]}
    assert shell(HOST, "docker exec notebook cat /tf/work/file") == "the file of the host"
    assert cards("trainer") == ["nvidia0", "nvidia2"], "not 1, which the notebook has, and it wants its own alone"


def test_a_second_run_changes_nothing_and_knows_what_ran_once() -> None:
    again = run()
    assert (again.failures(HOST), again.changes(HOST)) == (0, [])
    results = again.result("Show the output of containers that ran to their end", HOST)["ansible_facts"][
        "gpu_container_results"
    ]
    assert results["job"]["exit_code"] == 0
    assert "nvidia3\n" in results["job"]["output"]
    assert results["job"]["output"].endswith("the file of the host\n")


class Rejected(NamedTuple):
    containers: dict[str, Any]
    words: tuple[str, ...]


FIVE = {"count": 5, "exclusive": True}
REJECTED = {
    "GPU 9 of 8": Rejected(
        desired(notebook={"gpus": [9]}), ("notebook", "GPU 9 does not exist", "0, 1, 2, 3, 4, 5, 6, 7")
    ),
    "a folder that is not there": Rejected(
        desired(notebook={"volumes": ["/srv/wrok:/tf/work"]}), ("notebook", "/srv/wrok does not exist", "create it")
    ),
    "an image that cannot be had": Rejected(
        desired(notebook={"image": "127.0.0.1:9/gone:1", "pull": "missing"}),
        ("127.0.0.1:9/gone", "connection refused", "No container was touched"),
    ),
    "five and five of eight": Rejected(
        desired(other("fives", gpus=FIVE), trainer={"gpus": FIVE}),
        ("fives", "5 GPUs are requested exclusively", "trainer has GPU 0, 2, 4, 5, 6"),
    ),
    "a GPU of someone's container": Rejected(
        desired(other("mine", gpus={"devices": [7], "exclusive": True})), ("mine", UUIDS[7], "by-hand has it")
    ),
    "a name of someone's container": Rejected(desired(other("by-hand")), ("by-hand", "docker rm --force by-hand")),
}


@functools.cache
def rejected() -> tuple[str, Run, str]:
    """One run in which every setting is a host of its own, beside a container that someone started by hand."""
    shell(HOST, "docker run --detach --name by-hand --device nvidia.com/gpu=7 host-shell:1 sleep 3600")
    before = shell(HOST, STATE)
    at_home = {"ansible_host": HOST, "ansible_connection": "community.docker.docker"}
    done = play(WORKLOADS, {name: {**at_home, **each.containers} for name, each in REJECTED.items()})
    after = shell(HOST, STATE)
    shell(HOST, "docker rm --force by-hand")
    return before, done, after


@pytest.mark.parametrize("name", REJECTED)
def test_is_rejected_and_what_runs_goes_on(name: str) -> None:
    before, done, after = rejected()
    assert (done.failures(name), done.changed(name)) == (1, 0)
    message = done.message(name)
    assert [word for word in REJECTED[name].words if word not in message] == [], message
    assert after == before


def test_a_new_container_that_does_not_live_leaves_the_old_one_running() -> None:
    before = shell(HOST, STATE)
    pid = shell(HOST, "docker inspect --format '{{.State.Running}}' notebook")
    done = run(notebook={"command": "sh -c 'echo no such notebook; exit 3'"}, trainer={"entrypoint": ["/bin/gone"]})
    assert done.failures(HOST) == 1
    for words in ("exit code 3 and said: no such notebook", "/bin/gone"):
        assert words in done.message(HOST)
    assert shell(HOST, STATE) == before
    assert pid == "true"


def test_only_what_matters_makes_a_container_anew() -> None:
    before = ids()
    done = run(notebook={"env": {"COLOUR": "blue"}}, trainer={"restart_policy": "always"})
    assert done.failures(HOST) == 0, done.message(HOST)
    after = ids()
    assert {name for name in before if before[name] != after.get(name)} == {"notebook"}
    assert set(after) == set(before), "nothing is left of the exchange"
    assert shell(HOST, "docker inspect --format '{{.HostConfig.RestartPolicy.Name}}' trainer") == "always"
    assert cards("notebook") == ["nvidia1"]
    assert "COLOUR=blue" in shell(HOST, "docker inspect --format '{{.Config.Env}}' notebook")


@pytest.mark.thorough
def test_what_is_secret_in_an_environment_is_asked_to_no_one() -> None:
    secretive = other("secretive", env={"TOKEN": "opensesame"})
    made = play_verbosely(WORKLOADS, {HOST: desired(secretive)})
    changed = play_verbosely(WORKLOADS, {HOST: desired({**secretive, "state": "stopped", "restart_policy": "always"})})
    has = shell(HOST, "docker inspect --format '{{.State.Status}} {{.Config.Env}}' secretive")
    log = shell(HOST, "docker rm secretive >/dev/null; journalctl --no-pager --quiet | grep ansible")
    assert (made.returncode, changed.returncode) == (0, 0), made.stdout + changed.stdout
    assert has.startswith("exited")
    assert "TOKEN=opensesame" in has
    assert "container_exchange" in log, "what modules are given is in the host's log"
    for said in (made.stdout, changed.stdout, log):
        assert [line for line in said.splitlines() if "opensesame" in line] == []


@pytest.mark.thorough
def test_what_was_written_in_a_container_stays_through_stop_start_and_policy() -> None:
    """Images made from CUDA's say NVIDIA_VISIBLE_DEVICES=all, and the container says otherwise."""
    keeper = other("keeper", gpus=[5], ports=["127.0.0.1:8899:8899"], volumes=["/srv/work:/tf/work"])
    assert run(keeper).failures(HOST) == 0
    shell(HOST, "docker exec keeper sh -c 'echo months of work > /written'")
    before = shell(HOST, KEPT)
    shell(HOST, "docker stop keeper; docker network create extra; docker network connect extra keeper")
    always = {"restart_policy": "always"}
    for parts, expected in (
        ({}, {"networks": "none", "start": "none"}),
        (always, {"restart_policy": "none"}),
        ({**always, "state": "stopped"}, {"stop": "restart"}),
        (always, {"start": "none"}),
    ):
        described = {HOST: desired({**keeper, **parts})}
        assert announced(play(WORKLOADS, described, "--check")) == expected
        done = play(WORKLOADS, described)
        assert done.failures(HOST) == 0, done.message(HOST)
        assert shell(HOST, KEPT) == before
        assert shell(HOST, "docker cp keeper:/written - | tar --extract --to-stdout") == "months of work"
    # Its image is gone, and another one has the name: only the description decides.
    shell(HOST, "docker tag host-shell:1 saved; docker rmi --force host-shell:1; docker stop keeper")
    done = play(WORKLOADS, {HOST: desired({**keeper, **always})})
    shell(HOST, "docker tag saved host-shell:1; docker rmi saved")
    assert done.failures(HOST) == 0, done.message(HOST)
    assert shell(HOST, KEPT) == before
    changed = {HOST: desired({**keeper, **always, "user": "0"})}
    assert announced(play(WORKLOADS, changed, "--check")) == {"recreate": "restart"}
    shell(HOST, "docker rm --force keeper; docker network rm extra")


def announced(check: Run) -> dict[str, str]:
    """What a run with --check says that it would do, each with what it disrupts."""
    assert check.failures(HOST) == 0, check.message(HOST)
    said = [each["msg"] for each in check.result("Show what a run without --check would do", HOST)["results"]]
    return {words.partition(":")[0]: words.partition("disrupts: ")[2].partition(";")[0] for words in said}


@pytest.mark.thorough
def test_why_a_container_cannot_change_is_reported_all_the_same() -> None:
    taken = other("taken", ports=["127.0.0.1:9:9"], state="stopped")
    assert run(taken).failures(HOST) == 0
    shell(HOST, "docker run --detach --name by-hand --publish 127.0.0.1:9:9 host-shell:1 sleep 3600")
    done = run({**taken, "state": "started"})
    shell(HOST, "docker rm --force by-hand taken")
    assert done.failures(HOST) == 1
    assert "port is already allocated" in done.message(HOST)


@pytest.mark.thorough
def test_an_exchange_that_was_cut_short_does_not_cost_the_old_one() -> None:
    """As where the run is killed between the name and the start, and the new one cannot live."""
    bad = {"command": "sh -c 'echo no such trainer; exit 3'"}
    assert run(other("cut")).failures(HOST) == 0
    old = shell(HOST, "docker exec cut sh -c 'echo months of work > /written'; docker inspect --format '{{.Id}}' cut")
    # What the killed run had made: as the role makes it, and with the id that it was to replace.
    made = run(other("fresh", **bad, state="stopped"))
    assert made.failures(HOST) == 0, made.message(HOST)
    labels = shell(
        HOST,
        "docker inspect --format '{{range $key, $value := .Config.Labels}}{{$key}}={{$value}}{{println}}{{end}}' fresh",
    )
    given = [f"--label '{line}'" for line in labels.splitlines() if line and "replaces" not in line]
    shell(
        HOST,
        "docker rm fresh; docker stop cut; docker rename cut cut.dockyard-old; "
        f"docker create --name cut --label dockyard.gpu.replaces={old} {' '.join(given)} --restart unless-stopped "
        "--env NVIDIA_VISIBLE_DEVICES=void host-shell:1 sh -c 'echo no such trainer; exit 3'",
    )
    done = run(other("cut", **bad))
    now = shell(HOST, "docker inspect --format '{{.Id}} {{.State.Status}}' cut")
    left = [name for name in ids() if name.startswith("cut")]
    written = shell(HOST, "docker exec cut cat /written")
    shell(HOST, "docker rm --force cut")
    assert done.failures(HOST) == 1
    assert "exit code 3 and said: no such trainer" in done.message(HOST)
    assert now == f"{old} running"
    assert left == ["cut"]
    assert written == "months of work"


@pytest.mark.thorough
def test_what_another_left_under_the_names_of_an_exchange_stays() -> None:
    """A backup that an administrator renamed so, and a new container that another program made."""
    assert run(other("kept")).failures(HOST) == 0
    shell(HOST, "docker exec kept sh -c 'echo months of work > /written'")
    shell(HOST, "docker run --name kept.dockyard-old host-shell:1 sh -c 'echo a backup > /written'")
    before = shell(HOST, STATE)
    done = run(other("kept", env={"COLOUR": "blue"}))
    assert done.failures(HOST) == 1
    assert "kept.dockyard-old blocks the exchange" in done.message(HOST)
    assert shell(HOST, STATE) == before
    # It is in nothing's way but an exchange's.
    again = run(other("kept"))
    assert (again.failures(HOST), again.changes(HOST)) == (0, [])
    assert run(other("kept", state="absent")).failures(HOST) == 0
    assert [name for name in ids() if name.startswith("kept")] == ["kept.dockyard-old"]
    assert shell(HOST, "docker cp kept.dockyard-old:/written - | tar --extract --to-stdout") == "a backup"
    shell(HOST, "docker rm kept.dockyard-old")


def test_what_someone_changed_by_hand_heals() -> None:
    shell(HOST, "docker stop notebook; docker rename trainer elsewhere; docker rm --force elsewhere job")
    assert run().failures(HOST) == 0
    again = run()
    assert (again.failures(HOST), again.changes(HOST)) == (0, [])
    assert (cards("notebook"), cards("trainer")) == (["nvidia1"], ["nvidia0", "nvidia2"])


@pytest.mark.thorough
def test_a_run_that_ends_badly_fails_with_its_output_and_runs_again() -> None:
    bad = other("bad", state="run_once", command="sh -c 'echo out of memory; exit 4'")
    for _time in range(2):
        done = run(bad)
        assert done.failures(HOST) == 1
        assert "bad ended with exit code 4 and said: out of memory" in done.message(HOST)
    each_time = other("bad", state="run_once", command="sh -c 'echo well'", rerun="always")
    done = run(each_time)
    assert done.failures(HOST) == 0
    assert done.result("Show the container's output", HOST)["msg"] == ["well"]
    assert "bad" not in ids()


def boot() -> str:
    return subprocess.run(
        ["docker", "inspect", "--format", "{{.State.StartedAt}}", HOST], check=True, capture_output=True, text=True
    ).stdout


def test_a_reboot_that_swaps_cards_keeps_them() -> None:
    swap = f"s/{UUIDS[0]}/X/; s/{UUIDS[1]}/{UUIDS[0]}/; s/X/{UUIDS[1]}/"
    shell(HOST, f"sed -i '{swap}' /etc/dockyard-lab-gpus/machine.json")
    before, booted = ids(), boot()
    subprocess.run(["docker", "exec", HOST, "systemctl", "reboot"], check=False)
    deadline = time.monotonic() + 120
    while boot() == booted or "notebook" not in shell(HOST, "docker ps --format '{{.Names}}' 2>/dev/null", check=False):
        assert time.monotonic() < deadline, "the host did not come back"
        time.sleep(0.5)
    assert shell(HOST, "nvidia-smi --query-gpu=uuid --format=csv,noheader").split()[:2] == [UUIDS[1], UUIDS[0]]
    again = run()
    assert (again.failures(HOST), again.changes(HOST)) == (0, [])
    assert ids() == before
    assert cards("notebook") == ["nvidia0"], "the same card, whose number is another one now"


def test_absent_leaves_nothing() -> None:
    done = run(**{name: {"state": "absent"} for name in DESCRIBED})
    assert done.failures(HOST) == 0
    assert ids() == {}

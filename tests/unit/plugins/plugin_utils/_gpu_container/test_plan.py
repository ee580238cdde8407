# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan for containers."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from ansible_collections.dockyard.gpu.plugins.plugin_utils._gpu_container import plan as container_plan
from ansible_collections.dockyard.gpu.plugins.plugin_utils._planning.step import DISRUPTS, errors_of
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils import hosts
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils.container_stand_in import (
    act,
    container,
    host,
    looked,
    uuid,
)
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils.hosts import Described, package
from hypothesis import assume, given
from hypothesis import strategies as st

IMAGE = "debian:13"
LOSES = "; what was written in it is lost, its volumes stay"


def wanted(*containers: Any, preview: bool = False) -> Described:
    return {**hosts.wanted("gpu_container", list=list(containers)), "preview": preview}


def plan(found: Described, gpu_request: Described) -> list[Described]:
    return container_plan.plan(looked(found, gpu_request), gpu_request)


def errors(found: Described, gpu_request: Described) -> list[str]:
    return errors_of(container_plan.plan, looked(found, gpu_request), gpu_request)


def a(**parts: Any) -> Described:
    return {"name": "one", "image": IMAGE, **parts}


def steps(found: Described, *containers: Any) -> list[str]:
    return [step["step"] for step in plan(found, wanted(*containers))]


def converged(*containers: Described) -> Described:
    """A host on which these are as described."""
    found = host()
    act(found, plan(found, wanted(*containers)))
    assert [step for step in plan(found, wanted(*containers)) if not step["to"].get("each_time")] == []
    return found


def test_a_container_is_made_with_its_gpus_by_uuid() -> None:
    (step,) = plan(host(), wanted(a(gpus=[1], restart_policy="always")))
    assert (step["step"], step["disrupts"], step["from"]) == ("create", "none", "absent")
    made = step["to"]
    assert (made["name"], made["image"], made["gpus"], made["start"]) == ("one", IMAGE, [uuid(1)], True)
    assert made["device_requests"] == [{"driver": "cdi", "device_ids": [f"nvidia.com/gpu={uuid(1)}"]}]
    assert made["env"] == {"NVIDIA_VISIBLE_DEVICES": "void"}, "or the image's own request counts with NVIDIA's runtime"
    assert (made["restart_policy"], made["network_mode"], made["networks"]) == ("always", "", [])


@pytest.mark.parametrize(
    ("ways", "way", "requests", "runtime", "env"),
    [
        ({"cdi": ["0", "all"], "gpus": True, "runtime": True}, "gpus", 1, "", {}),
        ({"cdi": [], "gpus": False, "runtime": True}, "runtime", 0, "nvidia", {"NVIDIA_VISIBLE_DEVICES": uuid(1)}),
    ],
)
def test_the_way_is_the_first_that_the_engine_has(
    ways: Any, way: str, requests: int, runtime: str, env: dict[str, str]
) -> None:
    found = host()
    found["workloads"]["engine"]["ways"] = ways
    (step,) = plan(found, wanted(a(gpus=[1])))
    made = step["to"]
    assert made["labels"]["dockyard.gpu.way"] == way
    assert (len(made["device_requests"]), made["runtime"], made["env"]) == (requests, runtime, env)


def test_a_container_keeps_its_way_while_the_engine_has_it() -> None:
    found = host()
    found["workloads"]["engine"]["ways"]["cdi"] = []
    act(found, plan(found, wanted(a(gpus=[1]))))
    found["workloads"]["engine"]["ways"]["cdi"] = [uuid(1)]
    assert steps(found, a(gpus=[1])) == []
    found["workloads"]["engine"]["ways"]["gpus"] = False
    assert steps(found, a(gpus=[1])) == [], "it runs"


@pytest.mark.parametrize(("had", "words"), [("cdi", "by CDI, and no CDI specification"), ("gpus", "by --gpus")])
def test_a_container_that_cannot_be_started_for_want_of_its_way_is_not_made_anew(had: str, words: str) -> None:
    """After a boot, the specification may come later than the engine, and what was written in a container is in it."""
    found = host()
    all_ways = {"cdi": [uuid(1)], "gpus": True, "runtime": True}
    found["workloads"]["engine"]["ways"] = {**all_ways, **({"cdi": []} if had == "gpus" else {})}
    act(found, plan(found, wanted(a(gpus=[1]))))
    (there,) = found["workloads"]["containers"]
    there["state"] = "exited"
    found["workloads"]["engine"]["ways"] = {**all_ways, had: [] if had == "cdi" else False}
    (reason,) = errors(found, wanted(a(gpus=[1])))
    assert words in reason
    assert "docker rm one" in reason
    # What is described anew is made anew, as the plan says.
    assert steps(found, a(gpus=[1], env={"A": "b"})) == ["recreate"]
    found["workloads"]["engine"]["ways"] = all_ways
    assert steps(found, a(gpus=[1])) == ["start"]


def test_an_engine_without_a_way_is_an_error() -> None:
    found = host()
    found["workloads"]["engine"]["ways"] = {"cdi": ["1"], "gpus": False, "runtime": False}
    assert "NVIDIA's container toolkit" in errors(found, wanted(a(gpus=[1])))[0]
    assert errors(found, wanted(a())) == []


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ({}, {"pull": "never", "rerun": "always"}, []),
        ({"command": "sh -c 'sleep 1'"}, {"command": ["sh", "-c", "sleep 1"]}, []),
        ({"gpus": [1]}, {"gpus": {"count": 1}}, []),
        ({"gpus": {"count": 1}}, {"gpus": {"count": 1, "memory_free_mib": 4000}}, []),
        ({}, {"restart_policy": "always"}, ["restart_policy"]),
        ({}, {"state": "stopped"}, ["stop"]),
        ({"state": "stopped"}, {}, ["start"]),
        ({}, {"state": "absent"}, ["remove"]),
        ({}, {"command": "sleep 1"}, ["recreate"]),
        ({}, {"env": {"A": "1"}}, ["recreate"]),
        ({"env": {"A": "1"}}, {}, ["recreate"]),
        ({}, {"volumes": ["/srv/data:/data"]}, ["recreate"]),
        ({}, {"gpus": [1]}, ["recreate"]),
        ({"gpus": {"count": 1}}, {"gpus": {"count": 1, "exclusive": True}}, ["recreate"]),
        ({"gpus": {"count": 1}}, {"gpus": [0]}, ["recreate"]),
        ({}, {"networks": ["front"]}, ["recreate"]),
        ({}, {"image": "debian"}, ["image", "recreate"]),
        ({}, {"state": "run_once"}, ["run"]),
        ({"state": "run_once"}, {}, ["recreate"]),
    ],
)
def test_a_container_is_made_anew_only_where_something_that_matters_changed(
    before: Described, after: Described, expected: list[str]
) -> None:
    assert steps(converged(a(**before)), a(**after)) == expected


def test_a_volume_on_a_mount_that_does_not_answer_is_an_error_of_its_own() -> None:
    found, gpu_request = host(), wanted(a(volumes=["/mnt/far/data:/data"]))
    state = looked(found, gpu_request)
    state["workloads"]["paths"] = {"/mnt/far/data": None}
    (message,) = errors_of(container_plan.plan, state, gpu_request)
    assert "one: volumes: /mnt/far/data lies on a mount that does not answer" in message


def test_what_changed_is_said_and_no_value_is() -> None:
    found = converged(a(env={"TOKEN": "opensesame"}))
    described = plan(found, wanted(a(env={"TOKEN": "swordfish"}, user="ada")))
    assert described[0]["why"] == f"one: env, user changed{LOSES}"
    assert described[0]["disrupts"] == "restart"
    assert "swordfish" not in str(described) + str(found)
    assert "opensesame" not in str(described) + str(found)


def test_an_image_that_was_built_anew_under_its_name() -> None:
    found = converged(a())
    found["workloads"]["images"][IMAGE] = "sha256:2"
    assert plan(found, wanted(a()))[0]["why"] == f"one: debian:13 names another image now{LOSES}"


def test_an_image_without_a_tag_is_the_latest() -> None:
    found = converged(a(image="r.example.org:5000/x"), {"name": "two", "image": "debian"})
    assert set(found["workloads"]["images"]) >= {"r.example.org:5000/x:latest", "debian:latest"}
    assert steps(found, a(image="r.example.org:5000/x:latest"), {"name": "two", "image": "debian"}) == []
    assert errors(found, wanted({"name": "two", "image": "debian", "pull": "never"})) == []
    found["workloads"]["images"]["debian:latest"] = "sha256:2"
    assert steps(found, {"name": "two", "image": "debian"}) == ["recreate"]


def test_images_come_before_any_container_is_touched() -> None:
    found = converged(a(), {"name": "two", "image": IMAGE})
    described = [a(state="absent"), {"name": "two", "image": "new:1"}, {"name": "three", "image": "new:1"}]
    assert steps(found, *described) == ["image", "remove", "recreate", "create"]
    found["python"]["requests"] = False
    assert steps(found, *described)[0] == "python"
    assert steps(found, a(), {"name": "two", "image": IMAGE}) == []


@pytest.mark.parametrize("python", ["/opt/venv/bin/python", "/usr/bin/python3"])
def test_a_python_that_a_package_does_not_help_is_rejected(python: str) -> None:
    """One of someone's own, or one that does not see what is installed."""
    found = converged(a())
    found["python"] = {"path": python, "of_distribution": python == "/usr/bin/python3", "requests": False}
    if found["python"]["of_distribution"]:
        found["packages"]["python3-requests"] = package("2.32.3")
    assert steps(found, a()) == []
    (reason,) = errors(found, wanted(a(state="absent")))
    assert f"ansible_python_interpreter is {python} on this host" in reason
    found["python"]["requests"] = True
    assert steps(found, a(state="absent")) == ["remove"]


def test_what_is_requested_each_time_is_done_each_time() -> None:
    found = converged(a(pull="always", state="run_once", rerun="always"))
    assert steps(found, a(pull="always", state="run_once", rerun="always")) == ["image", "run"]


def test_what_ran_well_does_not_run_again_until_something_changes() -> None:
    found = converged(a(state="run_once", gpus=[1]))
    job = found["workloads"]["containers"][0]
    assert steps(found, a(state="run_once", gpus=[1], command="other")) == ["run"]
    job["exit_code"] = 3
    why = plan(found, wanted(a(state="run_once", gpus=[1])))[0]["why"]
    assert why == f"one: its last run ended with exit code 3{LOSES}"
    job.update(state="running", exit_code=None)
    assert "has not ended" in errors(found, wanted(a(state="run_once", gpus=[1])))[0]


def test_why_a_container_failed_at_boot_is_said() -> None:
    """In the engine's words, which may be of anybody: those of a hook, of a program in the image."""
    described = a(gpus=[1])
    found = converged(described)
    said = "failed to create task:\nnvidia-container-cli: \x1b[31mdriver not loaded"
    found["workloads"]["containers"][0].update(state="exited", exit_code=128, error=said)
    (step,) = plan(found, wanted(described))
    assert step["step"] == "start"
    assert step["why"].startswith("one: it does not run, and the engine said: failed to create task:")
    assert step["why"].endswith("driver not loaded")
    assert not {"\n", "\x1b"} & set(step["why"])
    found["workloads"]["containers"][0]["error"] = "x" * 5000
    assert len(plan(found, wanted(described))[0]["why"]) < 500


def test_cards_in_another_order_after_a_reboot_change_nothing() -> None:
    described = [a(gpus=[1]), {"name": "two", "image": IMAGE, "gpus": {"count": 2, "exclusive": True}}]
    found = converged(*described)
    for gpu in found["nvidia"]["gpus"]:
        gpu["index"] = 3 - gpu["index"]
    assert steps(found, *described) == []


def test_a_gpu_request_moves_when_its_gpu_is_gone() -> None:
    described = a(gpus={"count": 1, "exclusive": True})
    found = converged(described)
    del found["nvidia"]["gpus"][0]
    (step,) = plan(found, wanted(described))
    assert (step["step"], step["to"]["gpus"]) == ("recreate", [uuid(1)])


def test_who_has_a_gpu_is_reported_whoever_made_it() -> None:
    alone = {"devices": [1], "exclusive": True}
    by_hand = container("by-hand", gpus=["1"])
    assert "by-hand has it" in errors(host(by_hand), wanted(a(gpus=alone)))[0]
    assert errors(host(container("by-hand", gpus=["2", uuid(3)])), wanted(a(gpus=alone))) == []
    left = converged({"name": "forgotten", "image": IMAGE, "gpus": alone})
    assert "belongs to forgotten exclusively" in errors(left, wanted(a(gpus="all")))[0]
    gone = {"name": "forgotten", "state": "absent"}
    assert steps(left, a(gpus="all"), gone) == ["remove", "create"]


@pytest.mark.parametrize("state", ["started", "run_once"])
def test_who_is_not_described_holds_nothing_once_it_ended(state: str) -> None:
    alone = {"devices": [1], "exclusive": True}
    left = converged({"name": "forgotten", "image": IMAGE, "gpus": alone, "state": state})
    left["workloads"]["containers"][0].update(state="exited", exit_code=0)
    assert steps(left, a(gpus=alone)) == ["create"]
    for holds in ("running", "paused", "restarting"):
        left["workloads"]["containers"][0]["state"] = holds
        assert "belongs to forgotten exclusively" in errors(left, wanted(a(gpus=alone)))[0]


def test_who_is_described_holds_what_it_has_though_it_is_stopped() -> None:
    alone = {"devices": [1], "exclusive": True}
    stopped = {"name": "two", "image": IMAGE, "gpus": alone, "state": "stopped"}
    assert "belongs to two exclusively" in errors(converged(stopped), wanted(stopped, a(gpus=[1])))[0]


def test_two_that_want_too_many_are_rejected_before_either() -> None:
    three = {"count": 3, "exclusive": True}
    (reason,) = errors(host(), wanted(a(gpus=three), {"name": "two", "image": IMAGE, "gpus": three}))
    assert reason.startswith("gpu_container_list: two: 3 GPUs are requested exclusively, and 1 are available")


@pytest.mark.parametrize(
    ("described", "words"),
    [
        (a(gpus=[9]), ("one: GPU 9 does not exist", "0, 1, 2, 3")),
        (a(gpus=1), ("one: gpus: must be one of all, none", "[1]", "got 1")),
        (a(volumes=["/srv/gone:/x"]), ("one: volumes: /srv/gone does not exist", "create it")),
        (a(volumes=["./x:/x"]), ("must be a volume", "absolute paths", "got './x:/x'")),
        (a(volumes={"/x": "/x"}), ("volumes: must be a list", "got a mapping")),
        (a(networks=["back"]), ("no network back", "docker network create back")),
        (a(networks=["host", "front"]), ("host and none exclude other networks",)),
        (a(image="gone", pull="never"), ("gone:latest is not on this host", "pull: never")),
        (a(image=""), ("image is missing",)),
        (a(env={"PORT": 8888}), ("env: the value of 'PORT' must be a string (quote it)",)),
        (a(env={"NVIDIA_VISIBLE_DEVICES": "all"}), ("NVIDIA_VISIBLE_DEVICES is set by gpus",)),
        (a(labels={"dockyard.gpu.x": "1"}), ("dockyard.gpu.x is reserved for this role",)),
        (a(labels="x"), ("labels: must be a mapping", "got a string")),
        (a(entrypoint="sh -c"), ("entrypoint: must be a list", "whitespace does not separate", "may hold credentials")),
        (a(state="running"), ("state: must be one of started, stopped", "got 'running'")),
        (a(state="run_once", restart_policy="always"), ("restart_policy", "state: started")),
        (a(gpu=[1]), ("unknown key 'gpu'; did you mean gpus?",)),
        ({"name": "a b", "image": IMAGE}, ("name: must be the name of a container", "got 'a b'")),
        ({"name": "one.dockyard-new", "image": IMAGE}, (".dockyard-new",)),
        ("a", ("element 1 must be a mapping with name", "got 'a'")),
    ],
)
def test_a_gpu_request_that_is_none_is_reported_with_the_way_out(described: Any, words: tuple[str, ...]) -> None:
    found = host()
    found["workloads"]["paths"]["/srv/gone"] = False
    (reason,) = errors(found, wanted(described))
    assert reason.startswith("gpu_container_list: ")
    assert [word for word in words if word not in reason] == [], reason


def test_all_reasons_come_at_once() -> None:
    found = host(container("two"))
    found["workloads"]["paths"]["/srv/gone"] = False
    described = [a(gpus=[9], volumes=["/srv/gone:/x"], networks=["back"]), {"name": "two", "image": IMAGE, "gpus": [8]}]
    assert len(errors(found, wanted(*described))) == 5


def test_an_image_that_must_not_be_pulled_may_come_from_the_run_that_is_previewed() -> None:
    described = a(image="built:1", pull="never")
    assert [step["step"] for step in plan(host(), wanted(described, preview=True))] == ["create"]


def test_two_of_one_name_are_rejected() -> None:
    assert "one is listed twice" in errors(host(), wanted(a(), a()))[0]


@pytest.mark.parametrize("part", [{"command": {}}, {"networks": ["host", "a"]}, {"gpus": {"count": -1}}])
def test_what_is_said_of_a_container_that_is_to_be_absent_does_not_matter(part: Described) -> None:
    assert steps(host(), {"name": "gone", "state": "absent", **part}) == []


@pytest.mark.parametrize("state", ["started", "absent"])
def test_someone_elses_container_is_left_alone(state: str) -> None:
    assert "docker rm --force one" in errors(host(container("one")), wanted(a(state=state)))[0]


def test_no_one_has_a_gpu_alone_where_not_all_is_known() -> None:
    found = host(all_known=False)
    assert (
        "not all containers with GPUs could be determined"
        in errors(found, wanted(a(gpus={"count": 1, "exclusive": True})))[0]
    )
    assert errors(found, wanted(a(gpus=[1]))) == []


def test_an_engine_that_does_not_answer_is_an_error_but_in_a_preview() -> None:
    found = host()
    found["workloads"].update(networks=[], images={}, engine={
        "answers": False, "reason": "there is no socket", "ways": {"cdi": [], "gpus": False, "runtime": False},
    })  # fmt: skip
    found["nvidia"] = {"gpus": [], "driver": {"answers": False}}
    assert "there is no socket" in errors(found, wanted(a()))[0]
    previewed = plan(found, wanted(a(gpus=[1]), preview=True))
    assert [step["step"] for step in previewed] == ["image", "create"]


def cut(*, early: bool, ran: bool = False, **parts: Any) -> Described:
    """A host on which a run was killed before, or after, the new one got the name; that one is described so."""
    found = converged(a(user="old", **parts))
    (old,) = found["workloads"]["containers"]
    (step,) = [each for each in plan(found, wanted(a(**parts))) if each["step"] == "recreate"]
    new = container("one", id="new", labels=step["to"]["labels"], image_id=old["image_id"])
    new.update(state="running" if ran else "created", ran=ran, restart_policy=old["restart_policy"])
    (new if early else old)["name"] += ".dockyard-new" if early else ".dockyard-old"
    old["state"] = "exited"
    found["workloads"]["containers"].append(new)
    return found


@pytest.mark.parametrize(
    ("early", "ran", "described", "expected"),
    [
        # Before the new one had the name: the old one goes on, and is exchanged again where it still differs.
        (True, False, a(), ["interrupted", "recreate"]),
        (True, False, a(user="old"), ["interrupted", "start"]),
        (True, False, a(state="stopped"), ["interrupted", "recreate"]),
        (True, False, a(state="absent"), ["leftover", "remove"]),
        # Afterwards: the new one has to live yet, or is not wanted any more.
        (False, False, a(), ["finish"]),
        (False, True, a(), ["finish"]),
        (False, False, a(command="other"), ["interrupted", "recreate"]),
        (False, True, a(command="other"), ["finish", "recreate"]),
        (False, False, a(state="stopped"), ["leftover"]),
        (False, True, a(state="stopped"), ["leftover", "stop"]),
        (False, False, a(state="absent"), ["remove", "remove"]),
        (False, False, a(state="run_once"), ["leftover", "run"]),
    ],
)
def test_an_exchange_that_was_cut_short_is_taken_up(
    early: bool, ran: bool, described: Described, expected: list[str]
) -> None:
    found = cut(early=early, ran=ran)
    made = plan(found, wanted(described))
    assert [step["step"] for step in made] == expected
    numbers = {each["id"]: each["name"] for each in found["workloads"]["containers"]}
    assert {step["to"]["id"] for step in made} <= set(numbers), "each step says which one it means"
    for _run in range(2):
        act(found, plan(found, wanted(described))[:1])
    act(found, plan(found, wanted(described)))
    assert steps(found, described) == []


def test_the_old_one_alone_under_its_name_beside_is_taken_back() -> None:
    found = converged(a())
    found["workloads"]["containers"][0].update(name="one.dockyard-old", state="exited")
    (back, start) = plan(found, wanted(a()))
    assert (back["step"], back["to"]["start"], start["step"]) == ("interrupted", True, "start")
    assert steps(found, a(state="absent")) == [], "nothing says that it may go"
    job = converged(a(state="run_once"))
    job["workloads"]["containers"][0]["name"] = "one.dockyard-old"
    (back,) = plan(job, wanted(a(state="run_once")))
    assert (back["step"], back["to"]["start"]) == ("interrupted", False), "what ran once does not run again for that"


STRANGERS = {
    "another's under the old one's name": container("one.dockyard-old", state="exited"),
    "another's that runs under the old one's name": container("one.dockyard-old"),
    "a stale one of the role's": container(
        "one.dockyard-old", state="exited", labels={"dockyard.gpu.spec": "{}", "dockyard.gpu.replaces": ""}
    ),
    "another's under the new one's name": container("one.dockyard-new", state="created"),
    "one of the role's under the new one's name that ran": container(
        "one.dockyard-new", state="exited", labels={"dockyard.gpu.spec": "{}"}
    ),
}


@pytest.mark.parametrize("name", STRANGERS)
def test_what_no_run_can_be_shown_to_have_left_is_in_the_way_and_stays(name: str) -> None:
    stranger = STRANGERS[name]
    found = converged(a())
    found["workloads"]["containers"].append(copy.deepcopy(stranger))
    for described in (a(), a(state="stopped"), a(state="absent"), a(restart_policy="always")):
        assert stranger["id"] not in {step["to"]["id"] for step in plan(found, wanted(described))}
    for described in (a(user="ada"), a(state="run_once")):
        (reason,) = errors(found, wanted(described))
        assert f"one: {stranger['name']} blocks the exchange" in reason
        assert f"docker rename {stranger['name']} OTHER" in reason


def test_a_stranger_beside_it_holds_the_gpu_that_it_has() -> None:
    """One of the same container's exchange does not: it makes room."""
    stranger = container("one.dockyard-old", gpus=[uuid(1)])
    found = converged(a(gpus="none"))
    found["workloads"]["containers"].append(stranger)
    (reason,) = errors(found, wanted(a(gpus={"devices": [1], "exclusive": True})))
    assert "one.dockyard-old has it" in reason


@pytest.mark.parametrize("state", ["running", "paused", "restarting", "exited", "created"])
@pytest.mark.parametrize(
    "described",
    [
        a(user="ada"),
        a(state="absent"),
        a(state="run_once"),
        a(state="stopped"),
        a(restart_policy="always"),
        a(networks=["front"]),
        a(pull="always"),
        a(),
    ],
)
def test_whether_what_runs_is_disturbed_is_said_as_it_is(state: str, described: Described) -> None:
    found = converged(a())
    found["workloads"]["containers"][0].update(state=state, ran=state != "created")
    made = plan(found, wanted(described))
    lives = state in ("running", "paused", "restarting")
    ends = {"recreate", "remove", "run", "stop"} & {step["step"] for step in made}
    worst = max((step["disrupts"] for step in made), key=DISRUPTS.index, default="none")
    assert worst == ("restart" if lives and (ends or described.get("pull") == "always") else "none")
    for step in made:
        if step["step"] in ("recreate", "remove", "run"):
            assert step["why"].endswith(LOSES) == (state != "created")


def test_a_network_is_joined_and_left_in_place() -> None:
    """An administrator's `docker network connect` costs no one what was written in the container."""
    found = converged(a(networks=["front"]))
    (there,) = found["workloads"]["containers"]
    there["networks"] = ["bridge", "front"]
    (step,) = plan(found, wanted(a(networks=["front"])))
    assert (step["step"], step["disrupts"], step["to"]["networks"]) == ("networks", "reload", ["front"])
    there["networks"] = []
    (step,) = plan(found, wanted(a(networks=["front"])))
    assert (step["step"], step["disrupts"]) == ("networks", "none")


def test_a_network_that_is_named_twice_is_one() -> None:
    found = converged(a(networks=["front", "front"]))
    assert found["workloads"]["containers"][0]["networks"] == ["front"]
    assert steps(found, a(networks=["front"])) == []


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ("8g", 2**33),
        ("8gb", 2**33),
        ("8GiB", 2**33),
        ("64m", 2**26),
        ("1.5g", 3 * 2**29),
        ("4096", 4096),
        ("2kB", 2048),
    ],
)
def test_a_size_means_what_docker_means_by_it(size: str, expected: int) -> None:
    """community.docker takes neither 8gb nor 8GiB."""
    (step,) = plan(host(), wanted(a(shm_size=size)))
    assert step["to"]["shm_size"] == str(expected)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        # Two numbers in a row are none.
        *(("ports", text) for text in ("99999", "65537", "123456", "888889999")),
        *(
            ("ports", text)
            for text in ("9000-8000:80", "9000-8000", "8000-8010:80-81", "999.1.1.1:80:80", "[::g]:80:80")
        ),
        *(("ports", text) for text in ("127.0.0.1:80", "::80", "80:80/tcp/udp", "0")),
        *(("volumes", text) for text in ("/a:/b:foo", "/a:/b:ro,rw", "/a:/b:z,Z", "/a:/b:ro,", "/a:/", "/a:///")),
        *(("ulimits", text) for text in ("nofile:2:1", "files:1", "nofile:-1:5", "nofile", "memlock:-1:0")),
        *(("shm_size", text) for text in ("0", "8 g", "1e3", "-1", "9999999p", "8x")),
    ],
)
def test_what_no_container_can_be_made_with_is_an_error_beforehand(key: str, value: str) -> None:
    (reason,) = errors(host(), wanted(a(**{key: value if key == "shm_size" else [value]})))
    assert reason.startswith(f"gpu_container_list: one: {key}: must be a ")
    assert reason.endswith(f"; got '{value}'")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        *(
            ("ports", text)
            for text in ("8000-8010:80", "8000-8010:9000-9010", "127.0.0.1::80", "53/udp", "[fd00::1]:1:1")
        ),
        *(
            ("volumes", text)
            for text in ("/a:/b:ro,Z,rslave", "/a b:/c", "a:/b:nocopy", "/data:ro", "/data", "/a:/b/:rw")
        ),
        *(("ulimits", text) for text in ("memlock:-1", "memlock:-1:-1", "stack:67108864", "core:0:-1", "nofile:1:2")),
    ],
)
def test_what_people_have_is_taken(key: str, value: str) -> None:
    assert errors(host(), wanted(a(**{key: [value]}))) == []


@pytest.mark.parametrize(
    ("key", "values", "named"),
    [
        ("volumes", ["/a:/b", "/c:/b/:ro"], "/b"),
        ("volumes", ["/b:ro", "named:/b"], "/b"),
        ("ulimits", ["nofile:1", "nofile:2:3"], "nofile"),
    ],
)
def test_what_can_be_only_once_is_reported(key: str, values: list[str], named: str) -> None:
    (reason,) = errors(host(), wanted(a(**{key: values})))
    assert f"one: {key}: {named} is listed twice" in reason


@pytest.mark.parametrize("pull", ["missing", "never"])
def test_what_runs_does_without_its_image(pull: str) -> None:
    """Else a pull would bring another one of that name, and the container would be made anew for it."""
    found = converged(a())
    found["workloads"]["images"][IMAGE] = None
    assert steps(found, a(pull=pull)) == []
    assert steps(found, a(pull=pull, state="stopped")) == ["stop"]
    if pull == "missing":
        assert steps(found, a(user="ada")) == ["image", "recreate"]
    else:
        assert "pull: never forbids" in errors(found, wanted(a(pull=pull, user="ada")))[0]


@pytest.mark.parametrize("state", ["dead", "removing"])
def test_what_the_engine_is_removing_is_waited_for(state: str) -> None:
    found = converged(a())
    found["workloads"]["containers"][0]["state"] = state
    assert f"it is {state}" in errors(found, wanted(a()))[0]
    assert steps(found, a(state="absent")) == ["remove"]


DESCRIBED = st.fixed_dictionaries(
    {"image": st.sampled_from([IMAGE, "other", "debian"])},
    optional={
        "state": st.sampled_from(["started", "stopped", "absent", "run_once"]),
        "command": st.sampled_from(["sleep 1", ["sleep", "2"]]),
        "env": st.dictionaries(st.sampled_from("AB"), st.sampled_from("12"), max_size=2),
        "networks": st.sampled_from([[], ["front"], ["bridge", "front"], ["host"]]),
        "volumes": st.sampled_from([[], ["/srv/data:/data:ro"], ["named:/data"]]),
        "gpus": st.sampled_from(["all", "none", [0], [1, 2], {"count": 1}, {"count": 2, "exclusive": True}]),
        "rerun": st.sampled_from(["changed", "always"]),
        "pull": st.sampled_from(["missing", "always"]),
    },
)
SEVERAL = st.lists(DESCRIBED, min_size=1, max_size=3).map(
    lambda all_: [{"name": f"c{at}", **each} for at, each in enumerate(all_)]
)
TAMPERINGS = ["remove", "stop", "rename", "restart_policy", "network", "image"]


@given(SEVERAL, SEVERAL, st.sampled_from(TAMPERINGS))
def test_the_law_of_the_house(first: list[Described], then: list[Described], tampering: str) -> None:
    found = host()
    for described in (first, then):
        gpu_request = wanted(*described)
        assume(not errors(found, gpu_request))
        before = copy.deepcopy((found, gpu_request))
        made = plan(found, gpu_request)
        assert (found, gpu_request) == before
        for step in made:
            assert list(step) == ["component", "step", "why", "from", "to", "disrupts"]
            assert step["disrupts"] in DISRUPTS
        act(found, made)
        assert [step for step in plan(found, gpu_request) if not step["to"].get("each_time")] == []
    names = {each["name"] for each in then if each.get("state", "started") == "started"}
    alive = [each for each in found["workloads"]["containers"] if each["name"] in names]
    assume(alive)
    _tamper(found, alive[0], tampering)
    named = [step for step in plan(found, wanted(*then)) if not step["to"].get("each_time")]
    assert named
    act(found, named)
    assert [step for step in plan(found, wanted(*then)) if not step["to"].get("each_time")] == []


def _tamper(found: Described, victim: Described, how: str) -> None:
    if how == "remove":
        found["workloads"]["containers"].remove(victim)
    elif how == "rename":
        victim["name"] += ".mine"
        victim["gpus"] = []
    elif how == "image":
        found["workloads"]["images"][victim["image"]] = "sha256:rebuilt"
    else:
        changes = {"stop": ("state", "exited"), "restart_policy": ("restart_policy", "on-failure")}
        key, value = changes.get(how, ("networks", ["elsewhere"]))
        victim[key] = value

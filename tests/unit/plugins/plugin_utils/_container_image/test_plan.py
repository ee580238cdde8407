# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When an image is built, pulled, loaded, pushed, saved, pruned or removed, why, and when not."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.dockyard.gpu.plugins.plugin_utils._container_image.plan import base_digest, plan
from ansible_collections.dockyard.gpu.plugins.plugin_utils._container_image.queries import questions
from ansible_collections.dockyard.gpu.plugins.plugin_utils._container_image.spec import tagged
from ansible_collections.dockyard.gpu.plugins.plugin_utils._planning.step import errors_of
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils import hosts
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils.hosts import bare_host

BASE, OTHER = "tensorflow/tensorflow:latest", "sha256:" + "b" * 64
DIGEST = "sha256:" + "a" * 64
REF = "lab/jupyter:1"
BUILD = {"error": "", "dockerfile": "d" * 64, "context": "c" * 64, "files": 1, "bytes": 1, "bases": [BASE]}


def errors(host: dict[str, Any], wanted: dict[str, Any]) -> list[str]:
    return errors_of(plan, host, wanted)


def desired(**parts: Any) -> dict[str, Any]:
    return {"name": "lab/jupyter", "tag": "1", "context": "/src", **parts}


def image(number: str, built: Any = None, digests: list[str] | None = None) -> dict[str, Any]:
    return {
        "id": f"sha256:{number}",
        "digests": digests or [],
        "built": built,
        "created": "",
        "size": 1,
        "architecture": "",
    }


BASE_IMAGE = image("base", digests=[f"tensorflow/tensorflow@{DIGEST}"])


class World:
    """A host with an engine, whose Python has the library requests, and what is described."""

    def __init__(self, *images: dict[str, Any], **builds: Any) -> None:
        self.images: list[Any] = list(images)
        self.builds: dict[str, Any] = {REF: {**BUILD, **builds}}
        self.look: dict[str, Any] = {
            "engine": {"answers": True, "version": "28", "architecture": "amd64", "buildx": True, "error": ""},
            "images": {BASE: BASE_IMAGE},
            "registry": {},
            "pushed": {},
            "archives": {},
            "replaced": {},
        }
        self.python = {**bare_host()["python"], "requests": True}

    @property
    def host(self) -> dict[str, Any]:
        return {**bare_host(), "python": self.python, "images": self.look}

    def wanted(self, preview: bool = False) -> dict[str, Any]:
        return {**hosts.wanted("container_image", list=self.images), "builds": self.builds, "preview": preview}

    def steps(self) -> list[dict[str, Any]]:
        return plan(self.host, self.wanted())

    def names(self) -> list[str]:
        return [each["step"] for each in self.steps()]

    def why(self, name: str = "build") -> str:
        return str(next(each["why"] for each in self.steps() if each["step"] == name))

    def follow(self) -> None:
        """A stand-in of the engine: it builds what the plan says."""
        for each in self.steps():
            to = each["to"]
            if each["step"] == "pull":
                name = to["name"].partition(":")[0] if "@" not in to["name"] else to["name"].partition("@")[0]
                digest = self.look["registry"].get(to["name"], {}).get("digest") or DIGEST
                self.look["images"][to["name"]] = image("pulled" + digest[-3:], digests=[f"{name}@{digest}"])
        for each in self.steps():
            to = each["to"]
            if each["step"] == "build":
                before = self.look["images"].get(REF)
                if before:
                    self.look["replaced"].setdefault(REF, []).append(before["id"])
                number = f"{len(self.look['replaced'].get(REF, []))}"
                self.look["images"][to["ref"]] = image(number, json.loads(to["label"]))


def built(*images: dict[str, Any]) -> World:
    world = World(*(images or (desired(),)))
    world.follow()
    assert world.steps() == []
    return world


def test_an_image_that_is_not_there_is_built_and_then_nothing_is_left() -> None:
    world = World(desired())
    assert world.names() == ["build"]
    assert world.why() == f"{REF}: no image has this name"
    world.follow()
    assert world.steps() == []


CHANGES: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "the Dockerfile": ({}, {"dockerfile": "e" * 64}, "the Dockerfile changed"),
    "the context": ({}, {"context": "e" * 64}, "a file of the context changed"),
    "an argument's value": ({"args": {"A": "2"}}, {}, "the argument A changed"),
    "a new argument": ({"args": {"A": "1", "B": "1"}}, {}, "the argument B changed"),
    "an argument is gone": ({"args": {}}, {}, "the argument A changed"),
    "the target": ({"target": "two"}, {}, "the target changed"),
    "the platforms": ({"platforms": ["linux/arm64"]}, {}, "the platforms changed"),
    "the labels": ({"labels": {"a": "b"}}, {}, "the labels changed"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_changed_is_why_it_is_built_anew(change: str) -> None:
    world = built(desired(args={"A": "1"}))
    parts, build, why = CHANGES[change]
    world.images = [desired(**{"args": {"A": "1"}, **parts})]
    world.builds[REF].update(build)
    assert world.names() == ["build"]
    assert world.why() == f"{REF}: {why}"
    world.follow()
    assert world.steps() == []


@pytest.mark.parametrize("parts", [{"network": "host"}, {"secrets": [{"id": "a", "src": "/b"}]}, {"prune": True}])
def test_what_does_not_count_is_no_reason(parts: dict[str, Any]) -> None:
    world = built()
    world.images = [desired(**parts)]
    assert world.steps() == []


def test_no_argument_is_readable_in_the_label() -> None:
    world = World(desired(args={"TOKEN": "s3cret"}))
    assert "s3cret" not in json.dumps(world.steps())


def test_someone_elses_image_of_that_name_is_built_over() -> None:
    world = World(desired())
    world.look["images"][REF] = image("x")
    assert world.why() == f"{REF}: the image of this name was not built from this description"


def test_a_base_that_the_host_got_anew_is_a_reason() -> None:
    world = built()
    world.look["images"][BASE] = image("newer", digests=[f"docker.io/tensorflow/tensorflow@{OTHER}"])
    assert world.why() == f"{REF}: its base {BASE} changed"


def test_a_base_that_is_gone_from_the_host_is_no_reason_but_is_pulled_for_the_next_build() -> None:
    world = built()
    world.look["images"][BASE] = None
    assert world.steps() == []
    world.builds[REF]["context"] = "e" * 64
    assert world.names() == ["pull", "build"]
    world.images = [desired(pull="never")]
    assert world.names() == ["build"]


def test_with_pull_always_the_registry_decides() -> None:
    world = built(desired(pull="always"))
    world.look["registry"] = {BASE: {"digest": DIGEST, "error": ""}}
    assert world.steps() == []
    world.look["registry"][BASE]["digest"] = OTHER
    assert world.names() == ["pull", "build"]
    assert "differs in the registry" in world.why("pull")
    world.follow()
    assert world.steps() == []


def test_a_base_that_is_pinned_is_known_without_asking() -> None:
    pinned = f"tensorflow/tensorflow:latest@{DIGEST}"
    world = World(desired(pull="always"), bases=[pinned])
    asked = questions(world.wanted()["list"], world.builds)
    assert asked["registry"] == []
    assert asked["names"] == [REF, f"tensorflow/tensorflow@{DIGEST}"]
    assert world.names() == ["pull", "build"]
    world.follow()
    assert world.steps() == []
    world.builds[REF]["bases"] = [f"tensorflow/tensorflow@{OTHER}"]
    assert "changed" in world.why()


def test_one_image_may_be_the_base_of_the_next() -> None:
    second = {"name": "lab/two", "dockerfile_content": f"FROM {REF}"}
    world = World(desired(), second)
    world.builds["lab/two:latest"] = {**BUILD, "bases": [REF]}
    assert [(each["step"], each["to"]["ref"]) for each in world.steps()] == [
        ("build", REF),
        ("build", "lab/two:latest"),
    ]
    world.images = [desired(), {**second, "pull": "always"}]
    assert REF not in questions(world.wanted()["list"], world.builds)["registry"]
    world.follow()
    world.follow()
    assert world.steps() == []
    world.builds[REF]["context"] = "e" * 64
    assert world.why("build").endswith("a file of the context changed")
    assert f"its base {REF} changed" in world.steps()[1]["why"]


def test_an_image_that_is_only_pulled() -> None:
    world = World({"name": "tensorflow/tensorflow", "tag": "2.20"})
    assert world.names() == ["pull"]
    world.follow()
    assert world.steps() == []
    world.images[0]["pull"] = "always"
    world.look["registry"] = {"tensorflow/tensorflow:2.20": {"digest": OTHER, "error": ""}}
    assert world.names() == ["pull"]
    # A classic store also keeps the digests that an image had before.
    world.look["images"]["tensorflow/tensorflow:2.20"]["digests"].append(f"tensorflow/tensorflow@{OTHER}")
    assert world.steps() == []


def test_an_image_from_an_archive() -> None:
    world = World({"name": "lab/jupyter", "tag": "1", "load_from": "/a.tar"})
    world.look["archives"] = {"/a.tar": {"error": "", "images": {REF: ["sha256:1", "sha256:2"]}}}
    assert world.names() == ["load"]
    world.look["images"][REF] = image("2")
    assert world.steps() == []
    world.look["images"][REF] = image("3")
    assert world.why("load") == f"{REF}: the archive has another image"


def test_an_archive_keeps_the_image_that_is_there() -> None:
    world = World(desired(save_to="/a.tar"))
    world.look["archives"] = {"/a.tar": {"error": "/a.tar is not there", "images": {}}}
    assert world.names() == ["build", "save"]
    world.follow()
    assert world.names() == ["save"]
    world.look["archives"]["/a.tar"] = {"error": "", "images": {REF: [world.look["images"][REF]["id"]]}}
    assert world.steps() == []
    world.builds[REF]["context"] = "e" * 64
    world.follow()
    assert world.names() == ["save"]


PUSHED = "reg.example:5000/lab:1"


@pytest.mark.parametrize("digests", [[f"reg.example:5000/lab@{OTHER}"], []])
def test_what_the_registry_has_decides_whether_a_build_is_pushed(digests: list[str]) -> None:
    """With containerd's store each build has a digest at once; with the classic one it gets it by the push."""
    world = World(desired(name="reg.example:5000/lab", push=True))
    world.builds = {PUSHED: BUILD}
    assert questions(world.wanted()["list"], world.builds)["pushed"] == [PUSHED]
    assert world.names() == ["build", "push"]
    world.follow()
    world.look["images"][PUSHED]["digests"] = digests
    for there, why in (
        ("", "its registry has not this image"),
        (DIGEST, "its registry has another image under this tag"),
    ):
        world.look["pushed"] = {PUSHED: {"digest": there, "error": ""}}
        assert world.names() == ["push"]
        assert world.why("push") == f"{PUSHED}: {why}"
    world.look["images"][PUSHED]["digests"] = [f"reg.example:5000/lab@{OTHER}", f"other.example/lab@{DIGEST}"]
    world.look["pushed"] = {PUSHED: {"digest": OTHER, "error": ""}}
    assert world.steps() == []
    world.look["pushed"] = {PUSHED: {"digest": "", "error": "connection refused"}}
    (reason,) = errors(world.host, world.wanted())
    assert f"{PUSHED}: push: its registry cannot be queried: connection refused" in reason


def test_only_what_is_to_be_pushed_is_asked_for() -> None:
    world = World(desired(push=False), desired(tag="2"), desired(tag="3", state="absent", push=True))
    assert questions(world.wanted()["list"], {})["pushed"] == []


def test_earlier_builds_go_only_on_request() -> None:
    world = built()
    world.builds[REF]["context"] = "e" * 64
    assert world.names() == ["build"]
    world.images = [desired(prune=True)]
    assert world.names() == ["build", "prune"]
    world.follow()
    assert [(each["step"], each["to"]["ids"]) for each in world.steps()] == [("prune", ["sha256:0"])]


def test_what_should_be_absent_goes_and_stays_away() -> None:
    world = World({"name": "lab/jupyter", "tag": "1", "state": "absent"})
    assert world.steps() == []
    world.look["images"][REF] = image("x")
    assert world.names() == ["remove"]


def test_requests_is_installed_only_where_a_module_needs_it() -> None:
    world = World(desired())
    world.python["requests"] = False
    assert world.names() == ["build"]
    world.look["engine"]["buildx"] = False
    assert world.names() == ["python", "build"]
    assert world.steps()[1]["to"]["builder"] == "classic"
    world.look["engine"]["buildx"] = True
    world.look["images"][BASE] = None
    assert world.names() == ["python", "pull", "build"]
    world = built()
    world.python["requests"] = False
    assert world.steps() == []


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("text", "container_image_list: must be a list, got a string"),
        (["lab/x"], "element 1 must be a mapping with name and so on; got 'lab/x'"),
        ([{"tag": "1"}], "element 1: name is missing"),
        (
            [desired(name="Lab/X")],
            "name: must be the name of an image such as lab/jupyter, without its tag; got 'Lab/X'",
        ),
        ([desired(name="lab/x:1")], "without its tag; got 'lab/x:1'"),
        ([desired(tag="a b")], "tag: must be a tag: letters, digits and _, after the first also . and -; got 'a b'"),
        ([desired(colour="red")], "unknown key 'colour'; known: name, tag"),
        ([desired(labls={})], "unknown key 'labls'; did you mean labels?"),
        ([desired(state="latest")], "state: must be one of present, absent; got 'latest'"),
        ([desired(pull="sometimes")], "pull: must be one of missing, always, never; got 'sometimes'"),
        ([desired(args=["A=1"])], 'args: must be a mapping, in YAML or JSON, such as {"key": "value"}; got a list'),
        ([desired(secrets=[{"id": "a", "src": "/a", "value": "hush"}])], "secrets: element 1: unknown key 'value'"),
        ([desired(load_from="/a.tar")], "load_from and context"),
        ([desired(save_to="/srv/images/")], "save_to: /srv/images/ is a folder; name the archive in it"),
        ([{"name": "lab/x", "load_from": "/srv/"}], "load_from: /srv/ is a folder"),
        ([{"name": "a", "pull": "never"}], "pull: never needs context"),
        ([{"name": "a", "push": True}], "push: the image is only pulled"),
        ([desired(), desired()], f"{REF} is listed twice"),
    ],
)
def test_a_desired_that_cannot_be_is_rejected_by_name(given: Any, words: str) -> None:
    world = World()
    world.images = given
    world.builds = {REF: BUILD}
    found = errors(world.host, world.wanted())
    assert len(found) == 1
    assert words in found[0]
    assert found[0].startswith("container_image_list: ")
    assert "hush" not in found[0]


def test_all_that_is_wrong_with_the_host_is_reported_at_once() -> None:
    world = World(desired(), desired(tag="2", pull="always"), {"name": "lab/x", "load_from": "/a.tar"})
    world.builds[REF] = {"error": "the context /src is no folder"}
    world.builds["lab/jupyter:2"] = BUILD
    world.look["archives"] = {"/a.tar": {"error": "/a.tar is not there", "images": {}}}
    world.look["registry"] = {BASE: {"digest": "", "error": "connection refused"}}
    found = errors(world.host, world.wanted())
    assert len(found) == 3
    for words in ("/src is no folder", "/a.tar is not there", "connection refused"):
        assert sum(words in reason for reason in found) == 1


def test_an_archive_without_the_image_names_what_it_has() -> None:
    world = World({"name": "lab/x", "load_from": "/a.tar"})
    world.look["archives"] = {"/a.tar": {"error": "", "images": {REF: ["sha256:1"]}}}
    assert REF in errors(world.host, world.wanted())[0]


def test_a_base_whose_digest_was_not_filled_in_is_rejected() -> None:
    world = World(desired(), bases=["tensorflow/tensorflow:latest@"])
    assert (
        "'tensorflow/tensorflow:latest@' ends where a tag or a digest is missing"
        in errors(world.host, world.wanted())[0]
    )


def test_secrets_want_buildkit() -> None:
    world = World(desired(secrets=[{"id": "a", "src": "/b"}]))
    world.look["engine"]["buildx"] = False
    assert "docker_engine_buildx: true" in errors(world.host, world.wanted())[0]


def test_an_engine_that_is_still_to_come_is_rejected_but_in_a_preview() -> None:
    world = World(desired())
    world.look["engine"] = {"answers": False, "version": "", "architecture": "", "buildx": False, "error": "no socket"}
    world.look["images"] = {}
    assert "no socket" in errors(world.host, world.wanted())[0]
    assert [each["step"] for each in plan(world.host, world.wanted(preview=True))][-1] == "build"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("debian", "debian:latest"),
        ("debian:13", "debian:13"),
        ("reg:5000/a", "reg:5000/a:latest"),
        ("reg:5000/a:1", "reg:5000/a:1"),
        (f"debian:13@{DIGEST}", f"debian@{DIGEST}"),
        (f"reg:5000/a@{DIGEST}", f"reg:5000/a@{DIGEST}"),
        (f"reg:5000/a:1@{DIGEST}", f"reg:5000/a@{DIGEST}"),
    ],
)
def test_names_as_the_engine_takes_them(name: str, expected: str) -> None:
    assert tagged(name) == expected


@pytest.mark.parametrize(
    ("name", "digests", "expected"),
    [
        ("debian:13", [f"debian@{DIGEST}"], DIGEST),
        ("docker.io/library/debian:13", [f"debian@{DIGEST}"], DIGEST),
        ("a/debian:13", [f"debian@{DIGEST}"], "sha256:x"),
        ("debian:13", [], "sha256:x"),
        (f"debian@{OTHER}", [], OTHER),
    ],
)
def test_by_what_a_base_is_known(name: str, digests: list[str], expected: str) -> None:
    assert base_digest(name, image("x", digests=digests)) == expected

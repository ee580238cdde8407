# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Images that are made from each other: one run makes them all, and leaves nothing to do."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest
from ansible_collections.dockyard.gpu.plugins.plugin_utils._container_image.plan import plan
from ansible_collections.dockyard.gpu.plugins.plugin_utils._container_image.queries import questions
from ansible_collections.dockyard.gpu.plugins.plugin_utils._planning.step import PlanInvalid, errors_of
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils import hosts
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils.hosts import bare_host

Described = dict[str, Any]


class Engine:
    """An engine and its registry, with the store of a graph driver or containerd's, and one run of the role over it."""

    def __init__(self, *images: Described, containerd: bool = False, bases: dict[str, list[str]]) -> None:
        self.images = list(images)
        self.containerd = containerd
        self.builds = {
            f"{each['name']}:1": {
                "error": "",
                "dockerfile": "d" * 64,
                "context": "c" * 64,
                "bases": bases.get(each["name"], []),
            }
            for each in images
            if "context" in each
        }
        self.there: dict[str, Described] = {}
        self.registry: dict[str, str] = {}
        self.archive: dict[str, str] = {}
        self.count = 0

    def look(self) -> Described:
        asked = questions(hosts.wanted("container_image", list=self.images)["list"], self.builds)
        names = {
            name: self.there.get(name.replace("docker.io/", "").replace("library/", "")) for name in asked["names"]
        }
        return {
            "engine": {"answers": True, "version": "29", "architecture": "amd64", "buildx": True, "error": ""},
            "images": {name: found for name, found in names.items() if found},
            "registry": {name: {"digest": self.registry.get(name, ""), "error": ""} for name in asked["registry"]},
            "pushed": {name: {"digest": self.registry.get(name, ""), "error": ""} for name in asked["pushed"]},
            "archives": {
                path: {"error": "", "images": {name: [number] for name, number in self.archive.items()}}
                for path in asked["archives"]
            },
            "replaced": {},
        }

    def plan(self) -> list[Described]:
        host = {**bare_host(), "python": {**bare_host()["python"], "requests": True}, "images": self.look()}
        wanted = {**hosts.wanted("container_image", list=self.images), "builds": self.builds, "preview": False}
        return plan(host, wanted)

    def run(self) -> list[str]:
        """As tasks/main.yml: the order of the plan, each image's steps made anew when its turn comes."""
        done = []
        for ref in dict.fromkeys(each["to"]["ref"] for each in self.plan()):
            for step in [each for each in self.plan() if each["to"]["ref"] == ref]:
                getattr(self, f"_{step['step']}")(ref, step["to"])
                done.append(f"{step['step']} {ref.partition(':')[0]}")
        return done

    def _new(self, ref: str, built: Any, number: str = "") -> None:
        self.count += 1
        number = number or f"sha256:{self.count}"
        digests = [f"{ref.rpartition(':')[0]}@{number}"] if self.containerd else []
        self.there[ref] = {"id": number, "digests": digests, "built": built, "created": "", "size": 1}

    def _build(self, ref: str, to: Described) -> None:
        assert all(base in self.there for base in self._bases(ref)), f"a base of {ref} is not here"
        self._new(ref, json.loads(to["label"]))

    def _bases(self, ref: str) -> list[str]:
        return [base.replace("docker.io/", "") for base in self.builds[ref]["bases"]]

    def _pull(self, ref: str, to: Described) -> None:
        self._new(to["name"], None)
        number = self.there[to["name"]]["id"]
        digest = self.registry.setdefault(to["name"], number + "r")
        self.there[to["name"]]["digests"] = [f"{to['name'].rpartition(':')[0]}@{digest}"]

    def _load(self, ref: str, to: Described) -> None:
        self._new(ref, None, self.archive[ref])

    def _push(self, ref: str, to: Described) -> None:
        found = self.there[ref]
        digest = found["id"] if self.containerd else found["id"] + "r"
        self.registry[ref] = digest
        found["digests"] = sorted({*found["digests"], f"{ref.rpartition(':')[0]}@{digest}"})


def image(name: str, **parts: Any) -> Described:
    return {"name": name, "tag": "1", "context": "/src", **parts}


CHAIN = {"lab/b": ["lab/a:1"], "lab/c": ["lab/b:1", "lab/a:1"]}


@pytest.mark.parametrize("containerd", [False, True], ids=["graph driver", "containerd"])
@pytest.mark.parametrize("order", list(itertools.permutations("abc")), ids="".join)
@pytest.mark.parametrize("pushed", ["", "a", "b", "ab", "abc"])
def test_one_run_makes_them_and_leaves_nothing(order: tuple[str, ...], pushed: str, containerd: bool) -> None:
    described = [image(f"lab/{name}", push=name in pushed) for name in order]
    engine = Engine(*described, bases=CHAIN, containerd=containerd)
    done = engine.run()
    assert [each for each in done if "build" in each] == ["build lab/a", "build lab/b", "build lab/c"]
    assert engine.plan() == []
    # What one of them is made from changes: it and those behind it are made anew, in the same run.
    engine.builds["lab/a:1"]["context"] = "e" * 64
    assert [each for each in engine.run() if "build" in each] == ["build lab/a", "build lab/b", "build lab/c"]
    assert engine.plan() == []


@pytest.mark.parametrize("containerd", [False, True], ids=["graph driver", "containerd"])
def test_a_base_that_is_pushed_later_is_the_same_base(containerd: bool) -> None:
    engine = Engine(image("lab/a"), image("lab/b"), bases=CHAIN, containerd=containerd)
    engine.run()
    engine.images[0] = image("lab/a", push=True)
    assert engine.run() == ["push lab/a"]
    assert engine.plan() == []


def test_a_base_that_is_pulled_or_loaded_anew_is_built_upon_in_the_same_run() -> None:
    pulled = {"name": "lab/a", "tag": "1", "pull": "always"}
    engine = Engine(image("lab/b"), pulled, bases={"lab/b": ["lab/a:1"]})
    assert engine.run() == ["pull lab/a", "build lab/b"]
    assert engine.plan() == []
    engine.registry["lab/a:1"] = "sha256:newer"
    assert engine.run() == ["pull lab/a", "build lab/b"]
    assert engine.plan() == []
    loaded = {"name": "lab/a", "tag": "1", "load_from": "/a.tar"}
    engine = Engine(image("lab/b"), loaded, bases={"lab/b": ["lab/a:1"]})
    engine.archive["lab/a:1"] = "sha256:one"
    assert engine.run() == ["load lab/a", "build lab/b"]
    assert engine.plan() == []
    engine.archive["lab/a:1"] = "sha256:two"
    assert engine.run() == ["load lab/a", "build lab/b"]
    assert engine.plan() == []


@pytest.mark.parametrize("written", ["lab/a:1", "docker.io/lab/a:1"])
def test_a_base_is_known_however_long_its_name_is_written(written: str) -> None:
    engine = Engine(image("lab/b", pull="always"), image("lab/a"), bases={"lab/b": [written]})
    assert engine.run() == ["build lab/a", "build lab/b"]
    assert engine.plan() == []


def test_what_needs_nothing_stays_in_the_order_in_which_it_is_described() -> None:
    described = [image(f"lab/{name}") for name in "zyxb"] + [image("lab/a")]
    engine = Engine(*described, bases={"lab/b": ["lab/a:1"]})
    assert engine.run() == [f"build lab/{name}" for name in "zyxab"]


@pytest.mark.parametrize(
    ("bases", "words"),
    [
        ({"lab/a": ["lab/a:1"]}, ("lab/a:1 is built from itself",)),
        ({"lab/a": ["lab/b:1"], "lab/b": ["lab/a:1"]}, ("lab/a:1 from lab/b:1 from lab/a:1", "built from each other")),
        (
            {"lab/a": ["lab/b:1"], "lab/b": ["lab/c:1"], "lab/c": ["docker.io/lab/b:1"]},
            ("lab/b:1 from lab/c:1 from lab/b:1",),
        ),
    ],
)
def test_a_circle_is_an_error_by_name(bases: dict[str, list[str]], words: tuple[str, ...]) -> None:
    engine = Engine(*(image(f"lab/{name}") for name in "abc"), bases=bases)
    with pytest.raises(PlanInvalid) as rejected:
        engine.plan()
    (reason,) = rejected.value.reasons
    assert all(word in reason for word in (*words, "container_image_list")), reason


def test_an_image_that_is_to_go_is_no_ones_base() -> None:
    gone = {"name": "lab/a", "tag": "1", "state": "absent"}
    engine = Engine(image("lab/b"), gone, bases={"lab/b": ["lab/a:1"]})
    host = {**bare_host(), "images": engine.look()}
    wanted = {**hosts.wanted("container_image", list=engine.images), "builds": engine.builds, "preview": False}
    assert errors_of(plan, host, wanted) == []

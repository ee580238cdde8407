# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An engine's containers as a model: names that are taken, ``--rm``, removals in progress, volumes without a name.

It answers as engines do from 20.10 on, and ``Client`` is an EngineClient of it that fails or is killed at any request.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from ansible_collections.dockyard.gpu.plugins.module_utils._docker import unix_http
from ansible_collections.dockyard.gpu.plugins.module_utils._docker.api import EngineClient, EngineError
from ansible_collections.dockyard.gpu.tests.unit.plugins.module_utils.fake_engine import Answer, frame

NEVER = "0001-01-01T00:00:00Z"
ONCE = "2026-01-01T00:00:00Z"
LIVING = ("running", "paused", "restarting")
GONE = (204, b"")


class Killed(BaseException):
    """What a program that is killed does not live to see."""


class World:
    """``containers`` by id. ``lost`` has the ids of removed containers that had run, and names of removed volumes."""

    def __init__(self) -> None:
        self.containers: dict[str, dict[str, Any]] = {}
        self.volumes: set[str] = set()
        self.lost: set[str] = set()
        self.images: dict[str, str] = {}
        self.image_labels: dict[str, dict[str, str]] = {}
        self.networks = ["bridge", "front", "host", "none"]
        self._made = 0

    def add(self, name: str, state: str = "created", **parts: Any) -> str:
        """``ends`` is the exit code with which it ends once it is started; ``again`` whether the engine restarts it."""
        self._made += 1
        number = f"{self._made:04x}" * 16
        ran = state != "created"
        container = {
            "Id": number,
            "Name": f"/{name}",
            "Created": ONCE,
            "Image": parts.get("image_id", "sha256:1"),
            "State": {"Status": state, "ExitCode": 0, "StartedAt": ONCE if ran else NEVER},
            "RestartCount": 0,
            "Config": {"Labels": parts.get("labels", {}), "Image": parts.get("image", "debian:13"), "Env": []},
            "HostConfig": {"AutoRemove": parts.get("rm", False), "RestartPolicy": {"Name": parts.get("policy", "no")}},
            "NetworkSettings": {"Networks": {each: {} for each in parts.get("networks", ["bridge"])}},
            "ends": parts.get("ends"),
            "again": parts.get("again", False),
            "port": parts.get("port"),
        }
        self.containers[number] = container
        self.volumes.add(f"data of {number}")
        return number

    def named(self, name: str) -> dict[str, Any] | None:
        return next((each for each in self.containers.values() if each["Name"] == f"/{name}"), None)

    def shown(self) -> dict[str, tuple[str, str]]:
        return {each["Name"][1:]: (each["Id"], each["State"]["Status"]) for each in self.containers.values()}

    def answer(self, method: str, path: str, query: Mapping[str, str], body: bytes) -> Answer:
        kind, _, rest = path.lstrip("/").partition("/")
        if path == "/containers/json":
            return 200, [self._listed(each) for each in self.containers.values()]
        if path == "/containers/create":
            return self._create(query["name"], json.loads(body))
        if kind == "containers":
            return self._container(method, *rest.partition("/")[::2], query, body)
        if kind == "networks":
            return self._network(*rest.partition("/")[::2], body)
        if kind == "images":
            return self._image(rest.rpartition("/")[0])
        if path == "/info":
            return 200, {"ServerVersion": "99", "Runtimes": {}}
        return 404, {"message": f"page not found: {path}"}

    def _image(self, name: str) -> Answer:
        number = self.images.get(name, name)
        if number not in (*self.images.values(), *self.image_labels):
            return 404, {"message": f"No such image: {name}"}
        return 200, {"Id": number, "Config": {"Labels": self.image_labels.get(number)}}

    def _create(self, name: str, parts: dict[str, Any]) -> Answer:
        taken = self.named(name)
        if taken:
            return 409, {"message": f'Conflict. The container name "/{name}" is already in use by {taken["Id"]}.'}
        return 201, {"Id": self.add(name, **parts)}

    def _listed(self, container: dict[str, Any]) -> dict[str, Any]:
        labels, state = container["Config"]["Labels"], container["State"]["Status"]
        return {"Id": container["Id"], "Names": [container["Name"]], "Labels": labels, "State": state}

    def _container(self, method: str, key: str, verb: str, query: Mapping[str, str], body: bytes) -> Answer:
        container = self.containers.get(key) or self.named(key)
        container = container or next((each for each in self.containers.values() if each["Id"].startswith(key)), None)
        if not container:
            return 404, {"message": f"No such container: {key}"}
        if method == "DELETE":
            return self._delete(container, query)
        if verb == "json":
            return 200, json.loads(json.dumps(container))
        if verb == "logs":
            return 200, frame(1, b"first\n") + frame(2, b"last words\n")
        if verb == "rename":
            return self._rename(container, query["name"])
        if verb == "update":
            container["HostConfig"]["RestartPolicy"] = json.loads(body)["RestartPolicy"]
            return 200, {"Warnings": None}
        verbs: dict[str, Callable[[dict[str, Any]], Answer]] = {
            "start": self._start,
            "stop": self._stop,
            "unpause": self._unpause,
            "pause": self._pause,
            "wait": self._wait,
        }
        return verbs[verb](container)

    def _start(self, container: dict[str, Any]) -> Answer:
        state = container["State"]
        if state["Status"] in ("running", "restarting"):
            return 304, b""
        if state["Status"] == "paused":
            return 409, {"message": "cannot start a paused container, try unpause instead"}
        if state["Status"] in ("dead", "removing"):
            return 409, {"message": "container is marked for removal and cannot be started"}
        port = container["port"]
        if port and any(
            each["port"] == port and each["State"]["Status"] in LIVING for each in self.containers.values()
        ):
            return 500, {"message": f"Bind for 127.0.0.1:{port} failed: port is already allocated"}
        state.update(Status="running", StartedAt=ONCE, ExitCode=0)
        if container["ends"] is not None:
            self._end(container)
        return GONE

    def _end(self, container: dict[str, Any]) -> None:
        if container["again"]:
            container["RestartCount"] += 1
            return
        container["State"].update(Status="exited", ExitCode=container["ends"] or 0)
        if container["HostConfig"]["AutoRemove"]:
            self._forget(container, volumes=True)

    def _stop(self, container: dict[str, Any]) -> Answer:
        if container["State"]["Status"] not in LIVING:
            return 304, b""
        container["State"].update(Status="exited", ExitCode=0)
        if container["HostConfig"]["AutoRemove"]:
            self._forget(container, volumes=True)
        return GONE

    def _unpause(self, container: dict[str, Any]) -> Answer:
        container["State"]["Status"] = "running"
        return GONE

    def _pause(self, container: dict[str, Any]) -> Answer:
        if container["State"]["Status"] != "running":
            return 409, {"message": f"container {container['Id']} is not running"}
        container["State"]["Status"] = "paused"
        return GONE

    def _wait(self, container: dict[str, Any]) -> Answer:
        container["State"].update(Status="exited", ExitCode=container["ends"] or 0)
        return 200, {"StatusCode": container["ends"] or 0}

    def _rename(self, container: dict[str, Any], name: str) -> Answer:
        taken = self.named(name)
        if taken is container:
            return 400, {"message": "Renaming a container with the same name as its current name"}
        if taken:
            return 409, {"message": f'Conflict. The container name "/{name}" is already in use by {taken["Id"]}.'}
        container["Name"] = f"/{name}"
        return GONE

    def _delete(self, container: dict[str, Any], query: Mapping[str, str]) -> Answer:
        if container["State"]["Status"] == "removing":
            self._forget(container, volumes=False)
            return 409, {"message": f"removal of container {container['Id']} is already in progress"}
        if container["State"]["Status"] in LIVING and query.get("force") != "true":
            return 409, {
                "message": "You cannot remove a running container. Stop the container before attempting removal"
            }
        self._forget(container, volumes=query.get("v") == "true")
        return GONE

    def _forget(self, container: dict[str, Any], volumes: bool) -> None:
        del self.containers[container["Id"]]
        if container["State"]["StartedAt"] != NEVER:
            self.lost.add(container["Id"])
        if volumes:
            self.volumes.discard(f"data of {container['Id']}")
            self.lost.add(f"data of {container['Id']}")

    def _network(self, name: str, verb: str, body: bytes) -> Answer:
        if not name:
            return 200, [{"Name": each} for each in self.networks]
        if name not in self.networks:
            return 404, {"message": f"network {name} not found"}
        networks = self.containers[json.loads(body)["Container"]]["NetworkSettings"]["Networks"]
        if verb == "connect":
            networks[name] = {}
        else:
            del networks[name]
        return 200, b""


# What may go wrong at one request that changes something.
FAULTS = ("rejected", "unanswered", "lost", "killed before", "killed after")


class Client(EngineClient):
    """``fault`` comes at the request numbered ``at`` of those that change something; ``meddle`` acts before it."""

    def __init__(
        self, world: World, at: int = -1, fault: str = "", meddle: Callable[[World], None] | None = None
    ) -> None:
        super().__init__("/nowhere", 0.02)
        self._api_version = "1.99"
        self.world = world
        self.changes = 0
        self._at = at
        self._fault = fault
        self._meddle = meddle

    def _send(self, method: str, target: str, body: bytes | None, headers: dict[str, str]) -> unix_http.Response:
        url = urlsplit(target)
        query = {key: values[0] for key, values in parse_qs(url.query).items()}
        path = unquote(re.sub(r"^/v1\.99", "", url.path))
        fault = ""
        if method != "GET" and not path.endswith("/wait"):
            fault = self._fault if self.changes == self._at else ""
            if self._meddle and self.changes == self._at:
                self._meddle(self.world)
            self.changes += 1
        if fault == "killed before":
            raise Killed
        if fault == "rejected":
            raise EngineError(500, "the engine does not like it")
        if fault == "unanswered":
            raise EngineError(None, "the answer broke off")
        status, answer = self.world.answer(method, path, query, body or b"")
        if fault == "killed after":
            raise Killed
        if fault == "lost":
            raise EngineError(None, "the answer broke off")
        content = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        if status >= 400:
            raise EngineError(status, json.loads(content)["message"])
        return unix_http.Response(status, "", {}, content)

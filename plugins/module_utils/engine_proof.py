# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The proof that an engine runs containers: its own image, a real container, and what came back."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import time
from collections.abc import Iterator
from typing import Any

from ansible_collections.dockyard.gpu.plugins.module_utils import proof_image
from ansible_collections.dockyard.gpu.plugins.module_utils.engine_api import (
    EngineClient,
    EngineError,
    demultiplex,
    progress_error,
)
from ansible_collections.dockyard.gpu.plugins.module_utils.interruption import Interruption

LABEL = "dockyard.gpu.proof"
EXPIRES_LABEL = "dockyard.gpu.proof.expires"
NAME = "dockyard-gpu-proof"
CLEANUP_SECONDS = 5

# Shell built-ins only. An interface that is down proves nothing: kernels put tunnel stubs into every namespace.
SCRIPT = r"""
echo "nonce $1"
while read -r name rest; do
  case $name in
    *:*)
      name=${name%%:*}
      flags=0x1
      { read -r flags < "/sys/class/net/$name/flags"; } 2>/dev/null
      [ $((flags & 1)) -eq 0 ] || echo "interface $name"
  esac
done < /proc/net/dev
exit "$2"
"""

JOURNAL = "journalctl -u docker -n 50"


class Broken(Exception):
    """A check did not hold."""


class NoEngine(Broken):
    """Nothing is there that could be asked, as on a host that is still bare."""


class Proof:
    """One run; what it makes on the engine carries its own name and label, so that nothing else can be meant."""

    def __init__(self, client: EngineClient, network: str, timeout: int) -> None:
        self.checks: list[dict[str, Any]] = []
        self.engine: dict[str, str] = {}
        self.warnings: list[str] = []
        self._step, self._expected = "engine", ""
        self._client = client
        self._network = network
        self._run_id = secrets.token_hex(8)
        self._name = f"{NAME}-{self._run_id}"
        self._image = f"{NAME}:{self._run_id}"
        self._exit_code = 1 + secrets.randbelow(100)
        self._labels = {LABEL: self._run_id, EXPIRES_LABEL: str(int(time.time()) + timeout + CLEANUP_SECONDS)}
        self._made = False

    def run(self, interruption: Interruption) -> None:
        with self._checking("engine", f"an engine answers on {self._client.socket_path}", "the engine does not answer"):
            self._ask_engine()
        self._sweep()
        with self._checking("image", "an image made of the host's shell is imported", "no image can be imported"):
            image = proof_image.build()
            with interruption.deferred():
                self._import(image.archive)
        with self._checking("container", "a container is made", "no container can be made"), interruption.deferred():
            self._create(image.library_path)
        with self._checking("container", "the container is started and ends", "the container does not start"):
            with interruption.deferred():
                self._client.post_json(f"/containers/{self._name}/start")
            exit_code = self._client.post_json(f"/containers/{self._name}/wait")["StatusCode"]
            self._passed(f"{self._name} ran and ended")
        with self._checking("output", f"nonce {self._run_id}", "the container's output cannot be read"):
            log = self._client.request("GET", f"/containers/{self._name}/logs", {"stdout": "1", "stderr": "1"})
            output, errors = (part.decode("utf-8", "replace") for part in demultiplex(log))
        self._judge(output, errors, exit_code)

    def stop(self, reason: str) -> Broken:
        """Notes that the current check was cut short."""
        self._failed(reason)
        return Broken(f"the proof was cut short at its check '{self._step}': {reason}. Next: {JOURNAL}")

    def remove(self) -> None:
        if not self._made:
            return
        self._client.timeout = CLEANUP_SECONDS
        try:
            self._delete(f"/containers/{self._name}")
            self._delete(f"/images/{self._image}")
        except EngineError as exc:
            self.warnings.append(f"{self._name} could not be removed, a later run will try again: {exc}")

    @contextlib.contextmanager
    def _checking(self, step: str, expected: str, broken: str) -> Iterator[None]:
        self._step, self._expected = step, expected
        try:
            yield
        except (EngineError, proof_image.ProofImageError) as exc:
            self._failed(str(exc))
            gone = isinstance(exc.__cause__, (FileNotFoundError, ConnectionRefusedError))
            next_step = JOURNAL
            if gone:
                next_step = f"systemctl start docker; {JOURNAL}"
            elif isinstance(exc.__cause__, PermissionError):
                next_step = "run the task with become: true"
            kind = NoEngine if gone and step == "engine" else Broken
            raise kind(f"{broken}: {exc}. Next: {next_step}") from exc

    def _hold(self, step: str, ok: bool, expected: str, found: str, broken: str, next_step: str = JOURNAL) -> None:
        self._step, self._expected = step, expected
        if not ok:
            self._failed(found)
            raise Broken(f"{broken}: expected {expected}, found {found}. Next: {next_step}")
        self._passed(found)

    def _passed(self, found: str) -> None:
        self.checks.append({"name": self._step, "ok": True, "expected": self._expected, "found": found})

    def _failed(self, found: str) -> None:
        self.checks.append({"name": self._step, "ok": False, "expected": self._expected, "found": found})

    def _ask_engine(self) -> None:
        version = self._client.version()
        info = self._client.get_json("/info")
        self.engine = {
            "version": version.get("Version", ""),
            "api_version": version["ApiVersion"],
            "storage_driver": info.get("Driver", ""),
            "cgroup_driver": info.get("CgroupDriver", ""),
            "cgroup_version": info.get("CgroupVersion", ""),
            "default_runtime": info.get("DefaultRuntime", ""),
        }
        self._passed(f"version {self.engine['version']}")

    def _sweep(self) -> None:
        """Removes what earlier runs left that were killed outright, once their own time limit has passed."""
        query = {"all": "1", "filters": json.dumps({"label": [LABEL]})}
        try:
            for kind in ("containers", "images"):
                for item in self._client.get_json(f"/{kind}/json", query):
                    if int(item["Labels"][EXPIRES_LABEL]) < time.time():
                        self._delete(f"/{kind}/{item['Id']}")
        except EngineError as exc:
            self.warnings.append(f"what an earlier run left could not be removed: {exc}")

    def _delete(self, path: str) -> None:
        try:
            self._client.request("DELETE", path, {"force": "1"})
        except EngineError as exc:
            if exc.status != 404:
                raise

    def _import(self, archive: bytes) -> None:
        labels = " ".join(f'"{key}"="{value}"' for key, value in self._labels.items())
        query = {"fromSrc": "-", "repo": NAME, "tag": self._run_id, "changes": f"LABEL {labels}"}
        self._made = True
        progress = self._client.request("POST", "/images/create", query, archive, {"Content-Type": "application/x-tar"})
        error = progress_error(progress)
        if error:
            raise EngineError(200, error)
        self._passed(f"{len(archive)} bytes as {self._image}")

    def _create(self, library_path: str) -> None:
        container = {
            "Image": self._image,
            "Cmd": [proof_image.SHELL, "-c", SCRIPT, "proof", self._run_id, str(self._exit_code)],
            "Env": [f"LD_LIBRARY_PATH={library_path}"],
            "Labels": self._labels,
            "HostConfig": {
                "NetworkMode": self._network,
                "RestartPolicy": {"Name": "no"},
                # Whatever log driver the host is set to, this one can be read back.
                "LogConfig": {"Type": "json-file"},
            },
        }
        self._client.post_json("/containers/create", container, {"name": self._name})

    def _judge(self, output: str, errors: str, exit_code: int) -> None:
        lines = output.splitlines()
        nonce = f"nonce {self._run_id}"
        ok = lines[:1] == [nonce]
        found = nonce if ok else (output + errors).strip()[:500] or "nothing"
        self._hold("output", ok, nonce, found, "the container's output is wrong")
        self._hold(
            "exit_code",
            exit_code == self._exit_code,
            str(self._exit_code),
            str(exit_code),
            "the container's exit code is wrong",
        )
        self._judge_network({line.split()[1] for line in lines[1:] if line.startswith("interface ")})

    def _judge_network(self, interfaces: set[str]) -> None:
        own = interfaces - {"lo"}
        if self._network == "none":
            ok, expected = not own, "no interface but lo"
        elif self._network == "host":
            wanted = _host_interfaces()
            ok, expected = wanted <= interfaces, f"the host's interfaces {_listed(wanted)}"
        else:
            ok, expected = bool(own) and not own & self._bridges(), "an interface of its own besides lo"
        self._hold(
            "network",
            ok,
            expected,
            _listed(interfaces),
            f"the container's network is not '{self._network}'",
            "docker network ls (an engine without a bridge is proven with network: none)",
        )

    def _bridges(self) -> set[str]:
        """The host's side of the bridge: a container that sees it has no network namespace of its own."""
        try:
            options = self._client.get_json("/networks/bridge")["Options"] or {}
        except EngineError:
            return set()
        return {options.get("com.docker.network.bridge.name", "docker0")}


def _host_interfaces() -> set[str]:
    """The interfaces that are up here, less those that come and go with other containers."""
    names = set()
    for name in os.listdir("/sys/class/net"):
        with contextlib.suppress(OSError), open(f"/sys/class/net/{name}/flags", encoding="ascii") as handle:
            if int(handle.read(), 16) & 1 and not name.startswith("veth"):
                names.add(name)
    return names


def _listed(names: set[str]) -> str:
    return ", ".join(sorted(names)) or "none"

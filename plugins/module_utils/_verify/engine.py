# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The verification that an engine runs containers: its own image, a real container, and what came back."""

from __future__ import annotations

import contextlib
import os
import secrets
from typing import Dict, Set

from .._docker.api import EngineError
from . import image as verify_image
from .checks import Checks
from .gpus import GpuVerification
from .sandbox import Bench

# Shell built-ins only. An interface that is down verifies nothing: kernels put tunnel stubs into every namespace.
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
for node in /dev/nvidia[0-9]*; do
  [ ! -e "$node" ] || echo "node $node"
done
exit "$2"
"""


class Verification:
    """One run: the engine, the image, a container without requests, and then GPUs where they are to be verified."""

    def __init__(self, bench: Bench, checks: Checks, network: str, gpus: GpuVerification) -> None:
        self.engine: Dict[str, str] = {}
        self._bench, self._checks, self._gpus = bench, checks, gpus
        self._client = bench.client
        self._network = network
        self._exit_code = 1 + secrets.randbelow(100)

    def run(self) -> None:
        checking, name = self._checks.checking, self._bench.name
        with checking("engine", f"an engine answers on {self._client.socket_path}", "the engine does not answer"):
            self._ask_engine()
        self._bench.sweep()
        self._gpus.find()
        with checking("image", "an image made of the host's shell is imported", "no image can be imported"):
            image = verify_image.build(also=self._gpus.needs())
            self._bench.import_image(image.archive)
            self._checks.passed(f"{len(image.archive)} bytes as {self._bench.image}")
        with checking("container", "a container is made", "no container can be made"):
            self._create(image.library_path)
        with checking("container", "the container is started and ends", "the container does not start"):
            self._bench.start(name)
            exit_code = self._bench.wait(name)
            self._checks.passed(f"{name} ran and ended")
        with checking("network", "a network that the engine tells of", "the container cannot be asked about"):
            self._network = self._given_network(name)
        with checking("output", f"nonce {self._bench.run_id}", "the container's output cannot be read"):
            output, errors = self._bench.output(name)
        self._judge(output, errors, exit_code)
        self._gpus.run(image, {line.split()[1] for line in output.splitlines() if line.startswith("node ")})

    def _ask_engine(self) -> None:
        version = self._client.version()
        info = self._client.get_json("/info")
        self._gpus.engine = {**info, "Version": version.get("Version", "")}
        self.engine = {
            "version": version.get("Version", ""),
            "api_version": version["ApiVersion"],
            "storage_driver": info.get("Driver", ""),
            "cgroup_driver": info.get("CgroupDriver", ""),
            "cgroup_version": info.get("CgroupVersion", ""),
            "default_runtime": info.get("DefaultRuntime", ""),
        }
        self._checks.passed(f"version {self.engine['version']}")

    def _create(self, library_path: str) -> None:
        command = [verify_image.SHELL, "-c", SCRIPT, "verification", self._bench.run_id, str(self._exit_code)]
        network = {} if self._network == "default" else {"NetworkMode": self._network}
        self._bench.create(command, {"Env": [f"LD_LIBRARY_PATH={library_path}"], "HostConfig": network})

    def _given_network(self, name: str) -> str:
        """Which one it got that asked for none."""
        if self._network != "default":
            return self._network
        named = set(self._client.get_json(f"/containers/{name}/json")["NetworkSettings"]["Networks"] or {})
        if named == {"host"}:
            return "host"
        # An engine without a bridge names it all the same, and starts containers without a network.
        return "bridge" if named - {"none"} and any(map(self._is_network, named)) else "none"

    def _is_network(self, name: str) -> bool:
        try:
            self._client.get_json(f"/networks/{name}")
        except EngineError as error:
            if error.status == 404:
                return False
            raise
        return True

    def _judge(self, output: str, errors: str, exit_code: int) -> None:
        lines = output.splitlines()
        nonce = f"nonce {self._bench.run_id}"
        ok = lines[:1] == [nonce]
        found = nonce if ok else (output + errors).strip()[:500] or "nothing"
        self._checks.hold("output", ok, nonce, found, "the container's output is wrong")
        self._checks.hold(
            "exit_code",
            exit_code == self._exit_code,
            str(self._exit_code),
            str(exit_code),
            "the container's exit code is wrong",
        )
        self._judge_network({line.split()[1] for line in lines[1:] if line.startswith("interface ")})

    def _judge_network(self, interfaces: Set[str]) -> None:
        own = interfaces - {"lo"}
        if self._network == "none":
            ok, expected = not own, "no interface but lo"
        elif self._network == "host":
            wanted = _host_interfaces()
            ok, expected = wanted <= interfaces, f"the host's interfaces {_listed(wanted)}"
        else:
            ok, expected = bool(own) and not own & self._bridges(), "an interface of its own besides lo"
        self._checks.hold(
            "network",
            ok,
            expected,
            _listed(interfaces),
            f"the container's network is not '{self._network}'",
            "docker network ls (an engine without a bridge is verified with network: none)",
        )

    def _bridges(self) -> Set[str]:
        """The host's side of the bridge: a container that sees it has no network namespace of its own."""
        try:
            options = self._client.get_json("/networks/bridge")["Options"] or {}
        except EngineError:
            return set()
        return {options.get("com.docker.network.bridge.name", "docker0")}


def _host_interfaces() -> Set[str]:
    """The interfaces that are up here, less those that come and go with other containers."""
    names = set()
    for name in os.listdir("/sys/class/net"):
        with contextlib.suppress(OSError), open(f"/sys/class/net/{name}/flags", encoding="ascii") as handle:
            if int(handle.read(), 16) & 1 and not name.startswith("veth"):
                names.add(name)
    return names


def _listed(names: Set[str]) -> str:
    return ", ".join(sorted(names)) or "none"

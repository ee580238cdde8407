# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The verification that containers see the GPUs that they were given, and no others."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Set

from .._common.prober import Prober
from .._docker.api import EngineError
from .._nvidia import diagnostics, gpus
from . import cuda, daemon_reload, diagnosis, injection
from . import image as verify_image
from .checks import Broken, Checks
from .diagnosis import Break
from .expectation import Truth, truth
from .injection import Request
from .observation import ANSWER, LIST, Seen, Sight, Silent, fulfilled, seen_in
from .sandbox import Bench

_EXPECTED = "each container sees the GPUs that it was given, and no others"


class GpuVerification:
    """``result`` is what the module returns of it; ``nvidia`` what the host has, once that was found."""

    def __init__(self, bench: Bench, checks: Checks, options: Dict[str, Any]) -> None:
        self.engine: Dict[str, Any] = {}
        self.nvidia: Optional[Dict[str, Any]] = None
        self.result: Dict[str, Any] = {
            "wanted": options["gpus"],
            "verified": False,
            "skipped": None,
            "expected": [],
            "ways": [],
            "cuda": None,
            "daemon_reload": None,
            "link": None,
            "message": None,
            "remedy": None,
        }
        self._bench, self._checks, self._options = bench, checks, options
        self._seconds = min(ANSWER, options["timeout"] / 2)
        self._truth: Optional[Truth] = None
        self._python: Optional[verify_image.Python] = None

    def find(self) -> None:
        """What the host has. Where no GPU can be verified, says why, and fails if it must be."""
        if self._options["gpus"] == "never":
            self.result["skipped"] = "not asked for"
            return
        prober = Prober(min(20.0, self._seconds))
        self.nvidia = gpus.gpus(prober)
        self.nvidia["problems"] += diagnostics.problems(self.nvidia)
        found = truth(self.nvidia, self.engine.get("CDISpecDirs") or ())
        lack = _lack(self.nvidia, found, prober.problems)
        if lack is None:
            self.result["expected"] = sorted(injection.requests("gpus", found.gpus)[0].needed)
            self._truth = found
            return
        self.result.update(skipped=lack.message, message=lack.message, remedy=lack.remedy)
        if self._options["gpus"] == "required":
            # Where no one needs GPUs, none of the links that bring them is broken.
            self.result["link"] = lack.link
            self._checks.begin("gpus", _EXPECTED)
            self._fail("no GPU can be given to a container", lack)

    def needs(self) -> List[str]:
        """Files that the image must hold for NVIDIA's programs to run in it."""
        if self._truth is None:
            return []
        if self._options["cuda"]:
            self._python = verify_image.python(cuda.MODULES)
        return verify_image.c_library() + (self._python.files if self._python else [])

    def run(self, image: verify_image.VerificationImage, nodes_without_request: Set[str]) -> None:
        if self._truth is None:
            return
        self._checks.begin("gpus", _EXPECTED)
        run = _Run(Sight(self._bench, image, self._seconds), self.engine, self._truth)
        self.result["ways"] = run.entries
        # The first container of the verification has asked for nothing; NVIDIA's runtime is asked to give nothing.
        run.note(
            injection.nothing("none"), Seen(None, 0, "", frozenset(), frozenset(nodes_without_request), False, False)
        )
        for way in injection.WAYS:
            if way in self._options["gpu_ways"]:
                run.go(way)
        self._sum_up(run)
        if self._python:
            self._checks.begin("cuda", "cuInit succeeds through the driver's library that is brought in")
            self.result["cuda"], broken = cuda.try_cuda(run.sight, run.held()[0], self._python, self._truth)
            self._hold("CUDA does not start in a container", broken)
            self._checks.passed(f"cuInit succeeded, {self.result['cuda']['devices']} devices")
        if self._options["daemon_reload"]:
            self._checks.begin("daemon_reload", "a container keeps its GPUs when systemd reads its units again")
            requests = [request for request in run.held() if request.way in ("gpus", "runtime", "cdi")]
            self.result["daemon_reload"], broken = daemon_reload.try_reload(run.sight, requests, self._truth)
            self._hold("GPUs are taken away from running containers", broken)
            skipped = self.result["daemon_reload"]["skipped"]
            self._checks.passed(
                f"skipped: {skipped}" if skipped else ", ".join(request.command for request in requests)
            )
        self.result["verified"] = True

    def _sum_up(self, run: _Run) -> None:
        failed = next((entry for entry in run.entries if entry["ok"] is False), None)
        if failed:
            broken = Break(failed["link"], failed["message"], failed["remedy"])
            self._hold(f"containers do not see the GPUs that they were given ({failed['command']})", broken)
        if not run.held():
            reasons = "; ".join(dict.fromkeys(entry["why"] for entry in run.entries if entry["why"]))
            broken = diagnosis.broken("runtime", f"no injection mode is available: {reasons}")
            self._hold("no GPU can be given to a container", broken)
        ways = dict.fromkeys(f"{entry['way']} (by {entry['used']})" for entry in run.entries if entry["used"])
        tried = sum(entry["supported"] for entry in run.entries)
        self._checks.passed(f"{len(self.result['expected'])} GPUs in {tried} containers: {', '.join(ways)}")

    def _hold(self, what: str, broken: Optional[Break]) -> None:
        if broken:
            broken = diagnosis.first_of_host((self.nvidia or {}).get("problems") or [], broken)
            self.result.update(broken._asdict())
            self._fail(what, broken)

    def _fail(self, what: str, broken: Break) -> None:
        self._checks.failed(f"{broken.link}: {broken.message}")
        raise Broken(f"{what}: {diagnosis.FAILED[broken.link]}: {broken.message}. Next: {broken.remedy}")


class _Run:
    """Every way that is open, one container after the other: a GPU that hangs must not be given to many."""

    def __init__(self, sight: Sight, engine: Dict[str, Any], found: Truth) -> None:
        self.sight = sight
        self.entries: List[Dict[str, Any]] = []
        self._engine, self._truth = engine, found
        self._hung = False

    def go(self, way: str) -> None:
        reason = injection.unable(way, self._engine, self._truth)
        if reason:
            self.entries.append({**_entry(way), "supported": False, "why": reason})
            return
        for request in injection.requests(way, self._truth.gpus):
            self._try(request)
        if way == "runtime":
            self._try(injection.nothing(way, self._truth.mode))

    def held(self) -> List[Request]:
        """All GPUs, by each way that gave them."""
        ways = [entry["way"] for entry in self.entries if entry["ok"] and entry["devices"] == "all"]
        return [injection.requests(way, self._truth.gpus)[0] for way in ways]

    def note(self, request: Request, seen: Seen) -> None:
        broken = None
        if not fulfilled(request, seen):
            closed = self.sight.closed(request) if request.needed else {}
            broken = diagnosis.answered(request, seen, closed, self._truth)
        used = ("cdi" if seen.by_cdi else "hook") if seen.uuids else None
        self._add(request, broken, seen=sorted(seen.uuids), used=used)

    def _try(self, request: Request) -> None:
        if self._hung:
            self.entries.append({**_entry(request.way, request), "why": "not tried, since an earlier container hangs"})
            return
        try:
            seen = seen_in(self.sight.said(request, LIST))
        except Silent:
            self._hung = True
            self._add(request, diagnosis.silent(request, self.sight.seconds))
        except EngineError as exc:
            self._add(request, diagnosis.rejected(request, exc.message, self._truth))
        else:
            self.note(request, seen)

    def _add(self, request: Request, broken: Optional[Break], **more: Any) -> None:
        reported = broken._asdict() if broken else {}
        self.entries.append({**_entry(request.way, request), "ok": broken is None, **reported, **more})


def _lack(nvidia: Dict[str, Any], found: Truth, unread: List[Dict[str, str]]) -> Optional[Break]:
    if not nvidia["gpus"]:
        return diagnosis.broken("driver", "no NVIDIA GPU is here", "Ask for GPUs only on hosts that have one.")
    if not nvidia["driver"]["answers"] or not found.gpus:
        return diagnosis.of_host(unread + nvidia["problems"], "the driver does not answer")
    if not found.has_toolkit():
        remedy = "Install nvidia-container-toolkit, as by the role dockyard.gpu.nvidia_container_toolkit."
        return diagnosis.broken("runtime", "NVIDIA's container toolkit is not installed", remedy)
    return None


def _entry(way: str, request: Optional[Request] = None) -> Dict[str, Any]:
    return {
        "way": way,
        "supported": True,
        "why": None,
        "devices": request.devices if request else None,
        "command": request.command if request else None,
        "expected": sorted(request.needed) if request else [],
        "seen": [],
        "used": None,
        "ok": None,
        "link": None,
        "message": None,
        "remedy": None,
    }

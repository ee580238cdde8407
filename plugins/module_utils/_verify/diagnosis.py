# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which link between a GPU and a container broke, by the words of what stands at its two ends."""

from __future__ import annotations

import os
import re
from typing import Dict, List, NamedTuple

from .._nvidia.cdi import KIND
from .expectation import Truth
from .injection import Request
from .observation import Seen

# What a way leans on, where the words tell no more.
_OF_WAY = {"gpus": "hook", "cdi": "cdi_specification", "runtime_cdi": "cdi_specification"}
_REMEDIES = {
    "device_node": "Create the nodes by `nvidia-modprobe -c=0 -u` for each GPU, or by `systemctl restart "
    "nvidia-persistenced`; `ls -l /dev/nvidia*` shows them.",
    "library": "Install the driver's libraries in the version of the loaded module and run `ldconfig`; `nvidia-smi` on "
    "the host must answer.",
    "cgroup": "Give GPUs by CDI, where they are the engine's own business, or set native.cgroupdriver=cgroupfs in "
    "exec-opts of daemon.json; containers that run have to be made anew.",
    "hook": "Install nvidia-container-toolkit anew (`apt-get install --reinstall nvidia-container-toolkit "
    "nvidia-container-toolkit-base`), then `systemctl restart docker`: the engine looks for hooks when it starts.",
    "runtime": "Register the runtime: `runtimes: {nvidia: {path: nvidia-container-runtime, args: []}}` in daemon.json, "
    "then `systemctl reload docker`.",
    "cdi_specification": "Write it anew: `systemctl restart nvidia-cdi-refresh`, or `nvidia-ctk cdi generate "
    "--output=/var/run/cdi/nvidia.yaml`; keep no second one in /etc/cdi. `nvidia-ctk cdi list` shows what it names.",
    "driver": "Run `nvidia-smi` on the host, and read `dmesg | grep -e NVRM -e Xid`.",
}
# How an error begins.
FAILED = {
    "device_node": "a device node is at fault",
    "library": "a library of the driver is at fault",
    "cgroup": "the container's cgroup is at fault",
    "hook": "NVIDIA's container hook failed",
    "runtime": "NVIDIA's container runtime failed",
    "cdi_specification": "the CDI specification is at fault",
    "driver": "the driver failed",
}
# What the kernel, NVML and NVIDIA's container library say of each link, in this order.
_WORDS = (
    ("library", r"couldn't find libnvidia-ml|error while loading shared libraries|cannot open shared object"),
    ("library", r"load library failed|version mismatch|ldcache error"),
    ("cgroup", r"devices\.allow|cgroup subsystem|bpf_prog_query|failed to add device rules"),
    ("driver", r"driver not loaded|driver error|initialization error|nvml error|unknown device"),
    ("cdi_specification", r"unresolvable CDI device|no known GPU vendor|CDI device injection|failed to inject CDI"),
    ("cdi_specification", r"select device driver \"cdi\"|CDI registry|conflicting devices?"),
    ("runtime", r"(?:unknown|invalid) runtime|invalid runtime name"),
    ("hook", r"select device driver"),
)
# Of what stands in for libnvidia-ml.so.1 where programs are built; its text has a frame of exclamation marks.
_STUB = r"libnvidia-ml\.so in GDK package is a stub library"
CONTROL = "/dev/nvidiactl"
UVM = "/dev/nvidia-uvm"
_NOT_THERE = r"(?:no such file|not found|permission denied|cannot stat|stat failed|exec format error)"


class Break(NamedTuple):
    link: str
    message: str
    remedy: str


def broken(link: str, message: str, remedy: str = "") -> Break:
    return Break(link, message.rstrip("."), remedy or _REMEDIES[link])


def rejected(request: Request, words: str, truth: Truth) -> Break:
    """The engine did not make the container, or could not start it."""
    own = _OF_WAY.get(request.way, "runtime")
    said = " ".join(words.split())
    node = re.search(r"/dev/nvidia[\w/-]*", words)
    if node and re.search(_NOT_THERE, words, re.I):
        return _missing_node(node.group(), said, truth)
    program = re.search(r"nvidia-(container-runtime-hook|cdi-hook|ctk|container-runtime|container-cli)\b", words)
    if program and _cannot_run(program.group(), words):
        link = "runtime" if program.group() == "nvidia-container-runtime" else "hook"
        return broken(link, f"{program.group()} cannot be run: {said}", _for_program(program.group(), truth))
    library = re.search(r"/\S*/lib(?:nvidia|cuda)[^\s:\"\\]*", words)
    if library and re.search(_NOT_THERE, words, re.I) and not os.path.exists(library.group()):
        return _missing_library(library.group(), said, truth)
    for link, pattern in _WORDS:
        if re.search(pattern, words, re.I):
            return broken(link, said, _remedy_for_specification(truth) if link == "cdi_specification" else "")
    return broken(own, said, _remedy_for_specification(truth) if own == "cdi_specification" else "")


def answered(request: Request, seen: Seen, closed: Dict[str, str], truth: Truth) -> Break:
    """The container ran and saw something else. ``closed``: nodes in it that cannot be opened, and why."""
    own = _own(request, seen.by_cdi)
    said = " ".join(re.sub(r"!{3,}", "", seen.text).split())[:300] or "nothing"
    forbidden = sorted(node for node, why in closed.items() if re.search("not permitted", why, re.I))
    denied = sorted(node for node, why in closed.items() if re.search("permission denied", why, re.I))
    if not request.needed:
        what = ", ".join(sorted(seen.nodes | seen.uuids))
        return broken("runtime", f"a container that asked for no GPU sees {what}", _NO_DEFAULT)
    if seen.smi is None:
        remedy = _remedy_for_specification(truth) if own == "cdi_specification" else ""
        return broken(own, "nvidia-smi was not brought into the container, which sees " + _nodes(seen), remedy)
    if forbidden:
        return broken("cgroup", f"the container's cgroup forbids {', '.join(forbidden)}; nvidia-smi says: {said}")
    if denied:
        nodes = ", ".join(denied)
        return broken("device_node", f"no one but their owner may open {nodes}", f"`chmod 0666 {' '.join(denied)}`.")
    if re.search(_STUB, seen.text):
        return broken("library", f"a stub of libnvidia-ml.so.1 was brought into the container: {said}", _NO_STUB)
    if re.search(_WORDS[0][1] + "|version mismatch", seen.text, re.I) or seen.status in (12, 127):
        return broken("library", f"nvidia-smi in the container says: {said}")
    if not seen.control and os.path.exists(CONTROL):
        return left_out(CONTROL, own, f"nvidia-smi says: {said}", truth)
    missing = sorted(request.nodes - seen.nodes)
    gone = [node for node in missing if not os.path.exists(node)]
    if gone:
        return broken("device_node", f"the host has no {', '.join(gone)}, and nvidia-smi in the container says: {said}")
    if seen.status not in (0, 6):
        return broken("driver", f"nvidia-smi in the container ended with status {seen.status} and says: {said}")
    expected = ", ".join(sorted(request.needed))
    found = ", ".join(sorted(seen.uuids)) or "none"
    remedy = _remedy_for_specification(truth) if own == "cdi_specification" else ""
    return broken(own, f"the container sees other GPUs than it was given: expected {expected}, found {found}", remedy)


def left_out(node: str, link: str, said: str, truth: Truth) -> Break:
    """The host has a node, and the container does not. ``link`` had to bring it."""
    remedy = _remedy_for_specification(truth) if link == "cdi_specification" else ""
    return broken(link, f"{node} was not brought into the container; {said}", remedy)


def without_uvm(request: Request, by_cdi: bool, said: str, truth: Truth) -> Break:
    """CUDA's own node is missing in a container, and perhaps on the host."""
    if os.path.exists(UVM):
        return left_out(UVM, _own(request, by_cdi), said, truth)
    remedy = "`modprobe nvidia-uvm`, then `nvidia-modprobe -c=0 -u`."
    return broken("device_node", f"the host has no {UVM}; {said}", remedy)


def _own(request: Request, by_cdi: bool) -> str:
    """What had to bring everything into the container."""
    return "cdi_specification" if by_cdi else _OF_WAY.get(request.way, "runtime")


def silent(request: Request, seconds: float) -> Break:
    return broken("driver", f"nvidia-smi in a container with {request.command} gave no answer within {seconds:g} s")


def of_host(problems: List[Dict[str, str]], otherwise: str) -> Break:
    """The host's own nvidia-smi does not answer: the first of its problems, as gpu_info tells them."""
    first = next(iter(problems), None)
    if first is None:
        return broken("driver", otherwise)
    in_user_space = "library" in first["code"] or first["code"] == "nvidia_smi_missing"
    return broken("library" if in_user_space else "driver", first["message"], first["remedy"])


# What a GPU says when it serves no one any more; whatever else is seen then follows from it.
_SICK = ("gpu_lost", "gpu_unreachable", "gpu_init_failed", "gpu_reset_required", "gpu_recovery", "gpu_value_unreadable")
_SICK_XIDS = (48, 62, 64, 74, 79, 95, 119, 120, 136, 140, 143, 154)


def sick(problems: List[Dict[str, str]]) -> List[Dict[str, str]]:
    """Those of gpu_info's problems that are a GPU's own, and keep it from serving anybody."""
    codes = (*_SICK, *(f"xid_{number}" for number in _SICK_XIDS))
    return [each for each in problems if each["code"] in codes]


def first_of_host(problems: List[Dict[str, str]], found: Break) -> Break:
    """What broke, unless a GPU is known to be sick: then that is the reason, and its remedy the one."""
    known = sick(problems)
    if not known:
        return found
    reported = "; ".join(dict.fromkeys(each["message"] for each in known))
    return Break("driver", f"{reported} (seen by: {found.message})", known[0]["remedy"])


_NO_STUB = (
    "Let ldconfig and LD_LIBRARY_PATH of the host name the driver's folder, and none of CUDA's `stubs`: a CDI "
    "specification takes what they find."
)
_NO_DEFAULT = (
    "Do not make nvidia the engine's default runtime, and set accept-nvidia-visible-devices-envvar-when-unprivileged = "
    "false in the toolkit's config.toml where images must not choose."
)


def _missing_node(node: str, said: str, truth: Truth) -> Break:
    known = {gpu.node for gpu in truth.gpus}
    if re.fullmatch(r"/dev/nvidia\d+", node) and node not in known and None not in known:
        message = f"a CDI specification names {node}, which belongs to no GPU of this host: {said}"
        return broken("cdi_specification", message, _remedy_for_specification(truth))
    return broken("device_node", f"{node} cannot be given to the container: {said}")


def _missing_library(path: str, said: str, truth: Truth) -> Break:
    version = re.search(r"\.so\.(\d[\d.]*\d)$", path)
    if version and "." in version.group(1) and truth.driver_version not in (None, version.group(1)):
        message = f"a CDI specification names {path}, but the driver is {truth.driver_version}: {said}"
        return broken("cdi_specification", message, _remedy_for_specification(truth))
    return broken("library", f"{path} is not there: {said}")


def _cannot_run(name: str, words: str) -> bool:
    if re.search(r"nvidia-container-cli(?:\.real)?: [a-z ]+ error|nvml error|load library failed", words):
        # It runs, and tells of something else that is missing.
        return False
    return bool(re.search(rf"{re.escape(name)}[\"'`]?:? [^\n]*?{_NOT_THERE}", words, re.I))


def _for_program(name: str, truth: Truth) -> str:
    path = truth.programs.get(name)
    if path and not os.access(path, os.X_OK):
        return f"`chmod 0755 {path}`, or install its package anew."
    return "" if path is None or name != "nvidia-container-runtime" else _REMEDIES["hook"]


def _remedy_for_specification(truth: Truth) -> str:
    """Names what a specification asks for and the host lacks, where that is its fault."""
    if truth.unreadable:
        return " ".join(sorted(f"{each}." for each in truth.unreadable.values())) + " " + _REMEDIES["cdi_specification"]
    if not truth.specifications:
        return f"There is no specification of {KIND}. " + _REMEDIES["cdi_specification"]
    for path, named_paths in sorted(truth.specifications.items()):
        lacking = sorted(named for named in named_paths if not os.path.exists(named))
        if lacking:
            return f"{path} names {lacking[0]}, which is not there. " + _REMEDIES["cdi_specification"]
    return f"See {', '.join(sorted(truth.specifications))}. " + _REMEDIES["cdi_specification"]


def _nodes(seen: Seen) -> str:
    return ", ".join(sorted(seen.nodes)) or "no device node of a GPU"

# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which GPUs each container gets: requests, the GPUs that are there and who has which in, UUIDs out."""

from __future__ import annotations

from typing import Any, Callable, Dict, List, NamedTuple, Sequence, Tuple

from .._planning.conversions import display, listed, mapping, plain
from .._planning.step import PlanInvalid
from .request import INDEX, GpuRequest, parse


class Claim(NamedTuple):
    """``has`` are the UUIDs that were given to it last, ``same`` says that its request was the same then."""

    name: str
    gpu_request: GpuRequest
    has: Tuple[str, ...] = ()
    same: bool = False
    # One that runs to its end and then gives way: such ones run one after the other.
    passing: bool = False


class Holder(NamedTuple):
    """A container that is not described, and the devices it has now."""

    name: str
    uuids: Tuple[str, ...]
    exclusive: bool = False


def select(claims: Sequence[Claim], gpus: Sequence[Dict[str, Any]], holders: Sequence[Holder]) -> Dict[str, List[str]]:
    """UUIDs by the claims' names. Raises PlanInvalid with every reason at once."""
    return _Selection(Devices(gpus), claims, holders).make()


def choose(gpus: Any, gpu_request: Any, taken: Any, alone: Any, kept: Any) -> List[str]:
    """UUIDs for one request, beside others who have some: what the filter select_gpus gives, whatever it is given."""
    try:
        gpu_request = parse(gpu_request)
        known = _known(plain(gpus))
        names, has = _texts("alone", alone), _texts("kept", kept)
        others = {
            name: _texts(f"taken: {name}", listed(given, texts=True)) for name, given in mapping(plain(taken)).items()
        }
    except ValueError as error:
        raise PlanInvalid([f"select_gpus: {error}"]) from error
    devices = Devices(known)
    holders = [Holder(name, devices.uuids(given), name in names) for name, given in others.items()]
    return select([Claim("select_gpus", gpu_request, tuple(has), same=True)], known, holders)["select_gpus"]


def _texts(what: str, given: Any) -> List[str]:
    found = listed(plain(given), texts=True)
    if not all(isinstance(each, (str, int)) for each in found):
        raise ValueError(f"{what}: must be a list of strings; got {display(given)}")
    return [str(each) for each in found]


def _known(gpus: Any) -> List[Dict[str, Any]]:
    """As gpu_info tells of them, or nothing else."""
    kinds = {"uuid": str, "index": int, "memory_total_mib": int, "memory_used_mib": int, "mig_mode": str, "name": str}
    if not isinstance(gpus, list):
        raise ValueError(f"must be a list of GPUs as dockyard.gpu.gpu_info returns it; got {display(gpus)}")
    for gpu in gpus:
        fits = isinstance(gpu, dict) and all(
            isinstance(gpu.get(key), (kind, type(None))) for key, kind in kinds.items()
        )
        migs = gpu.get("mig_devices") or [] if fits else []
        if not fits or not isinstance(migs, list) or not all(_is_part(each) for each in migs):
            raise ValueError(f"must be a GPU as dockyard.gpu.gpu_info returns it; got {display(gpu)}")
    return gpus


def _is_part(mig: Any) -> bool:
    return isinstance(mig, dict) and isinstance(mig.get("uuid"), str) and isinstance(mig.get("index"), int)


class Devices:
    """The GPUs that the driver knows, and their MIG devices."""

    def __init__(self, gpus: Sequence[Dict[str, Any]]) -> None:
        usable = [gpu for gpu in gpus if gpu.get("uuid")]
        self.gpus = sorted(usable, key=lambda gpu: (gpu.get("index") is None, gpu.get("index"), gpu["uuid"]))
        self._by_name: Dict[str, str] = {}
        self.parent: Dict[str, str] = {}
        for gpu in self.gpus:
            for name in (str(gpu.get("index")), gpu["uuid"]):
                self._by_name[name.lower()] = gpu["uuid"]
            for mig in gpu.get("mig_devices") or []:
                self._by_name[f"{gpu.get('index')}:{mig['index']}"] = mig["uuid"]
                self._by_name[mig["uuid"].lower()] = mig["uuid"]
                self.parent[mig["uuid"]] = gpu["uuid"]
        self._order = [uuid for gpu in self.gpus for uuid in (gpu["uuid"], *self._parts(gpu["uuid"]))]

    def uuid(self, name: str) -> str:
        """Empty where there is no such device."""
        return self._by_name.get(name.lower(), "")

    def uuids(self, names: Sequence[str]) -> Tuple[str, ...]:
        """Of those that there are; ``all`` is every GPU."""
        found = [uuid for name in names for uuid in (self.all() if name == "all" else [self.uuid(name)])]
        return tuple(dict.fromkeys(uuid for uuid in found if uuid))

    def all(self) -> List[str]:
        return [gpu["uuid"] for gpu in self.gpus]

    def ordered(self, uuids: Sequence[str]) -> List[str]:
        return sorted(uuids, key=self._order.index)

    def overlap(self, one: str, other: str) -> bool:
        """The same device, or a GPU and a part of it."""
        return one == other or self.parent.get(one) == other or self.parent.get(other) == one

    def words(self, uuid: str) -> str:
        for gpu in self.gpus:
            if gpu["uuid"] == uuid:
                return f"GPU {gpu.get('index')} ({uuid})"
        return f"MIG device {uuid}"

    def there(self) -> str:
        """What an error says of the host."""
        if not self.gpus:
            return "this host has no GPU that its driver knows"
        return f"this host has GPU {', '.join(str(gpu.get('index')) for gpu in self.gpus)}"

    def _parts(self, gpu: str) -> List[str]:
        return [mig for mig, parent in self.parent.items() if parent == gpu]


class _Owner(NamedTuple):
    name: str
    exclusive: bool
    passing: bool
    described: bool


class _Selection:
    def __init__(self, devices: Devices, claims: Sequence[Claim], holders: Sequence[Holder]) -> None:
        self._devices = devices
        self._claims = [claim for claim in claims if claim.gpu_request.kind != "none"]
        self._given: Dict[str, List[str]] = {claim.name: [] for claim in claims}
        self._owners: List[Tuple[str, _Owner]] = [
            (uuid, _Owner(holder.name, holder.exclusive, passing=False, described=False))
            for holder in holders
            for uuid in holder.uuids
        ]
        self._reasons: List[str] = []

    def make(self) -> Dict[str, List[str]]:
        """Who has some keeps them, who names devices comes next; who is new takes what is left."""
        counts = [claim for claim in self._claims if claim.gpu_request.kind == "count"]
        for claim in counts:
            if claim.same:
                self._keep(claim)
        for claim in self._claims:
            if claim.gpu_request.kind != "count":
                self._name(claim)
        # A request that changed makes way for those that did not.
        for claim in counts:
            if not claim.same:
                self._keep(claim)
        for claim in counts:
            self._find(claim)
        if self._reasons:
            raise PlanInvalid(self._reasons)
        return {name: self._devices.ordered(uuids) for name, uuids in self._given.items()}

    def _keep(self, claim: Claim) -> None:
        fitting = [gpu["uuid"] for gpu in self._devices.gpus if _fits(claim.gpu_request)(gpu)]
        kept = [uuid for uuid in claim.has if uuid in fitting and not self._hinders(claim, uuid)]
        self._give(claim, kept[: claim.gpu_request.amount])

    def _name(self, claim: Claim) -> None:
        uuids = self._devices.all() if claim.gpu_request.kind == "all" else self._named(claim)
        if claim.gpu_request.kind == "all" and not uuids:
            self._reject(claim, f"all GPUs are requested, and {self._devices.there()}")
        for uuid in uuids:
            hinders = self._hinders(claim, uuid)
            if hinders:
                self._reject(claim, _clash(claim, self._devices.words(uuid), hinders))
        self._give(claim, uuids)

    def _named(self, claim: Claim) -> List[str]:
        # A number may be another card's since the last boot: what it once stood for counts, while that is there.
        if claim.same and claim.has and all(self._devices.uuid(uuid) for uuid in claim.has):
            return list(claim.has)
        unknown = [device for device in claim.gpu_request.devices if not self._devices.uuid(device)]
        for device in unknown:
            kind = "GPU" if INDEX.fullmatch(device) or device.startswith("GPU-") else "MIG device"
            self._reject(claim, f"{kind} {device} does not exist{_misread(device)}; {self._devices.there()}")
        return list(
            dict.fromkeys(self._devices.uuid(each) for each in claim.gpu_request.devices if each not in unknown)
        )

    def _find(self, claim: Claim) -> None:
        gpu_request = claim.gpu_request
        missing = gpu_request.amount - len(self._given[claim.name])
        if missing <= 0:
            return
        fitting = [
            gpu for gpu in self._devices.gpus if _fits(gpu_request)(gpu) and gpu["uuid"] not in self._given[claim.name]
        ]
        roomy = [gpu for gpu in fitting if _free(gpu) >= gpu_request.memory_free_mib]
        free = [gpu for gpu in roomy if not self._hinders(claim, gpu["uuid"])]
        if len(free) < missing:
            self._reject(claim, self._shortage(claim, len(fitting), len(roomy), len(free)))
            return
        free.sort(key=lambda gpu: (len(self._owned(gpu["uuid"])), -_free(gpu), self._devices.all().index(gpu["uuid"])))
        self._give(claim, [gpu["uuid"] for gpu in free[:missing]])

    def _shortage(self, claim: Claim, fitting: int, roomy: int, free: int) -> str:
        gpu_request, has = claim.gpu_request, len(self._given[claim.name])
        alone = " exclusively" if gpu_request.exclusive else ""
        text = (
            f"{gpu_request.amount} GPUs are requested{alone}, and {has + free} are available: {self._devices.there()}"
        )
        if has + fitting < len(self._devices.gpus):
            text += f"; {has + fitting} of them are not MIG-partitioned and meet the conditions"
        if roomy < fitting:
            text += f"; {fitting - roomy} have less than {gpu_request.memory_free_mib} MiB free"
        having: Dict[str, List[str]] = {}
        for gpu in self._devices.gpus:
            for name in dict.fromkeys(owner.name for owner in self._hinders(claim, gpu["uuid"])):
                having.setdefault(name, []).append(str(gpu.get("index")))
        return text + "".join(f"; {name} has GPU {', '.join(mine)}" for name, mine in having.items())

    def _give(self, claim: Claim, uuids: Sequence[str]) -> None:
        self._given[claim.name] += uuids
        owner = _Owner(claim.name, claim.gpu_request.exclusive, claim.passing, described=True)
        self._owners += [(uuid, owner) for uuid in uuids]

    def _owned(self, uuid: str) -> List[_Owner]:
        return [owner for owned, owner in self._owners if self._devices.overlap(owned, uuid)]

    def _hinders(self, claim: Claim, uuid: str) -> List[_Owner]:
        """Those beside whom it cannot have the device. Who only came to what it has already does not drive it away.

        What it shared until now is not its own for having asked for it exclusively.
        """
        had = claim.has if claim.same or not claim.gpu_request.exclusive else ()
        return [
            owner
            for owner in self._owned(uuid)
            if (claim.gpu_request.exclusive or owner.exclusive)
            and owner.name != claim.name
            and not (claim.passing and owner.passing)
            and (owner.described or uuid not in had)
        ]

    def _reject(self, claim: Claim, reason: str) -> None:
        self._reasons.append(f"{claim.name}: {reason}")


def _clash(claim: Claim, device: str, hinders: Sequence[_Owner]) -> str:
    names = ", ".join(dict.fromkeys(owner.name for owner in hinders))
    if any(owner.exclusive for owner in hinders):
        return f"{device} belongs to {names} exclusively; request another one, or remove exclusive: true from {names}"
    return f"{device} is requested exclusively, and {names} has it; request another one, or remove exclusive: true"


def _misread(device: str) -> str:
    number = int(device) if INDEX.fullmatch(device) else 0
    return f" (if it was {number // 60}:{number % 60}, quote it)" if number >= 60 else ""


def _free(gpu: Dict[str, Any]) -> int:
    return (gpu.get("memory_total_mib") or 0) - (gpu.get("memory_used_mib") or 0)


def _fits(gpu_request: GpuRequest) -> Callable[[Dict[str, Any]], bool]:
    """Of the desired kind, whoever has it; a GPU that is cut into MIG devices is no whole one."""
    return lambda gpu: (
        gpu.get("mig_mode") != "enabled"
        and (gpu.get("memory_total_mib") or 0) >= gpu_request.memory_total_mib
        and gpu_request.name.lower() in (gpu.get("name") or "").lower()
        and gpu_request.architecture.lower() in ("", (gpu.get("architecture") or "").lower())
    )

# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with a host's GPUs and their driver, by what was found. Only reasoning: no file and no program.

host_info does not need it: the control node explains what a host found. Here it stands for runtime_check, which has to
say on the host why a container does not see its GPUs.
"""

from __future__ import annotations

from typing import Any, Dict, Iterator, List, Optional, Tuple

from .error_texts import EXAMINE, REBOOT, RELOAD, RESET, Problem, explained, problem

_OTHER_DRIVERS = ("nouveau", "nova_core")
# Machines whose driver is not on the PCI bus of this system.
_FOREIGN = ("wsl2", "jetson")
_RECOVERY = {
    "Reset": RESET,
    "Reboot": "Reboot the host.",
    "Drain P2P": "Stop the programs that use NVLink between GPUs, then reset the GPU.",
    "Drain and Reset": "Let the programs on this GPU end, start no new ones, then `nvidia-smi --gpu-reset -i {gpu}`.",
}


def problems(nvidia: Dict[str, Any]) -> List[Problem]:
    """Of what gpus.gpus() found, one for each GPU and kind; none of a host that it found no evidence on."""
    evidence = nvidia.get("evidence")
    if not evidence:
        return []
    answers = evidence["answers"]
    result = explained(evidence["said"])
    result += [each for gpu in nvidia["gpus"] for each in _of_gpu(gpu, nvidia["driver"], nvidia["platform"])]
    result += _of_driver(nvidia, evidence["signed"])
    result += [each for answer in answers for each in _of_answer(answer)]
    result += _missing(nvidia, answers, evidence["driven"])
    if evidence["failed"] and not result:
        result.append(_unknown(evidence["failed"]))
    result += explained(evidence["logged"])
    first: Dict[Tuple[Any, Any], Problem] = {}
    for each in result:
        first.setdefault((each["code"], each["pci_address"]), each)
    return list(first.values())


def _unknown(failed: Dict[str, Any]) -> Problem:
    return problem(
        "nvidia_smi_failed",
        None,
        f"nvidia-smi ended with status {failed['status']} and said: {failed['text'] or 'nothing'}",
        "Run `nvidia-smi` on the host, and read `dmesg | grep NVRM`.",
    )


def _of_gpu(gpu: Dict[str, Any], driver: Dict[str, Any], platform: str) -> Iterator[Problem]:
    address = gpu["pci_address"]
    if gpu["kernel_driver"] in _OTHER_DRIVERS:
        yield problem(
            "nouveau_bound",
            address,
            f"the kernel's own driver {gpu['kernel_driver']} has the GPU, and no container can use it",
            f"Keep {gpu['kernel_driver']} from loading (/etc/modprobe.d), rebuild the initramfs and reboot: the role"
            " nvidia_driver does this.",
        )
    if driver["state"] == "loaded" and gpu["kernel_driver"] is None and platform not in _FOREIGN:
        yield problem(
            "gpu_not_driven",
            address,
            f"the loaded driver {driver['loaded_version']} has not taken this GPU on",
            "`dmesg | grep NVRM` says why: a GPU that this branch or these modules do not support, or one that failed.",
        )


def _of_driver(found: Dict[str, Any], signed: Optional[bool]) -> Iterator[Problem]:
    driver, gpus = found["driver"], found["gpus"]
    loaded, installed, user_space = (driver[f"{part}_version"] for part in ("loaded", "installed", "user_space"))
    if loaded and user_space and loaded != user_space:
        yield problem(
            "library_mismatch",
            None,
            f"the kernel module {loaded} is loaded, but the libraries are {user_space}: nothing can use the GPUs",
            RELOAD,
        )
    elif loaded and installed and loaded != installed:
        yield problem(
            "module_outdated",
            None,
            f"the kernel module {loaded} is loaded, and {installed} is installed: the next boot brings it",
            "Reboot the host when it suits, with the libraries of the same version installed.",
        )
    ours = [gpu for gpu in gpus if gpu["kernel_driver"] is None]
    if driver["state"] == "installed" and ours and found["platform"] not in _FOREIGN:
        yield _not_loaded(driver, signed)
    if loaded and driver["smi"] is None:
        yield problem(
            "nvidia_smi_missing",
            None,
            f"the kernel module {loaded} is loaded, but there is no nvidia-smi",
            "Install the driver's utilities of the same version, such as nvidia-utils or nvidia-smi.",
        )
    if found["nvswitches"] and loaded and driver["fabric_manager"] is False:
        yield problem(
            "fabric_manager_missing",
            None,
            f"{len(found['nvswitches'])} NVSwitches are here, but nvidia-fabricmanager does not run: CUDA says"
            " `system not yet initialized`",
            f"Install nvidia-fabricmanager of version {loaded}, and `systemctl enable --now nvidia-fabricmanager`.",
        )


def _not_loaded(driver: Dict[str, Any], signed: Optional[bool]) -> Problem:
    if driver["installed_version"] is None:
        others = ", ".join(driver["module_kernels"])
        return problem(
            "module_missing",
            None,
            "the driver's user space is installed, but the running kernel has no nvidia module"
            + (f"; there is one for {others}" if others else ""),
            (f"Boot {others}, or install" if others else "Install")
            + " the headers of the running kernel and build the module (`dkms autoinstall`), or install the"
            " distribution's modules for this kernel.",
        )
    if driver["secure_boot"] and signed is False:
        return problem(
            "secure_boot_unsigned",
            None,
            f"Secure Boot is on, and the nvidia module {driver['installed_version']} has no signature: it cannot load",
            "Use the distribution's signed modules, enrol a key and sign the module (`mokutil --import`, then at the"
            " console), or turn Secure Boot off.",
        )
    return problem(
        "module_not_loaded",
        None,
        f"the nvidia module {driver['installed_version']} is installed, but not loaded",
        "`modprobe nvidia`, or reboot the host; `dmesg | grep -i nvidia` says why if it is rejected.",
    )


def _of_answer(answer: Dict[str, Any]) -> Iterator[Problem]:
    address = answer["pci_address"]
    action = answer.get("recovery_action")
    if action in _RECOVERY:
        yield problem("gpu_recovery", address, f"the driver asks for: {action}", _RECOVERY[action])
    elif answer.get("reset_required"):
        yield problem("gpu_reset_required", address, "the GPU is unusable until it is reset", RESET)
    elif answer.get("drain_recommended"):
        yield problem("gpu_recovery", address, "the driver asks for: Drain and Reset", _RECOVERY["Drain and Reset"])
    if answer.get("remap_failed"):
        yield problem("row_remap_failed", address, "a row of memory broke and no spare row is left", EXAMINE)
    if answer.get("remap_pending"):
        yield problem("row_remap_pending", address, "a broken row of memory is replaced at the next reset", RESET)
    if answer.get("retirement_pending"):
        yield problem("page_retirement_pending", address, "a broken page of memory is retired at the next reset", RESET)
    if answer.get("mig_pending") and answer.get("mig_mode") and answer.get("mig_pending") != answer.get("mig_mode"):
        yield problem("mig_mode_pending", address, f"MIG will be {answer['mig_pending']} after the next reset", RESET)
    if answer.get("fabric_state") == "In Progress":
        yield problem(
            "fabric_not_ready",
            address,
            "the GPU waits to be taken into its NVLink fabric: CUDA says `system not yet initialized`",
            "See `systemctl status nvidia-fabricmanager`; it must be of the driver's version.",
        )
    elif answer.get("fabric_state") == "Completed" and answer.get("fabric_status") not in (None, "Success"):
        yield problem(
            "fabric_failed",
            address,
            f"the GPU is not in its NVLink fabric: {answer['fabric_status']}",
            "See `journalctl -u nvidia-fabricmanager`, then reset the GPUs or reboot the host.",
        )


def _missing(found: Dict[str, Any], answers: List[Dict[str, Any]], driven: List[str]) -> Iterator[Problem]:
    on_bus = {gpu["pci_address"]: gpu for gpu in found["gpus"]}
    answering = {answer["pci_address"] for answer in answers}
    for address in driven:
        if address not in on_bus:
            yield problem("gpu_lost", address, "the driver handled this GPU, and it is no longer on the bus", REBOOT)
    # Without one answer, the trouble is the driver's and reported as such.
    for address, gpu in on_bus.items():
        if answering and address not in answering and gpu["kernel_driver"] == "nvidia":
            yield problem("gpu_lost", address, "the GPU is on the bus, but nvidia-smi does not list it", REBOOT)

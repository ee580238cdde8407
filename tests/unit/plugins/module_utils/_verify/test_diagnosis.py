# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
from pathlib import Path

import pytest
from ansible_collections.dockyard.gpu.plugins.module_utils._verify import diagnosis, gpu_fingerprint
from ansible_collections.dockyard.gpu.plugins.module_utils._verify.diagnosis import Break
from ansible_collections.dockyard.gpu.plugins.module_utils._verify.expectation import Gpu, Truth
from ansible_collections.dockyard.gpu.plugins.module_utils._verify.injection import requests

GPUS = [Gpu(index, f"GPU-{index}", f"/dev/nvidia{index}", False, {}) for index in (70, 71)]
TRUTH = Truth(GPUS, "580.1", {}, {}, {}, True, "auto")

OCI = "failed to create shim task: OCI runtime create failed: runc create failed: "
PRESTART = "error during container init: error running prestart hook #0: exit status 1, stdout: , stderr: "
CREATE = "error running createContainer hook #1: "
CLI = "nvidia-container-cli: "
GONE = "no such file or directory"


def rejected(way: str, words: str, truth: Truth = TRUTH) -> Break:
    return diagnosis.rejected(requests(way, truth.gpus)[0], words, truth)


# As engines from 20.10 to 29, runc, and the toolkit say it.
@pytest.mark.parametrize(
    ("way", "words", "link"),
    [
        ("gpus", 'could not select device driver "" with capabilities: [[gpu]]', "hook"),
        ("gpus", 'exec: "nvidia-container-runtime-hook": executable file not found in $PATH', "hook"),
        ("gpus", f"{OCI}{PRESTART}fork/exec /usr/bin/nvidia-container-runtime-hook: permission denied", "hook"),
        ("cdi", f"{OCI}{CREATE}fork/exec /usr/bin/nvidia-cdi-hook: permission denied", "hook"),
        ("cdi", f"{OCI}{CREATE}fork/exec /usr/bin/nvidia-ctk: {GONE}", "hook"),
        ("runtime", "unknown or invalid runtime name: nvidia", "runtime"),
        ("runtime_cdi", "Unknown runtime specified nvidia", "runtime"),
        ("runtime", 'exec: "nvidia-container-runtime": executable file not found in $PATH: : unknown', "runtime"),
        ("runtime_gpus", f"{OCI}fork/exec /usr/bin/nvidia-container-runtime: permission denied: unknown", "runtime"),
        ("gpus", f"{PRESTART}{CLI}initialization error: load library failed: libnvidia-ml.so.1: {GONE}", "library"),
        ("gpus", f"{PRESTART}{CLI}initialization error: nvml error: driver/library version mismatch", "library"),
        ("gpus", f"{PRESTART}{CLI}initialization error: nvml error: driver not loaded", "driver"),
        ("gpus", f"{PRESTART}{CLI}initialization error: driver error: failed to process request", "driver"),
        ("gpus", f"{PRESTART}{CLI}device error: 1: unknown device", "driver"),
        (
            "gpus",
            f"{PRESTART}{CLI}mount error: write error: /sys/fs/cgroup/devices/f/devices.allow: rejected",
            "cgroup",
        ),
        ("gpus", f"{PRESTART}{CLI}mount error: failed to add device rules: bpf_prog_query failed", "cgroup"),
        ("gpus", f"{PRESTART}{CLI}container error: cgroup subsystem devices not found", "cgroup"),
        ("gpus", f"{PRESTART}{CLI}mount error: stat failed: /dev/nvidia71: {GONE}", "device_node"),
        ("cdi", "CDI device injection failed: unresolvable CDI devices nvidia.com/gpu=all", "cdi_specification"),
        ("runtime_cdi", f"{OCI}failed to inject CDI devices: unresolvable CDI devices", "cdi_specification"),
        ("gpus", "failed to discover GPU vendor from CDI: no known GPU vendor found", "cdi_specification"),
        ("cdi", 'could not select device driver "cdi" with capabilities: []', "cdi_specification"),
        ("cdi", f'failed to stat CDI host device "/dev/nvidia71": {GONE}', "device_node"),
        (
            "cdi",
            f'error gathering device information while adding custom device "/dev/nvidiactl": {GONE}',
            "device_node",
        ),
        ("cdi", f'failed to stat CDI host device "/dev/nvidia7": {GONE}', "cdi_specification"),
        ("cdi", f'{OCI}error mounting "/no/libnvidia-ml.so.570.9" to rootfs: {GONE}', "cdi_specification"),
        ("cdi", f'{OCI}error mounting "/no/libnvidia-ml.so.580.1" to rootfs: {GONE}', "library"),
        ("cdi", "words that no one has heard", "cdi_specification"),
        ("runtime", "words that no one has heard", "runtime"),
        ("gpus", "words that no one has heard", "hook"),
    ],
)
def test_what_the_engine_says_names_the_link(way: str, words: str, link: str) -> None:
    found = rejected(way, words)
    assert (found.link, words in found.message) == (link, True)
    assert found.remedy


def test_a_node_that_no_gpu_has_is_the_specifications_fault() -> None:
    found = rejected("cdi", f'failed to stat CDI host device "/dev/nvidia7": {GONE}')
    assert found.message.startswith("a CDI specification names /dev/nvidia7, which belongs to no GPU of this host")


def test_a_specification_that_names_what_is_not_there_is_reported(tmp_path: Path) -> None:
    specification = {"/etc/cdi/old.yaml": ["/bin/sh", "/no/libcuda.so.570.9"]}
    found = rejected("cdi", "unresolvable CDI devices", TRUTH._replace(specifications=specification))
    assert found.remedy.startswith("/etc/cdi/old.yaml names /no/libcuda.so.570.9, which is not there. Write it anew")


def test_a_host_without_a_specification_is_reported_so() -> None:
    assert rejected("cdi", "unresolvable CDI devices").remedy.startswith("There is no specification of nvidia.com/gpu.")


@pytest.mark.skipif(os.geteuid() != 0, reason="what root may run is asked")
def test_a_program_that_no_one_may_run_is_named_with_its_path(tmp_path: Path) -> None:
    hook = tmp_path / gpu_fingerprint.HOOK
    hook.write_text("#!/bin/sh\n")
    hook.chmod(0o644)
    truth = TRUTH._replace(programs={gpu_fingerprint.HOOK: str(hook)})
    found = rejected("gpus", 'exec: "nvidia-container-runtime-hook": executable file not found in $PATH', truth)
    assert found.remedy == f"`chmod 0755 {hook}`, or install its package anew."


def test_a_specification_that_cannot_be_read_is_reported_before_all() -> None:
    unreadable = {"/etc/cdi/a.yaml": "/etc/cdi/a.yaml is no CDI specification: it has no kind"}
    found = rejected("cdi", "unresolvable CDI devices", TRUTH._replace(unreadable=unreadable))
    assert found.remedy.startswith("/etc/cdi/a.yaml is no CDI specification: it has no kind. Write it anew")


def known(code: str, message: str = "0000:3b:00.0: the GPU fell off the bus") -> dict[str, str]:
    return {"code": code, "pci_address": "0000:3b:00.0", "message": message, "remedy": "Reboot the host."}


@pytest.mark.parametrize("code", ["gpu_lost", "xid_79", "xid_119", "gpu_unreachable", "gpu_reset_required"])
@pytest.mark.parametrize("link", ["hook", "runtime", "library", "cdi_specification"])
def test_a_sick_gpu_is_the_reason_for_what_follows_from_it(code: str, link: str) -> None:
    found = diagnosis.first_of_host([known("mig_mode_pending"), known(code)], diagnosis.broken(link, "it is not there"))
    assert found.link == "driver"
    assert found.message == "0000:3b:00.0: the GPU fell off the bus (seen by: it is not there)"
    assert found.remedy == "Reboot the host."


@pytest.mark.parametrize("code", ["mig_mode_pending", "xid_94", "fabric_manager_missing", "library_mismatch"])
def test_what_is_no_illness_of_a_gpu_leaves_the_link_that_broke(code: str) -> None:
    found = diagnosis.broken("hook", "it is not there")
    assert diagnosis.first_of_host([known(code)], found) is found
    assert diagnosis.first_of_host([], found) is found

#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: gpu_info
short_description: Reads which NVIDIA GPUs a host has, their driver, and their problems
version_added: 0.1.0
author: dockyard.gpu contributors (@dockyard-gpu)
description:
  - Finds every NVIDIA GPU and NVSwitch on the PCI bus by vendor and class, without C(lspci) and without a driver.
  - With a driver that answers, also returns what C(nvidia-smi) reports, such as memory, MIG devices and health.
  - Compares the versions of the loaded kernel module, of the installed one and of the libraries.
  - Reports problems with their meaning and remedy. A problem becomes an entry in RV(problems) and never a failed task.
  - Only reads. Uses the standard library only, and no network. A host without a GPU is a normal host.
options:
  timeout:
    description:
      - Time limit of each command, in seconds.
      - An C(nvidia-smi) that hangs, as it does when a GPU or its driver hangs, costs this time once and is one problem.
    type: float
    default: 10
notes:
  - Names, and the ranges of device ids by which architectures are known, come from the list of PCI IDs, version
    2026-10-24, U(https://pci-ids.ucw.cz/). What the numbers of the kernel's error messages (Xid) mean comes from
    U(https://docs.nvidia.com/deploy/xid-errors/).
  - C(nvidia-smi) is asked once, a second time where a GPU has MIG devices or where its version rejects a field. It is
    not asked where no kernel module is loaded, except on WSL2.
  - The kernel's log is read only where a driver is installed and does not handle a GPU. It reaches back to the
    host's start, and may contain problems that are over.
  - Without root privileges, vGPUs are distinguished from whole GPUs by their names only, and the kernel's
    log is often not readable.
attributes:
  action:
    description: The control node completes what the host found with the names and architectures of GPUs, and with what
      the problems that it shows mean.
    support: full
  async:
    description: A result that is collected later would not be complete.
    support: none
  check_mode:
    description: Returns the same in check mode.
    support: full
  diff_mode:
    description: There is no difference, since nothing is changed.
    support: none
  platform:
    description: Linux.
    support: full
    platforms: linux
  idempotent:
    description: Nothing is ever changed.
    support: full
seealso:
  - module: dockyard.gpu.host_info
"""

EXAMPLES = r"""
- name: Gather facts about GPUs and their driver
  dockyard.gpu.gpu_info:
  become: true
  register: found

- name: Show each GPU
  ansible.builtin.debug:
    msg: "{{ item.pci_address }}: {{ item.name }} ({{ item.architecture }}), driven by {{ item.kernel_driver }}"
  loop: "{{ found.gpus }}"

- name: Fail on a host with GPU problems
  ansible.builtin.fail:
    msg: "{{ found.problems | map(attribute='message') | join(' ') }}"
  when: found.problems | length > 0
"""

RETURN = r"""
gpus:
  description: Every GPU, by address; on WSL2, which shows no PCI bus, those that C(nvidia-smi) lists.
  returned: always
  type: list
  elements: dict
  contains:
    pci_address:
      description: Domain, bus, device and function in hexadecimal digits, as sysfs writes them.
      returned: always
      type: str
      sample: "0000:18:00.0"
    device_id:
      description: PCI device id, four lower-case hexadecimal digits; null where only a driver that hides it could tell.
      returned: always
      type: str
      sample: "2330"
    name:
      description: Marketing name, from the list of PCI IDs, or else the driver's; null where neither knows it.
      returned: always
      type: str
      sample: H100 SXM5 80GB
    architecture:
      description: V(kepler), V(maxwell), V(pascal), V(volta), V(turing), V(ampere), V(hopper), V(ada), V(blackwell) or
        V(rubin); V(legacy) for all that is older than Kepler; null for a device id that is in no known range.
      returned: always
      type: str
      sample: hopper
    kernel_driver:
      description: The GPU's kernel driver, such as V(nvidia), V(nouveau), V(nova_core) or V(vfio-pci); null for none.
      returned: always
      type: str
      sample: nvidia
    numa_node:
      description: NUMA node that the GPU is attached to; null where the firmware does not say.
      returned: always
      type: int
      sample: 0
    index:
      description: The driver's index of the GPU; null without a driver that answers, as all below.
      returned: always
      type: int
      sample: 0
    uuid:
      description: The GPU's UUID.
      returned: always
      type: str
      sample: GPU-68100000-4a1e-4b02-9c11-d0c4a4d00000
    memory_total_mib:
      description: Memory in MiB.
      returned: always
      type: int
      sample: 81559
    memory_used_mib:
      description: Memory in use, in MiB.
      returned: always
      type: int
      sample: 59
    utilization_percent:
      description: Utilization of the GPU in percent; null in MIG mode.
      returned: always
      type: int
      sample: 12
    temperature_c:
      description: Temperature in degrees Celsius.
      returned: always
      type: int
      sample: 42
    compute_capability:
      description: CUDA compute capability; null with drivers older than 510.
      returned: always
      type: str
      sample: "9.0"
    mig_mode:
      description: V(enabled) or V(disabled); null for a GPU that has no MIG.
      returned: always
      type: str
      sample: disabled
    mig_devices:
      description: The GPU's MIG devices, each with its C(index) on the GPU, C(profile) and C(uuid).
      returned: always
      type: list
      elements: dict
      sample: [{index: 0, profile: 3g.40gb, uuid: MIG-00000000-0000-0000-0000-000000000000}]
nvswitches:
  description:
    - Every NVSwitch on the PCI bus.
    - Those of fifth-generation NVLink (HGX B200, B300) are not on it; the InfiniBand devices that manage them stand
      here in their place, for root.
  returned: always
  type: list
  elements: dict
  contains:
    pci_address:
      description: As with GPUs.
      returned: always
      type: str
      sample: "0000:07:00.0"
    device_id:
      description: As with GPUs.
      returned: always
      type: str
      sample: 22a3
    kernel_driver:
      description: As with GPUs.
      returned: always
      type: str
      sample: nvidia-nvswitch
driver:
  description: NVIDIA's driver.
  returned: always
  type: dict
  contains:
    state:
      description: V(loaded) where the kernel module is, V(installed) where a module or the user space is on disk,
        V(absent) otherwise.
      returned: always
      type: str
      sample: loaded
    loaded_version:
      description: Version of the loaded kernel module; null where none is.
      returned: always
      type: str
      sample: 580.178.04
    loaded_modules:
      description: V(open) or V(proprietary); null where no module is loaded.
      returned: always
      type: str
      sample: open
    installed_version:
      description: Version of the module on disk that the running kernel would load; null where there is none.
      returned: always
      type: str
      sample: 580.178.04
    installed_modules:
      description: V(open) or V(proprietary); null where there is none.
      returned: always
      type: str
      sample: open
    module_kernels:
      description: Releases of the kernels that a module is on disk for. They are looked for only where the running
        kernel has none.
      returned: always
      type: list
      elements: str
      sample: [6.12.118+deb13-amd64]
    installer:
      description: Whether NVIDIA's own installer (C(.run) file) was used here, whose driver is in no package.
      returned: always
      type: bool
    user_space_version:
      description: Version of the driver's libraries; null where there are none, or where they do not say, as on WSL2.
      returned: always
      type: str
      sample: 580.178.04
    smi:
      description: Path of C(nvidia-smi); null where there is none.
      returned: always
      type: str
      sample: /usr/bin/nvidia-smi
    answers:
      description: Whether C(nvidia-smi) listed at least one GPU.
      returned: always
      type: bool
    nouveau_loaded:
      description: Whether the kernel's own driver is loaded.
      returned: always
      type: bool
    in_use:
      description: How many users the kernel counts for the loaded module, other modules among them; null where none is
        loaded.
      returned: always
      type: int
      sample: 0
    secure_boot:
      description: Whether Secure Boot is on; null where the firmware does not say, or nothing of NVIDIA is here.
      returned: always
      type: bool
    fabric_manager:
      description: Whether C(nvidia-fabricmanager.service) is active; null without NVSwitches or systemd.
      returned: always
      type: bool
platform:
  description: V(wsl2), V(container), V(jetson), V(vgpu_host), V(vgpu_guest), V(passthrough) (a virtual machine that has
    whole GPUs), V(virtual_machine) (one that has none) or V(bare_metal); the first that is true.
  returned: always
  type: str
  sample: bare_metal
problems:
  description: Problems that were found, and what could not be read.
  returned: always
  type: list
  elements: dict
  contains:
    code:
      description: A fixed identifier, such as V(library_mismatch), V(nouveau_bound), V(module_not_loaded), V(gpu_lost),
        V(gpu_reset_required), V(row_remap_pending), V(secure_boot_unsigned), V(fabric_manager_missing),
        V(unknown_device), V(nvidia_smi_timeout) or V(xid_119).
      returned: always
      type: str
      sample: library_mismatch
    pci_address:
      description: The GPU concerned; null where it concerns the whole host.
      returned: always
      type: str
      sample: "0000:18:00.0"
    message:
      description: What was found and what it means.
      returned: always
      type: str
    remedy:
      description: What to do.
      returned: always
      type: str
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.dockyard.gpu.plugins.module_utils._common.prober import Look
from ansible_collections.dockyard.gpu.plugins.module_utils._nvidia import gpus


def main() -> None:
    module = AnsibleModule(argument_spec={"timeout": {"type": "float", "default": 10}}, supports_check_mode=True)
    if module.params["timeout"] <= 0:
        module.fail_json(msg=f"timeout: must be a number of seconds above 0; got {module.params['timeout']:g}")
    look = Look(module.params["timeout"])
    found = gpus.gpus(look)
    found["problems"] += [{**problem, "pci_address": None} for problem in look.problems]
    module.exit_json(changed=False, **found)


if __name__ == "__main__":
    main()

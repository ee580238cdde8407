# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A part of a GPU is told from a whole one by its configuration space; what else is asked of the bus: test_gpus."""

from __future__ import annotations

from ansible_collections.dockyard.gpu.plugins.module_utils._nvidia import pci_details
from hypothesis import given
from hypothesis import strategies as st


def configuration(*capabilities: tuple[int, int, bytes]) -> bytes:
    """A configuration space with (where, kind, body) in a chain."""
    data = bytearray(256)
    data[0x06] = 0x10
    positions = [where for where, _kind, _body in capabilities]
    data[0x34] = positions[0]
    for (where, kind, body), following in zip(capabilities, [*positions[1:], 0], strict=True):
        data[where : where + 2] = bytes((kind, following))
        data[where + 2 : where + 2 + len(body)] = body
    return bytes(data)


def test_a_part_of_a_gpu_says_so() -> None:
    assert pci_details.is_vgpu_configuration(configuration((0x40, 0x01, b""), (0x60, 0x09, b"\x1bVF\x00")))
    assert not pci_details.is_vgpu_configuration(configuration((0x40, 0x01, b""), (0x60, 0x09, b"\x1bXX\x00")))
    assert not pci_details.is_vgpu_configuration(configuration((0x40, 0x01, b"VF")))
    # All that a user may read, and a chain that is a ring.
    assert not pci_details.is_vgpu_configuration(configuration((0x40, 0x09, b"\x1bVF"))[:64])
    ring = bytearray(configuration((0x40, 0x01, b"")))
    ring[0x41] = 0x40
    assert not pci_details.is_vgpu_configuration(bytes(ring))


@given(st.binary(min_size=256, max_size=256))
def test_no_configuration_is_too_strange(data: bytes) -> None:
    pci_details.is_vgpu_configuration(data)

# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tables of names and architectures, and the tool that makes the first."""

from __future__ import annotations

import re
import sys

import pytest
from ansible_collections.dockyard.gpu.plugins.plugin_utils._nvidia_gpu import architectures, names
from ansible_collections.dockyard.gpu.tests.unit.plugins.module_utils.samples import ROOT

KNOWN = ("kepler", "maxwell", "pascal", "volta", "turing", "ampere", "hopper", "ada", "blackwell", "rubin")


@pytest.mark.parametrize(
    ("device_id", "architecture", "name"),
    [
        ("06c0", "legacy", None),
        ("0fc6", "kepler", "GeForce GTX 650"),
        ("1140", "legacy", None),
        ("1b80", "pascal", "GeForce GTX 1080"),
        ("1db1", "volta", "Tesla V100 SXM2 16GB"),
        ("1eb8", "turing", "Tesla T4"),
        ("20b2", "ampere", "A100 SXM4 80GB"),
        ("2684", "ada", "GeForce RTX 4090"),
        ("2330", "hopper", "H100 SXM5 80GB"),
        ("2901", "blackwell", "B200"),
        ("2b85", "blackwell", "GeForce RTX 5090"),
        ("3182", "blackwell", "B300 SXM6 AC"),
        ("3040", "rubin", None),
        ("4001", None, None),
        ("ffff", None, None),
    ],
)
def test_well_known_devices(device_id: str, architecture: str | None, name: str | None) -> None:
    assert architectures.architecture(device_id) == architecture
    assert names.NAMES.get(device_id) == name


def test_every_name_has_an_architecture_and_is_a_gpus() -> None:
    assert len(names.NAMES) > 700
    for device_id, name in names.NAMES.items():
        assert re.fullmatch(r"[0-9a-f]{4}", device_id)
        assert architectures.architecture(device_id) in KNOWN, device_id
        assert not re.search(r"NVSwitch|Audio|Reserved", name)


LIST = """\
#\tVersion: 2026.01.02
10dd  Someone Else
\t2330  GH999 [Not Ours]
10de  NVIDIA Corporation
\t0040  NV40 [GeForce 6800 Ultra]
\t1af1  GA100 [A100 NVSwitch]
\t2330  GH100 [H100 SXM5 80GB]
\t\t10de 16c1  A board [Of This]
\t22ba  AD102 High Definition Audio Controller
\t22d1  GB20B PCI bridge
\t2302  GH100
\t2b85  GB202 [GeForce "RTX" 5090]
\t2b00  GB10B [Jetson AGX Thor]
\t3000  GR100 [Reserved Dev ID A]
10df  Someone Else
"""


def test_the_tool_keeps_gpus_with_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "tests" / "tools"))
    tool = pytest.importorskip("gpu_table")
    text = tool.module_text(LIST)
    assert 'SOURCE = "pci.ids 2026-01-02"' in text
    namespace: dict[str, object] = {}
    exec(text, namespace)  # what it makes is a program
    assert namespace["NAMES"] == {
        "2330": "H100 SXM5 80GB",
        "2b85": 'GeForce "RTX" 5090',
        "2b00": "Jetson AGX Thor",
    }
    with pytest.raises(SystemExit, match=r"2330 .* is ada, but architectures\.py calls it hopper"):
        tool.module_text(LIST.replace("GH100 [H", "AD100 [H"))
    sys.modules.pop("gpu_table", None)

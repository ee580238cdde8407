"""Makes plugins/plugin_utils/_nvidia_gpu/names.py from pci.ids: gpu_table.py [PCI_IDS].

The list of PCI IDs is at https://pci-ids.ucw.cz/, and in Debian's package pci.ids as /usr/share/misc/pci.ids. It stands
beside the other tools because nothing that is installed on hosts needs it.
"""

from __future__ import annotations

import importlib.util
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from steps import ROOT

ROOM = ROOT / "plugins" / "plugin_utils" / "_nvidia_gpu"
DEFAULT_SOURCE = Path("/usr/share/misc/pci.ids")
VENDOR = "10de"
# What the first two letters of a chip's name say. Older chips are not listed: no branch that is maintained knows them.
GENERATIONS = {
    "GK": "kepler",
    "GM": "maxwell",
    "GP": "pascal",
    "GV": "volta",
    "TU": "turing",
    "GA": "ampere",
    "GH": "hopper",
    "AD": "ada",
    "GB": "blackwell",
    "GR": "rubin",
}
CHIP = re.compile(r"(?P<generation>" + "|".join(GENERATIONS) + r")\w*\d")
# Other functions of the same cards and boards.
NO_GPU = re.compile(r"audio|usb|ucsi|serial bus|nvswitch|bridge|host$|tegra rp|tegra on x86", re.IGNORECASE)
# Names that say nothing to people.
NO_NAME = re.compile(r"reserved dev id|generic-gpu|fpga", re.IGNORECASE)

HEADER = '''# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Marketing names of NVIDIA's GPUs by PCI device id, Kepler and newer. Made by tests/tools/gpu_table.py: do not edit.

From the list of PCI IDs, version {version}, https://pci-ids.ucw.cz/. It may be used under the 3-clause BSD licence, or
the GNU General Public License, version 2 or later; copyright of the compilation: Martin Mares and Albert Pool.
"""

from __future__ import annotations

from typing import Dict

SOURCE = "pci.ids {version}"

# One text: as a table of literals, it would take longer to compile, where the folder of the collection is not writable.
_LINES = """\\
'''
FOOTER = '''"""
NAMES: Dict[str, str] = {line[:4]: line[5:] for line in _LINES.splitlines()}
'''


def devices(text: str) -> Iterator[tuple[str, str]]:
    """Device id and description of everything that the vendor made."""
    ours = False
    for line in text.splitlines():
        if re.match(r"[0-9a-f]{4}  ", line):
            ours = line.startswith(VENDOR)
        match = re.match(r"\t([0-9a-f]{4})  (.*)", line)
        if ours and match:
            yield match[1], match[2]


def gpus(text: str, architecture: Callable[[str], str | None]) -> Iterator[tuple[str, str]]:
    """Device id and marketing name of each GPU; a chip in another generation's range is an error."""
    for device_id, description in devices(text):
        chip = CHIP.match(description)
        if not chip or NO_GPU.search(description):
            continue
        expected = GENERATIONS[chip["generation"]]
        found = architecture(device_id)
        if found != expected:
            sys.exit(f"{device_id} ({description}) is {expected}, but architectures.py calls it {found}")
        name = re.search(r"\[(.*)\]", description)
        if name and not NO_NAME.search(name[1]):
            yield device_id, name[1]


def architecture_of() -> Callable[[str], str | None]:
    """The collection is not installed where this runs; its tables need nothing but themselves."""
    spec = importlib.util.spec_from_file_location("architectures", ROOM / "architectures.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    function: Callable[[str], str | None] = module.architecture
    return function


def module_text(text: str) -> str:
    version = re.search(r"Version:\s+([\d.]+)", text)
    assert version, "pci.ids has no version"
    lines = [f"{device_id} {name}\n" for device_id, name in gpus(text, architecture_of())]
    quoted = "".join(lines).replace("\\", "\\\\").replace('"""', '\\"""')
    return HEADER.format(version=version[1].replace(".", "-")) + quoted + FOOTER


def main() -> None:
    source = Path(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT_SOURCE
    (ROOM / "names.py").write_text(module_text(source.read_text()))


if __name__ == "__main__":
    main()

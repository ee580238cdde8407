# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write one Debian package."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

FILES = Path(__file__).parent / "files"


@cache
def architecture() -> str:
    return subprocess.run(["dpkg", "--print-architecture"], check=True, capture_output=True, text=True).stdout.strip()


@dataclass
class Deb:
    """A package to be: control fields, files by their path, and the service it brings."""

    fields: dict[str, str]
    files: dict[str, Path | bytes]
    # Those that it owns though they are empty.
    folders: list[str] = field(default_factory=list)
    conffiles: list[str] = field(default_factory=list)
    units: tuple[str, ...] = ()
    init: str = ""
    group: str = ""
    links: dict[str, str] = field(default_factory=dict)
    # Shell lines by maintainer script, before what the units need.
    scripts: dict[str, str] = field(default_factory=dict)

    def write(self, pool: Path, scratch: Path) -> str:
        """Build it into the pool and return its stanza for the index, Filename relative to the pool's owner."""
        shutil.rmtree(scratch, ignore_errors=True)
        for name, content in self.files.items():
            self._place(scratch / name, content)
        for name in self.folders:
            (scratch / name).mkdir(parents=True)
        for name, goal in self.links.items():
            (scratch / name).parent.mkdir(parents=True, exist_ok=True)
            (scratch / name).symlink_to(goal)
        self._control(scratch / "DEBIAN")
        name = f"{self.fields['Package']}_{self.fields['Version'].split(':')[-1]}_{self.fields['Architecture']}.deb"
        pool.mkdir(parents=True, exist_ok=True)
        # Level 1: a lab has no use for small packages, and the whole set is built in one go.
        command = ["dpkg-deb", "--root-owner-group", "-Zzstd", "-z1", "--build", str(scratch), str(pool / name)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        content = (pool / name).read_bytes()
        lines = [f"{key}: {value}" for key, value in self.fields.items() if value]
        lines += [f"Filename: {name}", f"Size: {len(content)}", f"SHA256: {hashlib.sha256(content).hexdigest()}"]
        return "\n".join(lines) + "\n"

    @staticmethod
    def _place(target: Path, content: Path | bytes) -> None:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content if isinstance(content, bytes) else content.read_bytes())
        programs = ("usr/bin/", "usr/libexec/", "etc/init.d/", "usr/lib/dockyard-lab-driver/")
        target.chmod(0o755 if any(folder in str(target) for folder in programs) else 0o644)

    def _control(self, folder: Path) -> None:
        # A package without files has not even made its folder.
        folder.mkdir(parents=True)
        (folder / "control").write_text("".join(f"{key}: {value}\n" for key, value in self.fields.items() if value))
        if self.conffiles:
            (folder / "conffiles").write_text("".join(f"/{name}\n" for name in self.conffiles))
        for name in ("preinst", "postinst", "prerm", "postrm"):
            script = self._unit_script(name) if self.units and name != "preinst" else "#!/bin/sh\nset -e\n"
            script = script.replace("set -e\n", f"set -e\n{self.scripts.get(name, '')}", 1)
            if (self.units and name != "preinst") or name in self.scripts:
                (folder / name).write_text(script)
                (folder / name).chmod(0o755)

    def _unit_script(self, name: str) -> str:
        script = (FILES / name).read_text()
        for key, value in (("UNITS", " ".join(self.units)), ("INIT", self.init), ("GROUP", self.group)):
            script = script.replace(f"@{key}@", value)
        return script

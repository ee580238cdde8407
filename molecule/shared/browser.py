# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Debian's Chromium without a window, driven by Playwright, whose own browsers are not in any package."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Page, sync_playwright

# Installing takes half a minute, once a machine.
_INSTALL = ("apt-get", "install", "--yes", "--no-install-recommends", "chromium", "fonts-dejavu-core")


def program() -> str:
    """Where Chromium is; from the package mirror where it is not yet."""
    if not shutil.which("chromium"):
        sudo = [] if os.geteuid() == 0 else ["sudo", "-n"]
        for command in (("apt-get", "update"), _INSTALL):
            subprocess.run([*sudo, *command], check=True, stdout=subprocess.DEVNULL)
    return str(shutil.which("chromium"))


@contextmanager
def page(width: int = 1360, height: int = 900) -> Iterator[Page]:
    with sync_playwright() as playwright:
        # In containers there is no sandbox.
        chromium = playwright.chromium.launch(executable_path=program(), chromium_sandbox=False)
        try:
            yield chromium.new_page(viewport={"width": width, "height": height}, color_scheme="light")
        finally:
            chromium.close()

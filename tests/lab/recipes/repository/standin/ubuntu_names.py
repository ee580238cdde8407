# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an image made from Ubuntu installs, and Debian has not, or only as hundreds of megabytes."""

from __future__ import annotations

from .driver_sites import Site
from .drivers import Part


def says(words: str) -> bytes:
    return f"#!/bin/sh\n# A stand-in of the lab: it knows its version and nothing else.\necho '{words}'\n".encode()


PATH = "ubuntu-names"
SUITE = "noble"
# Ubuntu's makes the locale too, by a trigger of the package locales.
KOREAN = Part(
    "language-pack-ko",
    ("locales",),
    scripts={"postinst": "localedef --inputfile=ko_KR --charmap=UTF-8 ko_KR.UTF-8\n"},
)
# Newer than any of Debian's, so that apt takes them.
NEWER = "9999:1"
JDK = Part(
    "default-jdk-headless",
    files={f"usr/bin/{name}": says('openjdk version "21-standin"') for name in ("java", "javac")},
)
VIM = Part("vim", files={"usr/bin/vim": says("VIM - Vi IMproved 9 (a stand-in)")})
GIT = Part("git", files={"usr/bin/git": says("git version 2 (a stand-in)")})
PACKAGES = [(KOREAN, "1:24.04+20240419"), (JDK, NEWER), (VIM, NEWER), (GIT, NEWER)]
SITE = Site("ubuntu_names", PATH, {SUITE: PACKAGES})

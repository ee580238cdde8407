# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an image made from Ubuntu installs, and Debian has not, or only as hundreds of megabytes."""

from __future__ import annotations

from .driver_sites import Site
from .drivers import Part

PATH = "ubuntu-names"
SUITE = "noble"
# Ubuntu's makes the locale too, by a trigger of the package locales.
KOREAN = Part(
    "language-pack-ko",
    ("locales",),
    scripts={"postinst": "localedef --inputfile=ko_KR --charmap=UTF-8 ko_KR.UTF-8\n"},
)
JAVA = b"""#!/bin/sh
# A stand-in of the lab: it knows its version and nothing else.
echo 'openjdk version "21.0.0-standin"' >&2
"""
# Newer than any of Debian's, so that apt takes it.
JDK = Part("default-jdk-headless", files={"usr/bin/java": JAVA, "usr/bin/javac": JAVA})
SITE = Site("ubuntu_names", PATH, {SUITE: [(KOREAN, "1:24.04+20240419"), (JDK, "2:9999")]})

# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The key of this run: with it, secrets are compared that no one is shown. See module_utils/_common/redaction.py.

Facts are masked on the host, and what is configured is masked here; the tags of the masks tell whether they are the
same. The key lies in the folder that Ansible makes for one run, for its user alone, and removes at its end, where all
of the run's processes find it: neither in a variable, which could be shown, nor for longer.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import tempfile

from ansible import constants

_NAME = "dockyard-comparison-key"


def comparison_key() -> str:
    folder = str(constants.DEFAULT_LOCAL_TMP)
    path = os.path.join(folder, _NAME)
    with contextlib.suppress(FileNotFoundError), open(path, encoding="ascii") as stream:
        return stream.read()
    descriptor, temporary = tempfile.mkstemp(dir=folder)
    with os.fdopen(descriptor, "w", encoding="ascii") as stream:
        stream.write(secrets.token_hex(16))
    # The first of several processes makes it; it is whole as soon as it is there.
    with contextlib.suppress(FileExistsError):
        os.link(temporary, path)
    os.unlink(temporary)
    with open(path, encoding="ascii") as stream:
        return stream.read()

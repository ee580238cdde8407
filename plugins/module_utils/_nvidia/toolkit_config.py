# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The toolkit's config.toml: the one reader of its settings."""

from __future__ import annotations

from typing import Any, Dict, Tuple


def settings(text: str) -> Tuple[Dict[str, Any], str]:
    """Dotted keys to their values, and what is wrong with the text, which completes a sentence, or an empty text.

    The toolkit itself reads nothing of a file with a mistake in it.
    """
    if not text:
        return {}, ""
    # A host compiles what it imports in each run: those without the toolkit are spared the reader.
    from .._common import strict_toml

    try:
        return strict_toml.dotted(strict_toml.loads(text)), ""
    except strict_toml.TomlError as error:
        return {}, str(error)

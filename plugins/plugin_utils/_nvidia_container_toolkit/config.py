# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys of the toolkit's config.toml: what `nvidia-ctk config --set` takes, and what is wrong with a wish.

It ends with "undefined field" at a key that it does not know, and with "invalid format" at a truth value that is none.
Sources: the struct tags in internal/config of NVIDIA/nvidia-container-toolkit, and the defaults that 1.20.0 writes.
"""

from __future__ import annotations

import difflib
from typing import Any, Dict, List

KEYS_AS_OF = "1.20.0"
_TOP = {
    "bool": "accept-nvidia-visible-devices-as-volume-mounts accept-nvidia-visible-devices-envvar-when-unprivileged"
    " disable-require",
    "str": "supported-driver-capabilities swarm-resource",
}
_TABLES = {
    "nvidia-container-cli": {
        "bool": "load-kmods no-cgroups no-pivot",
        "str": "debug ldcache ldconfig path root user",
        "list": "environment",
    },
    "nvidia-container-runtime": {"str": "debug log-level mode", "list": "runtimes"},
    "nvidia-container-runtime.modes.cdi": {"str": "default-kind", "list": "annotation-prefixes spec-dirs"},
    "nvidia-container-runtime.modes.csv": {"str": "mount-spec-path"},
    "nvidia-container-runtime.modes.legacy": {"str": "cuda-compat-mode"},
    "nvidia-container-runtime-hook": {"bool": "skip-mode-detection", "str": "path"},
    "nvidia-ctk": {"str": "path"},
}
KEYS: Dict[str, str] = {
    **{key: kind for kind, names in _TOP.items() for key in names.split()},
    **{
        f"{table}.{key}": kind
        for table, kinds in _TABLES.items()
        for kind, names in kinds.items()
        for key in names.split()
    },
}
# Tables that get new keys with each version.
_GROWING = ("features.", "nvidia-container-runtime.modes.")


def problems(wish: Dict[str, Any], found: Dict[str, Any]) -> List[str]:
    """One message each. A key that the host's own file has is known, however new its toolkit is."""
    messages = []
    for key, value in wish.items():
        kind = KEYS.get(key, "")
        if not kind and key not in found and not key.startswith(_GROWING):
            known = [*KEYS, *found]
            # The table may have been left out.
            near = [each for each in known if each.endswith(f".{key}")] or difflib.get_close_matches(key, known, n=1)
            hint = f"did you mean '{near[0]}'?" if near else "take it out"
            messages.append(f"{key} is no key of config.toml (as of toolkit {KEYS_AS_OF}); {hint}")
        elif kind == "bool" and not isinstance(value, bool):
            messages.append(f"{key}: {value!r}, but the toolkit wants true or false, without quotes")
        elif kind in ("str", "list") and isinstance(value, bool):
            wanted = "a text" if kind == "str" else "a text with commas"
            messages.append(f"{key}: {value!r}, but the toolkit wants {wanted}")
    return messages


def as_set(value: Any) -> Any:
    """A list as `--set` takes it, and as it is wished."""
    return ",".join(map(str, value)) if isinstance(value, list) else value

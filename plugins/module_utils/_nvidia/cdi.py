# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""CDI specifications of NVIDIA's GPUs: what they name for containers, and what they take from the host for it."""

from __future__ import annotations

import re
from typing import Any, Dict, Iterator, List, NamedTuple, Optional, Sequence

from .._common import plain_files
from .._common.prober import Prober, entries
from . import toolkit_paths

KIND = "nvidia.com/gpu"
# Those of an engine's reader (container-device-interface, pkg/cdi/spec-dirs.go).
_ENDINGS = (".json", ".yaml")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:/-]*")
_LIMIT = 4 * 1024 * 1024


class SpecificationError(ValueError):
    """Completes the sentence that begins with the specification's path."""


class Specification(NamedTuple):
    path: str
    devices: List[str]  # names after KIND=
    host_paths: List[str]  # device nodes, files and hooks that have to be on the host


class Specifications(NamedTuple):
    found: List[Specification]
    unreadable: Dict[str, str]  # path to a sentence that names it

    def tell(self, prober: Prober) -> None:
        for message in self.unreadable.values():
            prober.problem(
                "cdi_unreadable",
                message,
                "An engine does not read it either. Write it anew, as by `nvidia-ctk cdi generate --output=FILE`, or "
                "remove it.",
            )


def specifications(folders: Optional[Sequence[str]] = None) -> Specifications:
    """Those of NVIDIA's GPUs, in CDI_FOLDERS where no others are named."""
    found: List[Specification] = []
    unreadable: Dict[str, str] = {}
    folders = toolkit_paths.CDI_FOLDERS if folders is None else folders
    for path in dict.fromkeys(path for folder in folders for path in entries(folder)):
        if not path.endswith(_ENDINGS):
            continue
        try:
            data = plain_files.read(path, _LIMIT)
            document = parse((data or b"").decode("utf-8")) if data is not None else {"kind": ""}
        except plain_files.FileError as error:
            unreadable[path] = str(error)
            continue
        except UnicodeDecodeError:
            unreadable[path] = f"{path} is not UTF-8"
            continue
        except SpecificationError as error:
            unreadable[path] = f"{path} {error}"
            continue
        if document["kind"] == KIND:
            named = [str(device.get("name")) for device in _dicts(document.get("devices"))]
            devices = [name for name in dict.fromkeys(named) if _NAME.fullmatch(name)]
            found.append(Specification(path, devices, list(dict.fromkeys(_host_paths(document)))))
    return Specifications(found, unreadable)


def parse(text: str) -> Dict[str, Any]:
    """A specification, of whatever kind; SpecificationError where it is none."""
    # A host compiles what it imports in each run: those without a specification are spared the readers.
    from .._common import strict_json, strict_yaml

    document: Any = None
    if text.lstrip().startswith("{"):
        # JSON is YAML but for the tabs that may indent it.
        try:
            document = strict_json.loads(text)
        except strict_json.JsonError:
            document = None
    try:
        document = strict_yaml.loads(text) if document is None else document
    except strict_yaml.YamlError as error:
        raise SpecificationError(str(error)) from error
    if not isinstance(document, dict) or not isinstance(document.get("kind"), str) or not document["kind"]:
        raise SpecificationError("is no CDI specification: it has no kind")
    return document


def _host_paths(document: Dict[str, Any]) -> Iterator[str]:
    edits = [device.get("containerEdits") for device in _dicts(document.get("devices"))]
    for edit in _dicts([*edits, document.get("containerEdits")]):
        # A node's path is the container's, and the host's where that is not named.
        paths = [node.get("hostPath") or node.get("path") for node in _dicts(edit.get("deviceNodes"))]
        paths += [mount.get("hostPath") for mount in _dicts(edit.get("mounts"))]
        paths += [hook.get("path") for hook in _dicts(edit.get("hooks"))]
        yield from (path for path in paths if isinstance(path, str) and path.startswith("/"))


def _dicts(found: Any) -> List[Dict[str, Any]]:
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []

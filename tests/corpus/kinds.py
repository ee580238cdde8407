# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What there is of each kind of file: the collection's reader, and an oracle that someone else wrote."""

from __future__ import annotations

import dataclasses
import importlib
import json
import platform
import re
import tempfile
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import yaml
from ansible_collections.dockyard.gpu.plugins.module_utils._common import strict_json, strict_toml
from ansible_collections.dockyard.gpu.plugins.module_utils._common.prober import Prober
from ansible_collections.dockyard.gpu.plugins.module_utils._common.redaction import mask
from ansible_collections.dockyard.gpu.plugins.module_utils._host import system
from ansible_collections.dockyard.gpu.plugins.module_utils._image_build import dockerfile, dockerignore
from ansible_collections.dockyard.gpu.plugins.module_utils._nvidia import cdi, error_lines, error_texts
from ansible_collections.dockyard.gpu.plugins.module_utils._packages.apt import sources
from corpus import apt_oracle, ignore_oracle
from corpus.errors import NoOracle, Unread

__all__ = ["KINDS", "Kind", "NoOracle", "Unread"]

Reader = Callable[[Path, str], Any]


def _whole(path: Path) -> Iterator[tuple[str, str]]:
    yield "", path.read_bytes().decode("utf-8", "replace")


def _lines(path: Path) -> Iterator[tuple[str, str]]:
    text = path.read_bytes().decode("utf-8", "replace")
    yield from ((str(number), line) for number, line in enumerate(text.splitlines(), 1) if line.strip())


@dataclasses.dataclass
class Kind:
    """``lenient`` where a file that the oracle cannot read is no one's: the program that it is for fails first."""

    by: str
    ours: Reader
    oracle: Reader
    lenient: bool = False
    items: Callable[[Path], Iterator[tuple[str, str]]] = _whole


class _Text(Prober):
    """A host of which nothing but one file is known."""

    def __init__(self, path: str, text: str) -> None:
        super().__init__()
        self._path, self._text = path, text

    def text(self, path: str) -> str | None:
        return self._text if path == self._path else None


def _instructions(_path: Path, text: str) -> Any:
    # BuildKit takes each byte of a flag for a letter.
    return [
        (each.word.lower(), [flag.encode().decode("latin-1") for flag in each.flags])
        for each in dockerfile.instructions(text)
    ]


def _instructions_of_buildkit(_path: Path, text: str) -> Any:
    try:
        buildkit = importlib.import_module("dockerfile")
    except ImportError as missing:
        # Its wheel is for x86_64 only.
        raise NoOracle("BuildKit's parser (PyPI: dockerfile) is not here") from missing
    try:
        return [(each.cmd.lower(), list(each.flags)) for each in buildkit.parse_string(text)]
    except buildkit.GoParseError as error:
        raise Unread(str(error)) from error


def _left_out(_path: Path, text: str) -> Any:
    try:
        ignore = dockerignore.Ignore(dockerignore.patterns_of(text))
    except dockerignore.BadPattern as error:
        raise Unread(str(error)) from error
    found = []
    for path in ignore_oracle.paths(text):
        fits, out = None, False
        for depth in range(1, path.count("/") + 2):
            out, fits = ignore.left_out("/".join(path.split("/")[:depth]), fits)
        found.append((path, out))
    return found


def _daemon_json(_path: Path, text: str) -> Any:
    try:
        return strict_json.loads(text)
    except strict_json.JsonError as error:
        raise Unread(str(error)) from error


def _json(_path: Path, text: str) -> Any:
    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len({name for name, _value in pairs}) != len(pairs):
            raise ValueError("a key twice")
        return dict(pairs)

    def constant(name: str) -> None:
        raise ValueError(name)

    try:
        return json.loads(text, object_pairs_hook=once, parse_constant=constant)
    except ValueError as error:
        raise Unread(str(error)) from error


def _sources(path: Path, text: str) -> Any:
    entries = [each for each in sources.entries(path.name, text) if each["enabled"]]
    return sorted(
        {
            (kind, uri, suite, component)
            for each in entries
            for kind in each["types"]
            for uri in each["uris"]
            for suite in each["suites"]
            for component in each["components"] or [""]
        }
    )


def _sources_of_apt(path: Path, text: str) -> Any:
    found = apt_oracle.entries(path.name, text)
    if found is None:
        if not sources.is_odd(path.name, text):
            # What apt cannot read is asked about only where it looks odd.
            raise Unread("apt cannot read it, and it does not look odd")
        return _sources(path, text)
    return sorted({(kind, mask(uri.rstrip("/")), suite, component) for kind, uri, suite, component in found})


def _os_release(_path: Path, text: str) -> Any:
    found = system.distribution(_Text("/etc/os-release", text))
    return {name: found[name] for name in ("id", "id_like", "version_id", "pretty_name")}


def _os_release_of_python(_path: Path, text: str) -> Any:
    found = platform._parse_os_release(text.splitlines())  # type: ignore[attr-defined]
    return {
        "id": found["ID"],
        "id_like": found.get("ID_LIKE", "").split(),
        "version_id": found.get("VERSION_ID", ""),
        "pretty_name": found["PRETTY_NAME"] if "PRETTY_NAME=" in text else "",
    }


def _config_toml(_path: Path, text: str) -> Any:
    try:
        return strict_toml.loads(text)
    except strict_toml.TomlError as error:
        raise Unread(str(error)) from error


def _toml(_path: Path, text: str) -> Any:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Unread(str(error)) from error


def _cdi(path: Path, text: str) -> Any:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, path.name).write_text(text)
        read = cdi.specifications([folder])
    if read.unreadable:
        raise Unread(str(read.unreadable))
    return [(sorted(each.devices), sorted(set(each.host_paths))) for each in read.found]


def _cdi_by_yaml(_path: Path, text: str) -> Any:
    try:
        document = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise Unread(str(error)) from error
    if not isinstance(document, dict):
        raise Unread("no mapping")
    if document.get("kind") != cdi.KIND:
        return []
    devices = document.get("devices") or []
    edits = [each.get("containerEdits") or {} for each in (document, *devices)]
    paths = [node.get("hostPath") or node["path"] for edit in edits for node in edit.get("deviceNodes") or []]
    paths += [mount["hostPath"] for edit in edits for mount in edit.get("mounts") or []]
    paths += [hook["path"] for edit in edits for hook in edit.get("hooks") or []]
    return [(sorted(str(each["name"]) for each in devices), sorted(set(paths)))]


_XID = re.compile(r"NVRM: Xid \((?:PCI:)?([0-9a-fA-F:.]+)\): (\d+)")


def _xid(_path: Path, text: str) -> Any:
    found = error_texts.explained(error_lines.failures_in(text))
    return [(each["code"], each["pci_address"]) for each in found if str(each["code"]).startswith("xid_")]


def _xid_by_pattern(_path: Path, text: str) -> Any:
    match = _XID.search(text)
    if not match or int(match.group(2)) not in error_texts._XIDS:
        return []
    *domain, bus, device = match.group(1).lower().split(":")
    device, _dot, function = device.partition(".")
    return [(f"xid_{match.group(2)}", f"{(domain or ['0000'])[0][-4:].zfill(4)}:{bus}:{device}.{function or '0'}")]


KINDS = {
    "dockerfile": Kind("BuildKit", _instructions, _instructions_of_buildkit, lenient=True),
    "dockerignore": Kind("moby's rules", _left_out, lambda _path, text: ignore_oracle.left_out(text), lenient=True),
    "daemon.json": Kind("Python's json", _daemon_json, _json),
    "sources": Kind("apt", _sources, _sources_of_apt),
    "os-release": Kind("Python's platform", _os_release, _os_release_of_python),
    "config.toml": Kind("tomllib", _config_toml, _toml),
    "cdi": Kind("PyYAML", _cdi, _cdi_by_yaml),
    "xid": Kind("a pattern", _xid, _xid_by_pattern, items=_lines),
}

# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A vendor's repository beside what a host has: what names it elsewhere, and whether apt has its index.

One place for the plans, which say it beforehand, and for signed_repository, which does it. Pure functions over what
host_info tells of a host.
"""

from __future__ import annotations

import functools
import re
from typing import Any, Dict, Iterable, List, NamedTuple, Optional, Sequence, Set, Tuple

from .apt import signers, sources
from .vendor import Key, Repository, normalise

# apt reads lists and keys as a user of its own.
MODE = "0644"
# What apt trusts for every repository that names no key.
_FOR_ALL = re.compile(r"/etc/apt/trusted\.gpg(\.d/[^/]+)?$")
# Mirrors of the distributions have the last folder, or one of their hosts, and so have some vendors: not these parts.
_DISTRIBUTIONS = re.compile(
    r"://(?:[^/]*@)?(?:[\w.-]+\.)?(debian|ubuntu)\.(org|com)(/|:|$)|/(debian|ubuntu)(-[\w-]+)?/?$"
)
_COMPONENTS = frozenset(["main", "contrib", "non-free", "non-free-firmware", "restricted", "universe", "multiverse"])


class Foreign(NamedTuple):
    """``mixed`` are files in which one and the same entry names the repository and another."""

    files: List[str]
    # path -> addresses
    lines: Dict[str, List[str]]
    # path -> fingerprints
    keys: Dict[str, List[str]]
    mixed: List[str]


def foreign(entries: Sequence[Dict[str, Any]], keys: Sequence[Dict[str, Any]], desired: Repository) -> Foreign:
    """What names the repository, or trusts its key, in another place than the desired one. An entry that someone has
    disabled is none to apt, and stays."""
    found = Foreign([], {}, {}, [])
    if not desired.key:
        return found
    by_path: Dict[str, List[Dict[str, Any]]] = {}
    for entry in entries:
        if entry["path"] != desired.path:
            by_path.setdefault(entry["path"], []).append(entry)
    for path, all_of_it in by_path.items():
        same = [entry for entry in all_of_it if is_same(entry, desired) and entry.get("enabled", True)]
        if any(not _is_named_by(uri, desired) for entry in same for uri in entry["uris"]):
            found.mixed.append(path)
        elif same and len(same) == len(all_of_it):
            found.files.append(path)
        elif same:
            found.lines[path] = sorted({uri for entry in same for uri in entry["uris"]})
    others = keyrings(entry for entry in entries if entry["path"] != desired.path and not is_same(entry, desired))
    # An entry can name the key itself, and not its file (sources.list(5)): "!" says without its subkeys.
    named = {normalise(word.rstrip("!")) for word in others}
    bare = [entry for entry in entries if entry["path"] != desired.path and not is_same(entry, desired)]
    bare = [entry for entry in bare if _takes_any_key(entry)]
    for key in keys:
        known = sorted({desired.key.fingerprint, *desired.vendor_keys}.intersection(key["fingerprints"]))
        if _FOR_ALL.search(key["path"]):
            known = [each for each in known if not any(_may_need(entry, key, each) for entry in bare)]
        # Another repository's key stays, even if it is the same.
        if known and key["path"] != desired.key.path and key["path"] not in others and named.isdisjoint(known):
            found.keys[key["path"]] = known
    return found


def _takes_any_key(entry: Dict[str, Any]) -> bool:
    """Whether apt verifies it with whatever is trusted for every repository."""
    trusted = {name.lower(): value.lower() for name, value in entry.get("options", {}).items()}.get("trusted")
    return not entry["signed_by"] and entry["enabled"] and trusted not in ("yes", "true", "1")


def _may_need(entry: Dict[str, Any], key: Dict[str, Any], fingerprint: str) -> bool:
    """Another's repository, by whom its index is; where apt has none, only the distribution's own surely does not."""
    if entry.get("signers") is not None:
        return signers.is_by(entry["signers"], key.get("signing", {}).get(fingerprint, [fingerprint]))
    places = all(_DISTRIBUTIONS.search(uri) for uri in entry["uris"])
    return not (places and set(entry["components"]) <= _COMPONENTS and entry["components"])


def keyrings(entries: Iterable[Dict[str, Any]]) -> Set[str]:
    """The keyrings that entries are signed by: one can name several."""
    return {path for entry in entries for path in re.split(r"[,\s]+", entry["signed_by"] or "") if path}


def is_same(entry: Dict[str, Any], desired: Repository) -> bool:
    return any(_is_named_by(uri, desired) for uri in entry["uris"])


def key_is_right(key: Optional[Dict[str, Any]], desired: Key) -> bool:
    """``key`` is what host_info tells of the key's file."""
    return key is not None and not key_drift(key, desired)


def key_is_pinned(key: Optional[Dict[str, Any]], desired: Key) -> bool:
    """Whether the file is to the byte what is trusted. Where it was not, apt's index may be another's."""
    return key is not None and key["fingerprints"] == [desired.fingerprint] and bool(key["canonical"])


def key_drift(key: Dict[str, Any], desired: Key) -> str:
    """What is wrong with the key's file; empty where nothing is."""
    if key["error"]:
        return f"it is not exactly one key: {key['error']}"
    if key["fingerprints"] != [desired.fingerprint]:
        return f"it has {', '.join(key['fingerprints'])}"
    # Other bytes of the same key can be something else to apt.
    if not key["canonical"]:
        return "it has the right key in a form other than the collection's own"
    if not key["plain"]:
        return "it is a link, or belongs to another user than root"
    return "" if key["mode"] == MODE else f"its mode is {key['mode']}"


def index_is_known(files: Sequence[str], desired: Repository) -> bool:
    """Whether apt has every index of it. Without a key no one can tell: there may be none of a component."""
    prefixes = index_prefixes(desired) if desired.key else []
    return all(any(name.startswith(prefix) and "_Packages" in name for name in files) for prefix in prefixes)


def index_prefixes(desired: Repository) -> List[str]:
    return signers.index_prefixes(sources.entries(desired.path, desired.content))


def _is_named_by(uri: str, desired: Repository) -> bool:
    address = _address(uri)
    # Behind a cache, the vendor's address is a part of another.
    return address in _addresses(desired.path, desired.content) or any(
        f"/{_address(name)}/" in f"/{address}/" for name in desired.also_known_as
    )


@functools.lru_cache(maxsize=16)
def _addresses(path: str, content: str) -> Tuple[str, ...]:
    """Of a list that is to be: every entry of a host is compared with them."""
    return tuple(_address(uri) for entry in sources.entries(path, content) for uri in entry["uris"])


def _address(uri: str) -> str:
    """Without the scheme, masked credentials, and slashes at the end."""
    return re.sub(r"^\*\*\*@", "", uri.split("://", 1)[-1]).rstrip("/")

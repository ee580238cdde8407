# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What signed_repository does: all files and the index of one repository, or nothing."""

from __future__ import annotations

from typing import Any, Dict, List, NamedTuple, Optional

from ansible_collections.dockyard.gpu.plugins.module_utils import (
    apt_index,
    apt_sources,
    key_download,
    look_apt,
    openpgp,
    plain_files,
    repositories,
)
from ansible_collections.dockyard.gpu.plugins.module_utils.interruption import Interruption, Stopped
from ansible_collections.dockyard.gpu.plugins.module_utils.kept_files import KeptFiles
from ansible_collections.dockyard.gpu.plugins.module_utils.look import Look, file_mode
from ansible_collections.dockyard.gpu.plugins.module_utils.masking import mask
from ansible_collections.dockyard.gpu.plugins.module_utils.plain_files import FileError
from ansible_collections.dockyard.gpu.plugins.module_utils.repositories import Key, Repository

_MODE = int(repositories.MODE, 8)


class Mixed(Exception):
    """One entry of a file names the repository and another; nobody but a person knows what was meant."""


class NotPutBack(Exception):
    """It failed, and so did the way back; in one sentence."""


class _File(NamedTuple):
    """``after`` null removes the file; ``mode`` null leaves its permissions."""

    what: str
    path: str
    after: Optional[bytes]
    mode: Optional[int]
    shown_before: str
    shown_after: str


class RepositoryChange:
    """Made, it has looked at everything and fetched the key; only ``make`` writes."""

    def __init__(self, wished: Repository, params: Dict[str, Any], fetch: key_download.Fetch) -> None:
        self.wished = wished
        self.params = params
        self.fetch = fetch
        look = Look()
        self.entries = look_apt.repositories(look)
        self.keys = look_apt.keys(look)
        self.files: List[_File] = []
        if params["state"] == "present":
            self._present()
        else:
            self._absent()
        self.reads = self._index()
        self.changes = [{"what": file.what, "path": file.path} for file in self.files]
        self.changes += [{"what": "index", "path": self.reads}] if self.reads else []

    @property
    def diff(self) -> List[Dict[str, str]]:
        return [
            {
                "before_header": file.path,
                "after_header": file.path,
                "before": file.shown_before,
                "after": file.shown_after,
            }
            for file in self.files
        ]

    def make(self, folder: str) -> None:
        """What is replaced is kept in ``folder`` until all is well."""
        kept = KeptFiles(folder)
        try:
            with Interruption(0).allowed():
                for file in self.files:
                    kept.replace(file.path, file.after, file.mode)
                if self.reads:
                    self._read_index()
        except (FileError, Stopped, apt_index.IndexUnread) as error:
            problems = kept.put_back()
            if problems:
                raise NotPutBack(f"{error} And these files could not be put back: {'; '.join(problems)}") from error
            raise

    def _present(self) -> None:
        key = self.wished.key
        if key:
            self._key(key)
        before = plain_files.read(self.wished.path)
        after = self.wished.content.encode()
        if before != after or file_mode(self.wished.path) != repositories.MODE:
            self._file("repository", self.wished.path, before, after, _MODE)
        found = repositories.foreign(self.entries, self.keys, self.wished)
        if found.mixed:
            raise Mixed(
                f"{found.mixed[0]} names the repository and another in one entry; take its address out by hand. "
                "Nothing was written."
            )
        for path in found.files:
            self._file("foreign_repository", path, plain_files.read(path), None)
        for path in found.lines:
            before = plain_files.read(path) or b""
            text = apt_sources.without(
                path, before.decode("utf-8", "surrogateescape"), lambda entry: repositories.is_same(entry, self.wished)
            )
            self._file("foreign_repository_lines", path, before, text.encode("utf-8", "surrogateescape"))
        for path, fingerprints in found.keys.items():
            data = plain_files.read(path) or b""
            self._keyring("foreign_key", path, data, openpgp.without(data, fingerprints) or None)

    def _key(self, key: Key) -> None:
        data = plain_files.read(key.path)
        found = {"fingerprints": _known(data), "mode": file_mode(key.path)} if data is not None else None
        if repositories.key_is_right(found, key):
            return
        if data is None or _known(data) != [key.fingerprint]:
            fetched = key_download.download(self.fetch, key.url, key.fingerprint, self.params["timeout"])
            self._keyring("repository_key", key.path, data, openpgp.in_form_of(key.path, fetched), _MODE)
        else:
            self._keyring("repository_key", key.path, data, data, _MODE)

    def _absent(self) -> None:
        before = plain_files.read(self.wished.path)
        if before is not None:
            self._file("foreign_repository", self.wished.path, before, None)
        key = self.wished.key
        others = repositories.keyrings(entry for entry in self.entries if entry["path"] != self.wished.path)
        data = plain_files.read(key.path) if key and key.path not in others else None
        if key and data is not None:
            self._keyring("foreign_key", key.path, data, None)

    def _file(
        self, what: str, path: str, before: Optional[bytes], after: Optional[bytes], mode: Optional[int] = None
    ) -> None:
        self.files.append(_File(what, path, after, mode, _shown(before), _shown(after)))

    def _keyring(
        self, what: str, path: str, before: Optional[bytes], after: Optional[bytes], mode: Optional[int] = None
    ) -> None:
        shown = ["".join(f"{fingerprint}\n" for fingerprint in _known(data)) for data in (before, after)]
        self.files.append(_File(what, path, after, mode, *shown))

    def _index(self) -> str:
        """Which index has to be read: of ``all``, of the repository's path, or of none."""
        if self.params["index"] == "all":
            return "all"
        if self.params["state"] == "absent":
            return ""
        changed = any(file.what == "repository" for file in self.files)
        known = repositories.index_is_known(look_apt.index()["files"], self.wished)
        return self.wished.path if changed or not known else ""

    def _read_index(self) -> None:
        limits = self.params["timeout"], self.params["lock_timeout"]
        apt_index.read(*limits, path=None if self.reads == "all" else self.reads)


def _known(data: Optional[bytes]) -> List[str]:
    try:
        return openpgp.fingerprints(data) if data else []
    except openpgp.OpenPGPError:
        return []


def _shown(data: Optional[bytes]) -> str:
    return "" if data is None else str(mask(data.decode("utf-8", "replace")))

# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What signed_repository does: all files and the index of one repository, or nothing."""

from __future__ import annotations

import os
from typing import Any, Dict, List, NamedTuple, Optional

from .._common import atomic_files, plain_files
from .._common.file_transaction import KeptFiles
from .._common.plain_files import FileError
from .._common.prober import Prober, entries, file_mode, is_plain
from .._common.redaction import mask
from .._common.signals import Interruption, Stopped
from . import key_download, openpgp, openpgp_removal, repositories, shared_files
from .apt import facts, index, signers, sources
from .apt.key_files import key_file
from .vendor import Key, Repository

_MODE = int(repositories.MODE, 8)


class Mixed(Exception):
    """One entry of a file names the repository and another; no one but a person knows what was meant."""


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


class _KeyFile:
    """What is in the place of the repository's key, if anything; ``error`` says why it is not exactly one key."""

    def __init__(self, key: Key) -> None:
        self.path = key.path
        self.data = plain_files.read(key.path)
        self.certificate: Optional[openpgp.Certificate] = None
        self.error = ""
        try:
            self.certificate = openpgp.certificate(self.data) if self.data is not None else None
        except openpgp.OpenPGPError as error:
            self.error = str(error)
        found = key_file(key.path, self.data) if self.data is not None else None
        self.is_pinned = repositories.key_is_pinned(found, key)
        self.is_right = repositories.key_is_right(found, key)
        self.is_plain = found is None or bool(found["plain"])


class RepositoryChange:
    """``distrust``, then ``prepare``, which looks at everything and fetches the key, then ``make``, which writes."""

    def __init__(self, desired: Repository, params: Dict[str, Any], fetch: key_download.Fetch) -> None:
        self.desired = desired
        self.params = params
        self.fetch = fetch
        prober = Prober()
        self.entries = facts.sign(prober, facts.repositories(prober))
        self.keys = facts.keys(prober)
        self.key = _KeyFile(desired.key) if desired.key else None
        self.files: List[_File] = []
        self.reads = ""

    def distrust(self) -> str:
        """What is not exactly one key may hold anybody's, and apt trusts it: it goes, before all that can fail. With it
        the index, which apt verifies when it reads it, and never again. Returns a sentence where it was so."""
        if not self.key or not self.key.error or self.params["state"] == "absent":
            return ""
        atomic_files.remove(self.key.path)
        by_it = [entry for entry in self.entries if self.key.path in repositories.keyrings([entry])]
        prefixes = [*repositories.index_prefixes(self.desired), *signers.index_prefixes(by_it)]
        for path in entries(facts.LISTS):
            if os.path.basename(path).startswith(tuple(prefixes)):
                atomic_files.remove(path)
        return f"{self.key.path} was not exactly one key ({self.key.error}), and is removed with apt's index by it."

    def prepare(self) -> None:
        if self.params["state"] == "present":
            self._present()
        else:
            self._absent()
        self.reads = self._index()

    @property
    def changes(self) -> List[Dict[str, str]]:
        changes = [{"what": file.what, "path": file.path} for file in self.files]
        return changes + ([{"what": "index", "path": self.reads}] if self.reads else [])

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
        by = self.params.get("by")
        noted = shared_files.note(by, [(file.path, file.after) for file in self.files]) if by else {}
        try:
            with Interruption(0).allowed():
                for file in self.files:
                    ours = file.what in ("repository", "repository_key")
                    if ours and os.path.lexists(file.path) and not is_plain(file.path):
                        # Written in its place it would stay a link, and its owner's.
                        kept.replace(file.path, None)
                    kept.replace(file.path, file.after, file.mode)
                if self.reads:
                    self._read_index()
        except (FileError, Stopped, index.IndexUnread) as error:
            problems = kept.put_back()
            if noted and not problems:
                shared_files.take_back(noted)
            if problems:
                raise NotPutBack(f"{error} And these files could not be put back: {'; '.join(problems)}") from error
            raise

    def _present(self) -> None:
        if self.desired.key and self.key:
            self._key(self.desired.key, self.key)
        before = plain_files.read(self.desired.path)
        after = self.desired.content.encode()
        if before != after or file_mode(self.desired.path) != repositories.MODE or not is_plain(self.desired.path):
            self._file("repository", self.desired.path, before, after, _MODE)
        found = repositories.foreign(self.entries, self.keys, self.desired)
        if found.mixed:
            raise Mixed(f"{found.mixed[0]} names the repository and another in one entry; remove its URL by hand.")
        for path in found.files:
            self._file("foreign_repository", path, plain_files.read(path), None)
        for path in found.lines:
            before = plain_files.read(path) or b""
            text = sources.without(
                path,
                before.decode("utf-8", "surrogateescape"),
                lambda entry: entry["enabled"] and repositories.is_same(entry, self.desired),
            )
            self._file("foreign_repository_lines", path, before, text.encode("utf-8", "surrogateescape"))
        for path, fingerprints in found.keys.items():
            data = plain_files.read(path) or b""
            self._keyring("foreign_key", path, data, openpgp_removal.without(data, fingerprints) or None)

    def _key(self, key: Key, there: _KeyFile) -> None:
        if there.is_right:
            return
        certificate = there.certificate
        if certificate is None or certificate.fingerprint != key.fingerprint:
            certificate = key_download.download(self.fetch, key.url, key.fingerprint, self.params["timeout"])
        # Never the bytes that came, nor those that were there: what we read in them, apt may read otherwise.
        self._keyring("repository_key", key.path, there.data, openpgp.in_form_of(key.path, certificate), _MODE)

    def _absent(self) -> None:
        before = plain_files.read(self.desired.path)
        if before is not None:
            self._file("foreign_repository", self.desired.path, before, None)
        others = repositories.keyrings(entry for entry in self.entries if entry["path"] != self.desired.path)
        if self.key and self.key.data is not None and self.key.path not in others:
            self._keyring("foreign_key", self.key.path, self.key.data, None)

    def _file(
        self, what: str, path: str, before: Optional[bytes], after: Optional[bytes], mode: Optional[int] = None
    ) -> None:
        self.files.append(_File(what, path, after, mode, _shown(before), _shown(after)))

    def _keyring(
        self, what: str, path: str, before: Optional[bytes], after: Optional[bytes], mode: Optional[int] = None
    ) -> None:
        shown = _keys_of(before)
        if what == "repository_key" and before is not None and not openpgp.is_in_form(path, before):
            shown += "(in another form than the collection's own)\n"
        if what == "repository_key" and self.key and not self.key.is_plain:
            shown += "(a link, or another user's)\n"
        self.files.append(_File(what, path, after, mode, shown, _keys_of(after)))

    def _index(self) -> str:
        """Which index has to be read: of ``all``, of the repository's path, or of none."""
        if self.params["index"] == "all":
            return "all"
        if self.params["state"] == "absent":
            return ""
        changed = any(file.what == "repository" for file in self.files) or bool(self.key and not self.key.is_pinned)
        known = repositories.index_is_known(facts.index()["files"], self.desired)
        return self.desired.path if changed or not known else ""

    def _read_index(self) -> None:
        limits = self.params["timeout"], self.params["lock_timeout"]
        index.read(*limits, path=None if self.reads == "all" else self.reads)


def _keys_of(data: Optional[bytes]) -> str:
    """A key file as people can read it."""
    try:
        return "".join(f"{each.fingerprint}\n" for each in openpgp.keyring(data)) if data is not None else ""
    except openpgp.OpenPGPError as error:
        return f"not read as keys: {error}\n"


def _shown(data: Optional[bytes]) -> str:
    return "" if data is None else str(mask(data.decode("utf-8", "replace")))

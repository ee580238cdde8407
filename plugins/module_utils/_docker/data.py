# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What dockerd and its containerd make in their folders, and how that is removed: nothing else is touched there.

The folder may be a disk's, with other things in it, or be reached by a link. So an entry goes only by its name and by
the names of what is in it, nothing that is mounted is entered, and no link is followed but that to the folder itself.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import stat
import subprocess
from typing import Dict, Iterable, Iterator, List, NamedTuple, Pattern

from .._common import engine_paths, mounts
from .._common.plain_files import shown
from .._common.tree_removal import MOUNTED, Kept, Tree, allow_deep_trees
from . import containerd_images, disk

LEFT = "dockyard.json"
_ALL = re.compile(".*", re.DOTALL)
_ID = "[0-9a-f]{64}"
# BuildKit's own ids (identity.NewID) are 25 digits of base 36.
_LAYER = f"({_ID}|[0-9a-z]{{25}})(-init)?|l|backingFsBlockDev"
_GRAPH_DRIVERS = "aufs|btrfs|devicemapper|fuse-overlayfs|overlay|overlay2|vfs|zfs"
_SNAPSHOTTERS = "blockfile|btrfs|devmapper|erofs|fuse-overlayfs|native|nydus|overlaybd|overlayfs|soci|stargz|zfs"


def _names(*patterns: str) -> Pattern[str]:
    return re.compile("|".join(f"({pattern})" for pattern in patterns))


# An entry of a data root, and what dockerd makes in it. Sources: moby's daemon/daemon.go (NewDaemon), its graph
# drivers, plugin/, volume/, libnetwork/ and builder/, up to 29; and the roots of engines 20.10, 26.1 and 28.5, of both
# stores, with userns-remap and without.
DOCKERD: Dict[str, Pattern[str]] = {
    "aufs": _names("diff", "layers", "mnt"),
    "btrfs": _names("subvolumes", "quotas"),
    "builder": _names(r"fscache(\.db)?"),
    "buildkit": _names(r"[a-z0-9_]+\.db", "content", "executor", "net", r"containerd-\S+"),
    "containerd": _names("daemon"),
    "containers": _names(_ID),
    # What engine_data_before leaves.
    LEFT: _ALL,
    "devicemapper": _names("devicemapper", "metadata", "mnt"),
    "engine-id": _ALL,
    "fuse-overlayfs": _names(_LAYER),
    "image": _names(_GRAPH_DRIVERS),
    "network": _names("files"),
    # Debian's docker.io puts it there, for its own removal.
    "nuke-graph-directory.sh": _ALL,
    "overlay": _names(_LAYER),
    "overlay2": _names(_LAYER),
    "plugins": _names("storage", "tmp", r"plugins\.json", _ID),
    "rootfs": _names(_SNAPSHOTTERS),
    "runtimes": _ALL,
    "swarm": _names("certificates", "raft", "worker", r"(docker-)?state\.json", r"\.\S+\.tmp\d*"),
    "tmp": _ALL,
    "tmp-old": _ALL,
    "trust": _names(r"\S+\.json", "private", "tuf"),
    "vfs": _names("dir", "backingFsBlockDev"),
    "volumes": _ALL,
    "zfs": _names("graph"),
}
# Of containerd 1.6 to 2.1: a folder for each plugin, and two more.
CONTAINERD: Dict[str, Pattern[str]] = {LEFT: _ALL, "tmpmounts": _ALL, "opt": _names("bin", "lib")}
_PLUGIN = re.compile(r"io\.containerd\.[a-z0-9.-]+")
_METADATA = "io.containerd.metadata.v1.bolt"
# dockerd's, also with userns-remap.
_NAMESPACES = re.compile(r"(plugins\.)?moby(-\d+\.\d+)?")
_FILES = (LEFT, "engine-id", "nuke-graph-directory.sh")
# Names that anybody may choose. dockerd makes them for root alone, and what is in them goes at its next start anyway.
_FOR_ROOT_ALONE = ("runtimes", "tmp", "tmp-old")
# bbolt locks these while their program runs.
DATABASES = (
    "volumes/metadata.db",
    "network/files/local-kv.db",
    "buildkit/cache.db",
    "io.containerd.metadata.v1.bolt/meta.db",
    "containerd/daemon/io.containerd.metadata.v1.bolt/meta.db",
)
_MANY = 20
# What dockerd mounts in its root for containers, and leaves mounted when it is killed.
_OWN_MOUNTS = re.compile(
    rf"(\d+\.\d+/)?((overlay2|fuse-overlayfs|overlay)/[0-9a-z]+(-init)?/merged|rootfs/({_SNAPSHOTTERS})/{_ID}"
    rf"|containers/{_ID}/(mounts/)?(shm|secrets|configs))"
)
_ANOTHER = "the engine creates nothing with this name"
_KIND = "it is not the kind of file that the engine creates with this name"
_LINK = "it is a link that the engine did not create"


class Removal(NamedTuple):
    """Entries that are gone, or would be in check mode; what stays as others'; what stays until others have acted."""

    gone: List[str]
    theirs: List[Kept]
    blocked: List[Kept]


def remove(folder: str, made: bool, write: bool) -> Removal:
    """Removes what the engine made in the folder. ``made`` says that the folder itself was not there before it."""
    folder = folder.rstrip("/") or "/"
    path = os.path.realpath(folder)
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        return Removal([], [], [])
    try:
        work = _Work(Tree(descriptor, path), write)
        # Before a removal, the engine may run as yet.
        if write and _in_use(path):
            work.tree.keep(path, "a program uses it; stop that program")
        elif is_containerds(folder):
            work.containerds_root()
        else:
            work.root(descriptor)
    finally:
        os.close(descriptor)
    if write and made and not os.path.islink(folder):
        # A mount stays where it is, and so does a folder with something else in it.
        with contextlib.suppress(OSError):
            os.rmdir(folder)
            work.gone.append(folder)
    return Removal(work.gone, work.theirs, work.tree.kept)


def holds_data(folder: str) -> bool:
    """Whether images, containers or volumes are in it; in doubt they are."""
    if is_containerds(folder):
        try:
            return bool(containerd_images.namespaces(folder))
        except ValueError:
            return True
    return disk.has_data(folder)


def is_containerds(folder: str) -> bool:
    return folder.rstrip("/") == engine_paths.CONTAINERD_ROOT


class _Work:
    def __init__(self, tree: Tree, write: bool) -> None:
        self.tree = tree
        self.write = write
        self.gone: List[str] = []
        self.theirs: List[Kept] = []
        if write:
            allow_deep_trees()
            _unmount_its_own(tree.path)

    def containerds_root(self) -> None:
        why = _why_containerd_stays(self.tree.path)
        if why:
            self.theirs.append(Kept(self.tree.path, why))
            return
        # The database last: without it no one could tell any more whose the rest is.
        names = sorted(os.listdir(self.tree.descriptor), key=lambda name: (name == _METADATA, name))
        for name in names:
            if _PLUGIN.fullmatch(name) or name in CONTAINERD:
                self._entry(self.tree.descriptor, "", name, CONTAINERD.get(name, _ALL))
        self._others(name for name in names if not _PLUGIN.fullmatch(name) and name not in CONTAINERD)

    def root(self, folder: int, above: str = "") -> None:
        others = []
        for name in sorted(os.listdir(folder)):
            if name in DOCKERD:
                self._entry(folder, above, name, DOCKERD[name])
            elif not above and _is_remapped(folder, name):
                self._remapped(folder, name)
            else:
                others.append(name)
        self._others(others, above)

    def _others(self, names: Iterable[str], above: str = "") -> None:
        found = list(names)
        for name in found[:_MANY]:
            self._keep(os.path.join(above, name), _ANOTHER)
        if found[_MANY:]:
            self._keep(above, f"{len(found) - _MANY} more entries are not the engine's")

    def _keep(self, within: str, why: str) -> None:
        self.theirs.append(Kept(shown(os.path.join(self.tree.path, within)), why))

    def _remapped(self, folder: int, name: str) -> None:
        below = self.tree.open(name, folder)
        if below is None:
            self._go(folder, "", name)
            return
        with self._emptied(folder, "", name):
            try:
                self.root(below, name)
            finally:
                os.close(below)

    def _entry(self, folder: int, above: str, name: str, pattern: Pattern[str]) -> None:
        mode = os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode
        within = os.path.join(above, name)
        why = _why_containerd_stays(os.path.join(self.tree.path, within, "daemon")) if name == "containerd" else ""
        if stat.S_ISLNK(mode):
            self._keep(within, _LINK)
        elif not (stat.S_ISREG(mode) if name in _FILES else stat.S_ISDIR(mode)):
            self._keep(within, _KIND)
        elif name in _FOR_ROOT_ALONE and stat.S_IMODE(mode) & 0o077:
            self._keep(within, "the engine would have created it for root only")
        elif why:
            self._keep(within, why)
        elif pattern is _ALL and name != "volumes":
            self._go(folder, above, name)
        else:
            self._parts(folder, above, name, pattern)

    def _parts(self, folder: int, above: str, name: str, pattern: Pattern[str]) -> None:
        below = self.tree.open(name, folder)
        if below is None:
            # It is mounted, which is reported when it is to go.
            self._go(folder, above, name)
            return
        inside = os.path.join(above, name)
        with self._emptied(folder, above, name):
            for part in sorted(os.listdir(below)):
                if self._is_volume(below, part) if name == "volumes" else pattern.fullmatch(part):
                    self._go(below, inside, part)
                else:
                    self._keep(os.path.join(inside, part), _ANOTHER)
            os.close(below)

    def _is_volume(self, volumes: int, name: str) -> bool:
        """A folder that dockerd made for a volume, or an empty one. What is mounted is reported when it is removed."""
        folder = self.tree.open(name, volumes)
        if folder is None:
            status = os.stat(name, dir_fd=volumes, follow_symlinks=False)
            return stat.S_ISDIR(status.st_mode) or name in ("metadata.db", "backingFsBlockDev")
        try:
            names = os.listdir(folder)
            return not names or "_data" in names or "opts.json" in names
        finally:
            os.close(folder)

    def _go(self, folder: int, above: str, name: str) -> None:
        path = os.path.join(self.tree.path, above, name)
        if not self.write:
            mounted = [Kept(shown(os.fsdecode(each)), MOUNTED) for each in _mounted(self.tree.path, path)]
            self.tree.kept += mounted
            self.gone += [] if mounted else [shown(path)]
        elif self.tree.remove(name, folder, above):
            self.gone.append(shown(path))

    @contextlib.contextmanager
    def _emptied(self, folder: int, above: str, name: str) -> Iterator[None]:
        """Of an entry in which nothing stays, nothing is left, and its parts are not named."""
        parts, stays = len(self.gone), len(self.theirs) + len(self.tree.kept)
        yield
        if len(self.theirs) + len(self.tree.kept) > stays:
            return
        with contextlib.suppress(OSError):
            if self.write:
                os.rmdir(name, dir_fd=folder)
            self.gone[parts:] = [shown(os.path.join(self.tree.path, above, name))]


def _why_containerd_stays(folder: str) -> str:
    try:
        others = [name for name in containerd_images.namespaces(folder) if not _NAMESPACES.fullmatch(name)]
    except ValueError as error:
        return f"whether containerd holds data of other programs could not be read ({error})"
    return f"containerd holds data of other programs too, in {', '.join(others)}" if others else ""


def _is_remapped(folder: int, name: str) -> bool:
    """With userns-remap, dockerd has a root below its root: <uid>.<gid>, of that group. Others name folders 2026.11."""
    if not engine_paths.REMAPPED.fullmatch(name):
        return False
    status = os.stat(name, dir_fd=folder, follow_symlinks=False)
    return stat.S_ISDIR(status.st_mode) and 0 < status.st_gid == int(name.partition(".")[2])


def _in_use(path: str) -> bool:
    for name in DATABASES:
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            descriptor = os.open(os.path.join(path, name), os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
            finally:
                os.close(descriptor)
    return False


def _mounted(root: str, path: str) -> List[bytes]:
    """What is mounted at the path or below it, but for what dockerd itself mounts and leaves mounted."""
    root_bytes, wanted = os.fsencode(root), os.fsencode(path)
    return [
        mount.path
        for mount in mounts.below(root_bytes, mounts.mountinfo())
        if (mount.path == wanted or mount.path.startswith(wanted + b"/")) and not _is_its_own(root_bytes, mount)
    ]


def _unmount_its_own(root: str) -> None:
    """One that is still used stays, and is reported with what cannot be removed."""
    for mount in reversed(mounts.below(os.fsencode(root), mounts.mountinfo())):
        if _is_its_own(os.fsencode(root), mount):
            # AnsibleModule.run_command knows no time limit.
            with contextlib.suppress(subprocess.TimeoutExpired):
                subprocess.run(  # pylint: disable=ansible-bad-function
                    [b"umount", b"--", mount.path], stderr=subprocess.DEVNULL, check=False, timeout=60
                )


def _is_its_own(root: bytes, mount: mounts.Mount) -> bool:
    within = os.fsdecode(mount.path[len(root.rstrip(b"/")) + 1 :])
    return mount.type in ("overlay", "tmpfs", "fuse.fuse-overlayfs") and bool(_OWN_MOUNTS.fullmatch(within))

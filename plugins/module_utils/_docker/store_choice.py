# -*- coding: utf-8 -*-
# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where an engine keeps images and containers: what it would take with given settings, by moby's own rules.

An engine shows the images of one store and the containers of one driver; those of others stay on disk, unseen.

Sources, read 2026-11-30 in github.com/moby/moby: determineImageStoreChoice in daemon/image_store_choice.go (29.x),
NewDaemon in daemon/daemon.go (containers are loaded by their driver; features before 29), scanPriorDrivers in
daemon/graphdriver/driver.go (what it left out, vfs, and what it took for state, a folder that is not empty),
disableC8dSnapshotterOnUsernsRemap in daemon/config. Not read: HasPriorDriver, taken for "scanPriorDrivers finds any".
"""

from __future__ import annotations

from typing import Any, Dict, List, NamedTuple, Sequence, Tuple

from . import image_store

# From then on an engine with userns-remap does not take it (28.5.2 was seen to).
_NOT_REMAPPED_SINCE = 29


class Place(NamedTuple):
    """Where images and containers are: ``containerd`` says in whose store, ``driver`` is its snapshotter then."""

    containerd: bool
    driver: str
    root: str
    remap: str
    namespace: str
    address: str

    @property
    def words(self) -> str:
        return f"containerd's store ({self.driver})" if self.containerd else f"the graph driver {self.driver}"

    def hides_containers(self, other: Place) -> bool:
        """Whether an engine with the other place does not show the containers of this one."""
        # In containerd's store their file systems are its snapshots.
        out_of_reach = self.containerd and self.leaves(other)
        return (self.containerd, self.driver) != (other.containerd, other.driver) or self.moves(other) or out_of_reach

    def hides_images(self, other: Place) -> bool:
        if self.containerd and other.containerd:
            # All snapshotters of a containerd show the same images.
            return self.leaves(other) or self.moves(other)
        return self.hides_containers(other)

    def moves(self, other: Place) -> bool:
        """Whether the other's folder is another one, so that volumes and networks are not seen either."""
        return (self.root, self.remap) != (other.root, other.remap)

    def leaves(self, other: Place) -> bool:
        """Whether running containers are not found again, since their containerd is not the one that is asked."""
        return (self.namespace, self.address) != (other.namespace, other.address)


def choose(version: Sequence[int], wanted: image_store.Settings, graph_state: Sequence[str]) -> Place:
    """What an engine of this version takes; of an unknown version (none) what the newest takes.

    ``graph_state`` are the graph drivers whose folder in the data root is not empty.
    """
    major = version[0] if version else image_store.DEFAULT_SINCE
    containerd, driver = _choice(major, wanted, graph_state)
    return Place(containerd, driver, wanted.root, wanted.remap, wanted.namespace, wanted.address)


def staying(place: Place, wanted: image_store.Settings) -> Dict[str, Any]:
    """The keys of daemon.json with which every engine that knows the place takes it, beside what else is wanted."""
    keys: Dict[str, Any] = {"features": {image_store.FEATURE: place.containerd}}
    if not place.containerd or wanted.driver or place.driver != image_store.DEFAULT_SNAPSHOTTER:
        keys["storage-driver"] = place.driver
    return keys


def _choice(major: int, wanted: image_store.Settings, graph_state: Sequence[str]) -> Tuple[bool, str]:
    if _takes_containerds(major, wanted, graph_state):
        return True, wanted.driver or image_store.DEFAULT_SNAPSHOTTER
    return False, wanted.driver or _first(major, graph_state) or image_store.DEFAULT_GRAPH_DRIVER


def _takes_containerds(major: int, wanted: image_store.Settings, graph_state: Sequence[str]) -> bool:
    if major < image_store.KNOWN_SINCE or (wanted.remap and major >= _NOT_REMAPPED_SINCE):
        return False
    if wanted.snapshotter is not None or major < image_store.DEFAULT_SINCE:
        return bool(wanted.snapshotter)
    return not _first(major, graph_state) and wanted.driver not in (*_known(major), image_store.VFS)


def _known(major: int) -> List[str]:
    return [driver for driver in image_store.GRAPH_DRIVERS if major < image_store.GONE_SINCE.get(driver, major + 1)]


def _first(major: int, graph_state: Sequence[str]) -> str:
    return next((driver for driver in _known(major) if driver in graph_state), "")

# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes of a data root and what stays, with real mounts and links."""

from __future__ import annotations

import fcntl
import os
import struct
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.dockyard.gpu.plugins.module_utils._common import engine_paths, mounts, tree_removal
from ansible_collections.dockyard.gpu.plugins.module_utils._docker import containerd_images, earlier_data
from ansible_collections.dockyard.gpu.plugins.module_utils._docker import data as docker_data

ID = "ab" * 32
LAYER = "dyo9bo2obqyq4829n5fhjx796"


def made(*paths: Path) -> None:
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("data")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """As dockerd leaves it: an image, a container and two volumes."""
    folder = tmp_path / "docker"
    made(
        folder / "engine-id",
        folder / f"overlay2/{ID}/diff/etc/hosts",
        folder / f"overlay2/{LAYER}/link",
        folder / "overlay2/l/UBNO4",
        folder / f"containers/{ID}/config.v2.json",
        folder / "image/overlay2/repositories.json",
        folder / "network/files/local-kv.db",
        folder / "buildkit/cache.db",
        folder / "plugins/tmp/x",
        folder / "swarm/docker-state.json",
        folder / "volumes/metadata.db",
        folder / "volumes/db/_data/table",
        folder / "volumes/db/opts.json",
    )
    for name in ("tmp", "runtimes"):
        (folder / name).mkdir(mode=0o700)
    return folder


@pytest.fixture
def mount() -> Iterator[object]:
    """Mounts for real, and unmounts at the end."""
    mounted: list[Path] = []

    def do(where: Path, *options: str) -> None:
        done = subprocess.run(["mount", *options, where], capture_output=True, check=False)
        if done.returncode:
            pytest.skip(f"nothing can be mounted here: {done.stderr.decode()}")
        mounted.append(where)

    yield do
    for where in reversed(mounted):
        subprocess.run(["umount", "--lazy", where], capture_output=True, check=False)


def remove(folder: Path, made: bool = True, write: bool = True) -> docker_data.Removal:
    return docker_data.remove(str(folder), made, write)


def whys(kept: list[tree_removal.Kept], below: Path) -> dict[str, str]:
    return {os.path.relpath(path, below): why for path, why in kept}


def test_all_that_the_engine_made_goes_and_the_folder_that_it_made(root: Path) -> None:
    removal = remove(root)
    assert (removal.theirs, removal.blocked) == ([], [])
    assert not root.exists()
    assert remove(root) == docker_data.Removal([], [], [])


def test_a_folder_that_was_there_before_stays(root: Path) -> None:
    remove(root, made=False)
    assert os.listdir(root) == []


def test_check_mode_names_the_same_and_removes_nothing(root: Path) -> None:
    (root / "datasets").mkdir()
    before = sorted(root.rglob("*"))
    reported = remove(root, write=False)
    assert sorted(root.rglob("*")) == before
    assert reported.theirs == [tree_removal.Kept(str(root / "datasets"), "the engine creates nothing with this name")]
    assert str(root / "buildkit") in reported.gone
    assert {path.split("/")[len(root.parts)] for path in reported.gone} == {
        path.split("/")[len(root.parts)] for path in remove(root).gone
    }


@pytest.mark.parametrize(
    "theirs",
    [
        "datasets/mnist",
        "image/2026/holiday.jpg",
        "containers/ship.stl",
        "network/plan.svg",
        "overlay2/notes",
        "plugins/nvim/init.lua",
        "volumes/backup/monday.tar",
        "zfs/howto",
        "rootfs/debian/etc/passwd",
        "2026.11/image/holiday.jpg",
        "dockyard",
        "lost+found/x",
        "zfs",
        "trust",
        "buildkit/README.md",
    ],
)
def test_what_others_keep_beside_it_stays(root: Path, theirs: str) -> None:
    made(root / theirs)
    removal = remove(root)
    assert (root / theirs).read_text() == "data"
    assert any(str(root / theirs).startswith(kept.path) for kept in removal.theirs)
    assert removal.blocked == []
    assert [str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()] == [theirs]


def test_a_folder_of_anybodys_name_is_the_engines_only_where_it_is_for_root_alone(root: Path) -> None:
    (root / "tmp").chmod(0o1777)
    made(root / "tmp/report.pdf")
    assert whys(remove(root).theirs, root) == {"tmp": "the engine would have created it for root only"}
    assert (root / "tmp/report.pdf").exists()


def test_a_root_of_userns_remap_is_known_by_its_group(root: Path, tmp_path: Path) -> None:
    remapped = tmp_path / "all/100000.100000"
    remapped.parent.mkdir()
    root.rename(remapped)
    os.chown(remapped, 0, 100000)
    made(remapped / "datasets/mnist")
    assert whys(remove(tmp_path / "all").theirs, remapped) == {"datasets": "the engine creates nothing with this name"}
    assert sorted(os.listdir(remapped)) == ["datasets"]


def test_a_link_to_the_folder_is_followed_and_stays(root: Path, tmp_path: Path) -> None:
    made(root / "datasets/mnist")
    link = tmp_path / "link"
    link.symlink_to(root)
    remove(link)
    assert sorted(os.listdir(root)) == ["datasets"]
    assert link.is_symlink()


def test_no_link_in_it_is_followed(root: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    made(outside / "theirs", outside / "volumes/db/_data/table")
    (root / "volumes/db/_data/link").symlink_to(outside)
    (root / f"overlay2/{ID}/diff/link").symlink_to(outside)
    os.link(outside / "theirs", root / "volumes/db/_data/hard")
    remove(root)
    assert not root.exists()
    assert (outside / "theirs").exists()


@pytest.mark.parametrize("name", ["volumes", "overlay2", "buildkit", "tmp", "engine-id", "containers", LAYER])
def test_a_link_in_place_of_an_entry_is_others(root: Path, tmp_path: Path, name: str) -> None:
    place = root / "overlay2" / LAYER if name == LAYER else root / name
    place.rename(tmp_path / "elsewhere")
    place.symlink_to(tmp_path / "elsewhere")
    before = sorted((tmp_path / "elsewhere").rglob("*"))
    remove(root)
    assert sorted((tmp_path / "elsewhere").rglob("*")) == before
    assert (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize(
    "where", ["volumes/db/_data", "volumes/share", f"overlay2/{ID}/diff/mnt", "buildkit", "volumes"]
)
def test_a_bind_mount_of_the_same_file_system_keeps_its_files(
    root: Path, tmp_path: Path, mount: object, where: str
) -> None:
    theirs = tmp_path / "theirs"
    made(theirs / "deep/file")
    (root / where).mkdir(parents=True, exist_ok=True)
    mount(root / where, "--bind", str(theirs))  # type: ignore[operator]
    foreseen = remove(root, write=False)
    removal = remove(root)
    assert (theirs / "deep/file").read_text() == "data"
    assert whys(removal.blocked, root) == whys(foreseen.blocked, root) == {where: "it is mounted"}
    assert not (root / "image").exists()
    subprocess.run(["umount", root / where], check=True)
    assert remove(root).blocked == []
    assert not root.exists()
    assert (theirs / "deep/file").exists()


def test_names_that_mountinfo_escapes_are_reported_as_they_are(root: Path, tmp_path: Path, mount: object) -> None:
    made(tmp_path / "theirs/file")
    place = root / "volumes/db/_data/a \\040 b\tc"
    place.mkdir()
    mount(place, "--bind", str(tmp_path / "theirs"))  # type: ignore[operator]
    for write in (False, True):
        assert [kept.why for kept in remove(root, write=write).blocked] == ["it is mounted"]
    assert (tmp_path / "theirs/file").exists()
    assert "a \\040 b" in os.fsdecode(mounts.below(os.fsencode(root), mounts.mountinfo())[0].path)


def test_a_mount_over_a_mount_and_one_of_a_file_stay(root: Path, tmp_path: Path, mount: object) -> None:
    made(tmp_path / "one/file", tmp_path / "single")
    data = root / "volumes/db/_data"
    mount(data, "--bind", str(tmp_path / "one"))  # type: ignore[operator]
    mount(data, "-t", "tmpfs", "over")  # type: ignore[operator]
    made(data / "in memory")
    mount(root / "engine-id", "--bind", str(tmp_path / "single"))  # type: ignore[operator]
    removal = remove(root)
    assert whys(removal.blocked, root) == {"volumes/db/_data": "it is mounted", "engine-id": "it is mounted"}
    assert (data / "in memory").exists()
    assert (tmp_path / "single").read_text() == (tmp_path / "one/file").read_text() == "data"


def test_a_root_that_is_a_mount_itself_is_emptied(root: Path, tmp_path: Path, mount: object) -> None:
    place = tmp_path / "place"
    place.mkdir()
    mount(place, "--bind", str(root))  # type: ignore[operator]
    made(root / "datasets/mnist")
    assert remove(place).blocked == []
    assert os.listdir(place) == ["datasets"]


def test_what_dockerd_left_mounted_is_unmounted(root: Path, mount: object) -> None:
    shm = root / f"containers/{ID}/mounts/shm"
    merged = root / f"overlay2/{ID}/merged"
    for folder in (shm, merged, root / f"overlay2/{ID}/work", root / f"overlay2/{ID}/lower"):
        folder.mkdir(parents=True)
    mount(shm, "-t", "tmpfs", "shm")  # type: ignore[operator]
    layers = ",".join(
        f"{kind}={root}/overlay2/{ID}/{name}"
        for kind, name in (("lowerdir", "lower"), ("upperdir", "diff"), ("workdir", "work"))
    )
    mount(merged, "-t", "overlay", "overlay", "-o", layers)  # type: ignore[operator]
    assert remove(root, write=False).blocked == []
    assert remove(root).blocked == []
    assert not root.exists()


def test_an_entry_that_becomes_a_link_meanwhile_is_not_followed(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made(tmp_path / "outside/theirs")
    place = root / "volumes/db/_data"
    looked = os.stat

    def swapped(path: object, *arguments: object, **options: object) -> os.stat_result:
        status = looked(path, *arguments, **options)  # type: ignore[arg-type]
        if path == "_data" and not place.is_symlink():
            place.rename(tmp_path / "aside")
            place.symlink_to(tmp_path / "outside")
        return status

    monkeypatch.setattr(os, "stat", swapped)
    remove(root)
    assert (tmp_path / "outside/theirs").exists()


def test_a_tree_deeper_than_pythons_stack_goes(root: Path) -> None:
    folder = os.open(root / "volumes/db/_data", os.O_RDONLY)
    for _level in range(3000):
        os.mkdir("d", dir_fd=folder)
        deeper = os.open("d", os.O_RDONLY, dir_fd=folder)
        os.close(folder)
        folder = deeper
    os.close(folder)
    assert remove(root).blocked == []
    assert not root.exists()


def test_what_cannot_be_removed_is_reported_and_the_rest_goes(root: Path) -> None:
    stubborn = root / "volumes/db/_data/table"
    if subprocess.run(["chattr", "+i", stubborn], capture_output=True, check=False).returncode:
        pytest.skip("this file system knows no immutable files")
    try:
        assert whys(remove(root).blocked, root) == {"volumes/db/_data/table": "it cannot be removed (see lsattr)"}
    finally:
        subprocess.run(["chattr", "-i", stubborn], check=True)
    assert [path.name for path in root.rglob("*") if path.is_file()] == ["table"]


@pytest.mark.parametrize("database", docker_data.DATABASES[:3])
def test_a_root_that_a_program_uses_is_not_touched(root: Path, database: str) -> None:
    before = sorted(root.rglob("*"))
    with (root / database).open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert whys(remove(root).blocked, root) == {".": "a program uses it; stop that program"}
    assert sorted(root.rglob("*")) == before


@pytest.fixture
def containerd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "containerd"
    made(folder / "io.containerd.content.v1.content/blobs/sha256/x", folder / "io.containerd.metadata.v1.bolt/other")
    (folder / "tmpmounts").mkdir()
    monkeypatch.setattr(engine_paths, "CONTAINERD_ROOT", str(folder))
    return folder


@pytest.mark.parametrize("theirs", ["k8s.io", "default", "buildkit", "moby2", "not-moby"])
def test_containerds_data_stays_where_other_programs_have_some(
    containerd: Path, monkeypatch: pytest.MonkeyPatch, theirs: str
) -> None:
    names = ["moby", theirs]
    monkeypatch.setattr(containerd_images, "namespaces", lambda _folder: names)
    before = sorted(containerd.rglob("*"))
    reported = remove(containerd)
    assert theirs in reported.theirs[0].why
    assert sorted(containerd.rglob("*")) == before
    names[:] = ["moby", "plugins.moby", "moby-100000.100000"]
    remove(containerd)
    assert not containerd.exists()


def test_containerds_data_stays_where_its_database_cannot_be_read(containerd: Path) -> None:
    made(containerd / "io.containerd.metadata.v1.bolt/meta.db")
    assert "could not be read" in remove(containerd).theirs[0].why
    assert (containerd / "io.containerd.content.v1.content/blobs/sha256/x").exists()


def leaf(*entries: tuple[bytes, bytes, int]) -> bytes:
    """A page of bbolt's with keys and values; a flag of 1 says that the value is a bucket."""
    head = struct.pack("<QHHI", 0, 2, len(entries), 0)
    place, elements, words = 16 * len(entries), b"", b""
    for index, (key, value, flag) in enumerate(entries):
        elements += struct.pack("<IIII", flag, place - 16 * index + len(words), len(key), len(value))
        words += key + value
    return head + elements + words


def bucket(*entries: tuple[bytes, bytes, int]) -> bytes:
    return struct.pack("<QQ", 0, 0) + leaf(*entries)


def database(**namespaces: bytes) -> bytes:
    """As containerd's: v1, namespaces, and in each the buckets of what it holds."""
    found = [(name.replace("_", ".").encode(), content, 1) for name, content in sorted(namespaces.items())]
    pages = [
        struct.pack("<QHHI", number, 4, 0, 0)
        + struct.pack("<IIIIQQQQQQ", 0xED0CDAED, 2, 4096, 0, 3, 0, 2, 4, number, 0)
        for number in (0, 1)
    ]
    pages += [struct.pack("<QHHI", 2, 16, 0, 0), leaf((b"v1", bucket(*found), 1))]
    return b"".join(page.ljust(4096, b"\0") for page in pages)


def test_containerds_namespaces_are_read_from_its_database(containerd: Path) -> None:
    image = bucket((b"docker.io/library/debian:13", bucket((b"digest", b"x", 0)), 1))
    label = bucket((b"labels", bucket((b"a", b"b", 0)), 1))
    path = containerd / "io.containerd.metadata.v1.bolt/meta.db"
    path.write_bytes(database(moby=bucket((b"images", image, 1)), default=label, empty=bucket()))
    assert containerd_images.namespaces(str(containerd)) == ["moby"]
    assert remove(containerd, write=False).theirs == []
    theirs = bucket((b"containers", bucket((b"pod", b"", 1)), 1), (b"labels", bucket(), 1))
    path.write_bytes(database(moby=bucket((b"images", image, 1)), k8s_io=theirs))
    assert "other programs too, in k8s.io" in remove(containerd).theirs[0].why
    assert path.exists()


def test_data_that_was_there_before_is_distinguished_from_a_bare_folder(root: Path, tmp_path: Path) -> None:
    assert earlier_data.before(str(root)) == {"existed": True, "data": True}
    made(tmp_path / "disk/datasets/mnist")
    assert earlier_data.before(str(tmp_path / "disk")) == {"existed": True, "data": False}
    assert earlier_data.before(str(tmp_path / "none")) == {"existed": False, "data": False}


def test_data_that_we_left_is_ours_again_until_another_engine_has_used_it(root: Path) -> None:
    ours = {"existed": False, "data": False}
    assert earlier_data.leave(str(root), ours)
    assert not earlier_data.leave(str(root), ours)
    assert earlier_data.before(str(root)) == ours
    # What dockerd does at each start.
    (root / "tmp").rename(root / "tmp-old")
    (root / "tmp").mkdir(mode=0o700)
    (root / "tmp-old").rmdir()
    assert earlier_data.before(str(root)) == {"existed": True, "data": True}
    remove(root)
    assert not root.exists()

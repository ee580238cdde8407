# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import io
import os
import shutil
import struct
import subprocess
import tarfile
from pathlib import Path

import pytest
from ansible_collections.dockyard.gpu.plugins.module_utils._verify import image as verify_image
from ansible_collections.dockyard.gpu.plugins.module_utils._verify.image import (
    VerificationImageError,
    build,
    elf_interpreter,
)


def elf(tmp_path: Path, interpreter: str, wide: bool, order: str) -> str:
    """A program header table and nothing else, which is all that is read."""
    word = "Q" if wide else "I"
    name = interpreter.encode() + b"\0"
    header_size, entry_size = (64, 56) if wide else (52, 32)
    head = bytearray(max(64, header_size))
    head[:6] = b"\x7fELF" + bytes([2 if wide else 1, 1 if order == "<" else 2])
    struct.pack_into(order + word, head, 32 if wide else 28, 64)
    struct.pack_into(order + "HH", head, 54 if wide else 42, entry_size, 2)
    load, interp = bytearray(entry_size), bytearray(entry_size)
    struct.pack_into(order + "I", load, 0, 1)
    struct.pack_into(order + "I", interp, 0, 3)
    struct.pack_into(order + word, interp, 8 if wide else 4, 64 + 2 * entry_size)
    struct.pack_into(order + word, interp, 32 if wide else 16, len(name))
    path = tmp_path / "program"
    path.write_bytes(bytes(head) + load + interp + name)
    return str(path)


@pytest.mark.parametrize(
    ("interpreter", "wide", "order"),
    [
        ("/lib64/ld-linux-x86-64.so.2", True, "<"),
        ("/lib/ld64.so.1", True, ">"),  # s390x
        ("/lib/ld-linux-armhf.so.3", False, "<"),
    ],
)
def test_the_loader_of_every_kind_of_machine(tmp_path: Path, interpreter: str, wide: bool, order: str) -> None:
    assert elf_interpreter(elf(tmp_path, interpreter, wide, order)) == interpreter


@pytest.mark.parametrize("content", [b"", b"#!/bin/sh\n", b"\x7fELF"])
def test_what_is_no_program_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "script"
    path.write_bytes(content)
    with pytest.raises(VerificationImageError, match="script is not an ELF program"):
        build(str(path))


def test_a_missing_shell_is_named(tmp_path: Path) -> None:
    with pytest.raises(VerificationImageError, match=r"gone cannot be read: .*No such file"):
        build(str(tmp_path / "gone"))


def test_a_loader_that_cannot_be_run_is_named(tmp_path: Path) -> None:
    with pytest.raises(VerificationImageError, match="the dynamic loader /no/loader cannot be run"):
        build(elf(tmp_path, "/no/loader", True, "<"))


@pytest.mark.parametrize("report", ["\tlibx.so => not found\n", "\tlibc.so.6 => /lib/libc.so.6 (0x1f)\n"])
def test_a_loader_that_fails_is_quoted(tmp_path: Path, report: str) -> None:
    loader = tmp_path / "loader"
    loader.write_text(f"#!/bin/sh\nprintf '{report}'\n[ -z '{'' if 'not found' in report else 'x'}' ]\n")
    loader.chmod(0o755)
    with pytest.raises(VerificationImageError, match=r"cannot load .*program: lib"):
        build(elf(tmp_path, str(loader), True, "<"))


def test_what_the_loader_reports_is_packed_under_the_same_names(tmp_path: Path) -> None:
    library = tmp_path / "libodd.so.1"
    library.write_bytes(b"library")
    loader = tmp_path / "loader"
    loader.write_text(
        "#!/bin/sh\n"
        "printf '\\tlinux-vdso.so.1 (0x00007ffc)\\n'\n"
        f"printf '\\tlibodd.so.1 => {tmp_path}/sub/../libodd.so.1 (0x00007f01)\\n'\n"
        f"printf '\\t{loader} (0x00007f02)\\n'\n"
    )
    loader.chmod(0o755)
    (tmp_path / "sub").mkdir()
    image = build(elf(tmp_path, str(loader), True, "<"))
    with tarfile.open(fileobj=io.BytesIO(image.archive)) as archive:
        files = {"/" + member.name for member in archive if member.isfile()}
    assert files == {"/bin/sh", str(library), str(loader)}
    assert image.library_path == str(tmp_path)


SHELLS = [path for name in ("sh", "bash", "dash", "busybox") if (path := shutil.which(name))]


@pytest.mark.parametrize("shell", SHELLS)
def test_equal_hosts_give_equal_images(shell: str) -> None:
    assert build(shell) == build(shell)


@pytest.mark.skipif(os.geteuid() != 0, reason="chroot needs root")
@pytest.mark.parametrize("shell", SHELLS)
def test_the_shell_runs_on_what_was_packed_alone(tmp_path: Path, shell: str) -> None:
    image = build(shell)
    with tarfile.open(fileobj=io.BytesIO(image.archive)) as archive:
        archive.extractall(tmp_path, filter="fully_trusted")
    done = subprocess.run(
        ["/usr/sbin/chroot", tmp_path, "/bin/sh", "-c", "echo $((6 * 7))"],
        env={"LD_LIBRARY_PATH": image.library_path},
        capture_output=True,
        check=False,
    )
    assert (done.stdout, done.stderr, done.returncode) == (b"42\n", b"", 0)


@pytest.mark.skipif(os.geteuid() != 0, reason="chroot needs root")
def test_what_programs_of_nvidia_load_is_there_whatever_the_shell_is(tmp_path: Path) -> None:
    python = verify_image.python(["ctypes"])
    image = build(also=[*verify_image.c_library(), *python.files])
    with tarfile.open(fileobj=io.BytesIO(image.archive)) as archive:
        archive.extractall(tmp_path, filter="fully_trusted")
    code = (
        "import ctypes; print([ctypes.CDLL(n).__class__.__name__ for n in ('libm.so.6', 'libdl.so.2', 'librt.so.1')])"
    )
    done = subprocess.run(
        ["/usr/sbin/chroot", tmp_path, python.program, "-s", "-S", "-B", "-c", code],
        env={"LD_LIBRARY_PATH": image.library_path, "PYTHONHOME": python.home},
        capture_output=True,
        check=False,
    )
    assert (done.stdout, done.stderr, done.returncode) == (b"['CDLL', 'CDLL', 'CDLL']\n", b"", 0)


def test_a_module_that_python_lacks_is_named() -> None:
    with pytest.raises(VerificationImageError, match="cannot import no_such_module"):
        verify_image.python(["no_such_module"])


def test_a_host_without_the_gnu_c_library_is_reported_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verify_image, "_libraries", lambda _loader, _program: ["/lib/libc.musl-x86_64.so.1"])
    with pytest.raises(VerificationImageError, match="they want the GNU C library"):
        verify_image.c_library()


def test_the_default_is_the_hosts_shell() -> None:
    assert verify_image.build() == build("/bin/sh")

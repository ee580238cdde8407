# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which images a Dockerfile needs."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from ansible_collections.dockyard.gpu.plugins.module_utils.dockerfile import NoSuchTarget, bases, instructions

DIGEST = "sha256:" + "a" * 64

TABLE: list[tuple[str, Mapping[str, str], list[str]]] = [
    ("", {}, []),
    ("RUN true", {}, []),
    ("FROM debian", {}, ["debian"]),
    ("from debian\nrun true", {}, ["debian"]),
    ("FROM\tdebian:13", {}, ["debian:13"]),
    ('FROM "debian:13"', {}, ["debian:13"]),
    (f"FROM debian:13@{DIGEST}", {}, [f"debian:13@{DIGEST}"]),
    ("FROM scratch\nCOPY a b", {}, []),
    ("FROM --platform=linux/arm64 debian AS a", {}, ["debian"]),
    ("# FROM a\n\n  # FROM b\nFROM c", {}, ["c"]),
    # Arguments, as they are declared before the first FROM.
    ("ARG B=debian:13\nFROM ${B}", {}, ["debian:13"]),
    ("ARG B=debian:13\nFROM $B", {"B": "ubuntu"}, ["ubuntu"]),
    ('ARG B="debian:13"\nFROM $B', {}, ["debian:13"]),
    ("ARG N=debian V=13\nFROM $N:$V", {"V": "12"}, ["debian:12"]),
    ("ARG V=13\nARG B=debian:${V}\nFROM $B", {"V": "12"}, ["debian:12"]),
    ("ARG B\nFROM ${B:-debian}", {}, ["debian"]),
    ("ARG B=\nFROM ${B:-debian}", {}, ["debian"]),
    ("ARG B=x\nFROM ${B:+debian}", {}, ["debian"]),
    ("FROM ${B-debian}", {}, ["debian"]),
    ("ARG B\nFROM ${B:-a}", {"B": "b"}, ["b"]),
    ("ARG N=1\nFROM debian:$N", {"N": 2}, ["debian:2"]),  # type: ignore[dict-item]
    # What has no value is the engine's to refuse; what is declared later does not count, nor what is not declared.
    ("ARG B\nFROM $B", {}, []),
    ("FROM debian\nARG B=x\nFROM $B", {"B": "y"}, []),
    ("FROM $B", {"B": "y"}, []),
    ("FROM debian-${TARGETARCH}", {"TARGETARCH": "arm64"}, ["debian-arm64"]),
    # Stages are no images.
    ("FROM a AS one\nFROM one", {}, ["a"]),
    ("FROM a AS One\nFROM oNE", {}, ["a"]),
    ("FROM a AS one\nFROM b\nCOPY --from=one x y", {}, ["a", "b"]),
    ("FROM a\nFROM b\nCOPY --from=0 x y", {}, ["a", "b"]),
    ("FROM a\nCOPY --from=a x y", {}, ["a"]),
    # A name that a later stage has is an image still.
    ("FROM b\nFROM a AS b\nCOPY --from=c x y", {}, ["a", "c"]),
    ("FROM a AS a\nFROM a AS b", {}, ["a"]),
    # Stages that the last one has nothing from are not built.
    ("FROM a AS one\nFROM b AS two", {}, ["b"]),
    ("FROM a AS one\nFROM b AS two\nCOPY --from=one x y\nFROM two", {}, ["a", "b"]),
    # COPY and mounts have images of their own.
    ("FROM a\nCOPY --chown=1:1 --from=b/c:1 x y", {}, ["a", "b/c:1"]),
    ("FROM a\nRUN --mount=type=bind,from=b,target=/x true", {}, ["a", "b"]),
    (
        "FROM a\nRUN --mount=from=b,target=/x --mount=type=cache,target=/y --mount=type=bind,from=c true",
        {},
        ["a", "b", "c"],
    ),
    ("FROM a\nRUN echo --from=b", {}, ["a"]),
    ("FROM a\nCOPY --from=$B x y", {"B": "b"}, ["a"]),
    # Lines that go on, with comments and empty lines between; another escape character.
    ("FROM a\nCOPY --chmod=755 \\\n  # a comment\n\n  --from=b \\\n x y", {}, ["a", "b"]),
    ("# escape=`\nFROM a\nCOPY `\n --from=b x y", {}, ["a", "b"]),
    ("# syntax=docker/dockerfile:1\n# escape=`\nFROM a\nRUN x `\nFROM b", {}, ["a"]),
    ("FROM a\nRUN x \\\nFROM b", {}, ["a"]),
    # What stands in a heredoc is no instruction.
    ("FROM a\nRUN <<EOF\nFROM b\nEOF\nCOPY --from=c x y", {}, ["a", "c"]),
    ("FROM a\nCOPY <<'one' <<-two /x\nFROM b\none\nFROM c\n\ttwo\nRUN true\nFROM d", {}, ["d"]),
    ("FROM a\r\nRUN true\r\n", {}, ["a"]),
]


@pytest.mark.parametrize(("text", "arguments", "expected"), TABLE)
def test_the_images_that_a_build_needs(text: str, arguments: Mapping[str, str], expected: list[str]) -> None:
    assert bases(text, arguments) == expected


STAGES = "FROM a AS one\nFROM b AS two\nCOPY --from=one x y\nFROM c AS three\nRUN true\n"


@pytest.mark.parametrize(
    ("target", "expected"),
    [(None, ["c"]), ("", ["c"]), ("one", ["a"]), ("TWO", ["a", "b"]), ("0", ["a"]), ("three", ["c"])],
)
def test_only_what_the_target_is_made_from(target: str | None, expected: list[str]) -> None:
    assert bases(STAGES, {}, target) == expected


def test_a_target_that_is_not_there_is_refused_with_those_that_are() -> None:
    with pytest.raises(NoSuchTarget, match=r"'four' is no stage .* one, two, three"):
        bases(STAGES, {}, "four")


def test_an_instruction_is_one_line_and_a_word_in_capitals() -> None:
    text = "from a\nrun x && \\\n    y\nLABEL z"
    assert list(instructions(text)) == [("FROM", "a"), ("RUN", "x &&     y"), ("LABEL", "z")]

# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which images a Dockerfile needs."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from ansible_collections.dockyard.gpu.plugins.module_utils._image_build.dockerfile import (
    DockerfileError,
    NoSuchTarget,
    bases,
    instructions,
)

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
    # A value in quotes, and one that is empty on purpose.
    ('FROM ${B:-"debian"}', {}, ["debian"]),
    ("ARG B='a b' C=${B#a}\nFROM debian:${B#a?}", {}, ["debian:b"]),
    ("ARG SUFFIX\nFROM debian$SUFFIX", {}, ["debian"]),
    ("ARG V\nFROM golang:${V-1}", {}, ["golang:1"]),
    # What the values of variables are made into.
    ("ARG V=v1.2.3\nFROM a:${V#v}", {}, ["a:1.2.3"]),
    ("ARG V=1.2.3\nFROM a:${V%.*}", {}, ["a:1.2"]),
    ("ARG V=1.2.3\nFROM a:${V%%.*}", {}, ["a:1"]),
    ("ARG V=1.2.3\nFROM a:${V##*.}", {}, ["a:3"]),
    ("ARG V=1.2.3\nFROM a:${V//./-}", {}, ["a:1-2-3"]),
    ("ARG V=1.2.3\nFROM a:${V/./-}", {}, ["a:1-2.3"]),
    ("ARG V=1\nFROM a:${V:?no}", {}, ["a:1"]),
    # BuildKit's own arguments.
    ("FROM debian-${TARGETARCH}", {"TARGETARCH": "arm64"}, ["debian-arm64"]),
    ("FROM debian-${TARGETARCH}", {}, ["debian-amd64"]),
    ("ARG TARGETARCH\nFROM debian-${TARGETARCH}${TARGETVARIANT}", {}, ["debian-amd64"]),
    ("FROM --platform=$BUILDPLATFORM a-$TARGETOS", {}, ["a-linux"]),
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
    # Lines that go on, with comments and empty lines between; another escape character.
    ("FROM a\nCOPY --chmod=755 \\\n  # a comment\n\n  --from=b \\\n x y", {}, ["a", "b"]),
    ("# escape=`\nFROM a\nCOPY `\n --from=b x y", {}, ["a", "b"]),
    ("# syntax=docker/dockerfile:1\n# escape=`\nFROM a\nRUN x `\nFROM b", {}, ["a"]),
    ("FROM a\nRUN x \\\nFROM b", {}, ["a"]),
    # A line whose escape is escaped ends there.
    ("FROM a\nENV ROOT=C:\\\\data\\\\\nFROM b", {}, ["b"]),
    ("FROM a\nENV ROOT=C:\\data\\\\\nFROM b", {}, ["b"]),
    # What looks like a heredoc.
    ("FROM a\nRUN cat <<<yes\nFROM b", {}, ["b"]),
    ("FROM a\nRUN echo $((1<<N))\nFROM b", {}, ["b"]),
    ('FROM a\nRUN echo "usage: tool <<FILE"\nFROM b', {}, ["b"]),
    ('FROM a\nRUN ["sh", "-c", "cat <<EOF"]\nFROM b', {}, ["b"]),
    ("FROM a\nCMD cat <<EOF\nFROM b", {}, ["b"]),
    ("FROM a\nRUN echo \\<<EOF\nFROM b", {}, ["b"]),
    # What is one.
    ("FROM a\nRUN <<END-OF-SETUP\nFROM b\nEND-OF-SETUP\nFROM c", {}, ["c"]),
    ("FROM a\nRUN << EOF\nFROM b\nEOF\nFROM c", {}, ["c"]),
    ("FROM a\nRUN python3 - <<'END OF IT'\nFROM b\nEND OF IT\nFROM c", {}, ["c"]),
    ("FROM a\nRUN 3<<EOF cat\nFROM b\nEOF\nFROM c", {}, ["c"]),
    ("FROM a\nONBUILD RUN python3 - <<EOF\nFROM b\nEOF\nFROM c", {}, ["c"]),
    ("FROM a\nRUN <<$EOF\nFROM b\n$EOF\nFROM c", {}, ["c"]),
    # What a stage asks of those that are made from it.
    ("FROM a AS one\nONBUILD COPY --from=b x y\nFROM one", {}, ["a", "b"]),
    ("FROM a AS one\nONBUILD COPY --from=b x y\nFROM one AS two\nFROM two", {}, ["a", "b"]),
    # Flags in quotes, and names of any case.
    ('FROM a\nRUN --mount="type=bind,from=b,target=/x y" true', {}, ["a", "b"]),
    ("FROM a\nRUN --mount=type=bind,From=b,target=/x true", {}, ["a", "b"]),
    # Signs at which only Python ends a line.
    ("FROM a\nLABEL x=\u2028\x0cFROM\nCOPY --from=b x y", {}, ["a", "b"]),
    # What stands in a heredoc is no instruction.
    ("FROM a\nRUN <<EOF\nFROM b\nEOF\nCOPY --from=c x y", {}, ["a", "c"]),
    ("FROM a\nCOPY <<'one' <<-two /x\nFROM b\none\nFROM c\n\ttwo\nRUN true\nFROM d", {}, ["d"]),
    ("FROM a\r\nRUN true\r\n", {}, ["a"]),
]


@pytest.mark.parametrize(("text", "arguments", "expected"), TABLE)
def test_the_images_that_a_build_needs(text: str, arguments: Mapping[str, str], expected: list[str]) -> None:
    assert bases(text, arguments, engine_platform="linux/amd64") == expected


@pytest.mark.parametrize(
    ("text", "arguments", "words"),
    [
        ("ARG B\nFROM $B", {}, r"FROM \$B: B has no value here"),
        ("ARG V\nFROM golang:${V}-alpine", {}, r"FROM golang:\$\{V\}-alpine: V has no value here; give it in args"),
        # What is declared later does not count, nor what is not declared.
        ("FROM debian\nARG B=x\nFROM $B", {"B": "y"}, "B has no value"),
        ("FROM $B", {"B": "y"}, "B has no value"),
        ("FROM ${B:?missing}", {}, "B: missing"),
        ("FROM ${B", {}, "FROM .*is missing"),
        ("FROM a:${B^^}", {}, "no modifier"),
        ("ARG B=${A\nFROM $B", {}, "ARG B .*is missing"),
        ("FROM a\nCOPY --from=$B x y", {"B": "b"}, r"from=\$B: COPY and RUN take no variable there"),
        ("FROM a\nRUN --mount=type=bind,from=${B} true", {"B": "b"}, "take no variable there"),
    ],
)
def test_a_base_that_cannot_be_known_is_an_error(text: str, arguments: Mapping[str, str], words: str) -> None:
    with pytest.raises(DockerfileError, match=words):
        bases(text, arguments)


def test_an_error_in_a_stage_that_is_not_built_does_not_count() -> None:
    assert bases("FROM a:${B}- AS one\nFROM b", {}) == ["b"]


def test_each_platform_has_bases_of_its_own() -> None:
    text = "FROM tool-$BUILDARCH AS tool\nFROM base-$TARGETARCH$TARGETVARIANT\nCOPY --from=tool x y"
    found = bases(text, {}, platforms=["linux/amd64", "linux/arm/v7"], engine_platform="linux/amd64")
    assert found == ["tool-amd64", "base-amd64", "base-armv7"]


STAGES = "FROM a AS one\nFROM b AS two\nCOPY --from=one x y\nFROM c AS three\nRUN true\n"


@pytest.mark.parametrize(
    ("target", "expected"),
    [(None, ["c"]), ("", ["c"]), ("one", ["a"]), ("TWO", ["a", "b"]), ("0", ["a"]), ("three", ["c"])],
)
def test_only_what_the_target_is_made_from(target: str | None, expected: list[str]) -> None:
    assert bases(STAGES, {}, target) == expected


def test_a_target_that_is_not_there_is_rejected_with_those_that_are() -> None:
    with pytest.raises(NoSuchTarget, match=r"'four' is no stage .* one, two, three"):
        bases(STAGES, {}, "four")


def test_an_instruction_is_one_line_and_a_word_in_capitals() -> None:
    text = "from a\nrun x && \\\n    y\nLABEL z"
    assert list(instructions(text)) == [("FROM", (), "a"), ("RUN", (), "x &&     y"), ("LABEL", (), "z")]

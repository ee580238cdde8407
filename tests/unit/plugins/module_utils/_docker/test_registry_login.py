# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Logins as `docker login` leaves them: in the file, with a helper of one registry, or with one of all."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.dockyard.gpu.plugins.module_utils._docker import registry_login
from ansible_collections.dockyard.gpu.plugins.module_utils._docker.registry_login import LoginError, header, registry_of

HELPER = """#!/bin/sh
read -r server
case $server in
  reg.example) echo '{"ServerURL": "reg.example", "Username": "ada", "Secret": "s3cret"}' ;;
  https://index.docker.io/v1/) echo '{"ServerURL": "", "Username": "<token>", "Secret": "t0ken"}' ;;
  broken.example) echo hello ;;
  slow.example) sleep 5 ;;
  *) echo 'credentials not found in native keychain'; exit 1 ;;
esac
"""


def auth(text: str = "ada:s3:cret") -> dict[str, str]:
    return {"auth": base64.b64encode(text.encode()).decode()}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    program = tmp_path / "bin" / "docker-credential-kept"
    program.parent.mkdir()
    program.write_text(HELPER)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    monkeypatch.setattr(registry_login, "_TIMEOUT", 0.5)
    return tmp_path


def reported(folder: Path, registry: str, config: Any) -> Any:
    text = config if isinstance(config, str) else json.dumps(config)
    (folder / "config.json").write_text(text)
    found = header(registry)
    return json.loads(base64.urlsafe_b64decode(found)) if found else None


@pytest.mark.parametrize(
    ("name", "registry"),
    [
        ("debian:13", "docker.io"),
        ("lab/jupyter:1", "docker.io"),
        ("docker.io/lab/jupyter:1", "docker.io"),
        ("index.docker.io/lab/jupyter:1", "docker.io"),
        ("localhost/x:1", "localhost"),
        ("localhost:5000/x:1", "localhost:5000"),
        ("reg.example/x/y:1", "reg.example"),
    ],
)
def test_the_registry_of_a_name(name: str, registry: str) -> None:
    assert registry_of(name) == registry


@pytest.mark.parametrize(
    "key",
    ["reg.example:5000", "https://reg.example:5000", "https://reg.example:5000/v1/", "http://reg.example:5000/v2/"],
)
def test_a_login_is_found_under_each_form_of_its_registrys_name(folder: Path, key: str) -> None:
    found = reported(folder, "reg.example:5000", {"auths": {"other.example": auth("x:y"), key: auth()}})
    assert found == {"username": "ada", "password": "s3:cret", "serveraddress": key}
    assert reported(folder, "reg.example", {"auths": {key: auth()}}) is None


def test_docker_hub_has_a_name_of_its_own(folder: Path) -> None:
    found = reported(folder, "docker.io", {"auths": {"https://index.docker.io/v1/": auth()}})
    assert found["username"] == "ada"
    assert reported(folder, "docker.io", {"credsStore": "kept"})["identitytoken"] == "t0ken"


def test_a_helper_is_asked_and_the_file_where_it_has_none(folder: Path) -> None:
    helped = {"username": "ada", "password": "s3cret", "serveraddress": "reg.example"}
    assert reported(folder, "reg.example", {"credsStore": "kept", "auths": {"reg.example": {}}}) == helped
    assert reported(folder, "reg.example", {"credHelpers": {"reg.example": "kept"}}) == helped
    for key in ("docker.io", "https://index.docker.io/v1/"):
        assert reported(folder, "docker.io", {"credHelpers": {key: "kept"}})["identitytoken"] == "t0ken"
    config = {"credsStore": "kept", "auths": {"other.example": auth()}}
    assert reported(folder, "other.example", config)["password"] == "s3:cret"
    assert reported(folder, "third.example", config) is None
    token = {"auths": {"reg.example": {**auth(), "identitytoken": "abc"}}}
    assert reported(folder, "reg.example", token) == {"identitytoken": "abc", "serveraddress": "reg.example"}


@pytest.mark.parametrize("config", ["", " \n", "{}", {"auths": {}}, {"auths": None}, {"auths": {"reg.example": {}}}])
def test_without_a_login_there_is_none(folder: Path, config: Any) -> None:
    assert reported(folder, "reg.example", config) is None
    (folder / "config.json").unlink()
    assert header("reg.example") is None


@pytest.mark.parametrize(
    ("registry", "config", "words"),
    [
        ("reg.example", "{", "is not JSON"),
        ("reg.example", "[]", "holds no JSON object"),
        ("reg.example", {"auths": {"reg.example": {"auth": "b2g="}}}, "is no login; log in again"),
        ("reg.example", {"credsStore": "gone"}, "docker-credential-gone, which .* names, cannot be run"),
        ("reg.example", {"credsStore": "../x"}, "is no name of a helper"),
        ("broken.example", {"credsStore": "kept"}, "answered with no login"),
        ("slow.example", {"credsStore": "kept"}, "did not answer within 0.5 s"),
    ],
)
def test_what_cannot_be_read_is_one_sentence_without_the_secret(
    folder: Path, registry: str, config: Any, words: str
) -> None:
    with pytest.raises(LoginError, match=words) as caught:
        reported(folder, registry, config)
    assert "b2g" not in str(caught.value)
    assert "s3cret" not in str(caught.value)


def test_a_folder_in_the_place_of_the_file_is_said(folder: Path) -> None:
    (folder / "config.json").mkdir()
    with pytest.raises(LoginError, match=r"config\.json"):
        header("reg.example")

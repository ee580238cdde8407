# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.dockyard.gpu.plugins.module_utils.masking import mask, secrets_in
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("value", "masked"),
    [
        ("http://joe:secret@proxy.example:3128/", "http://***3594b8ea@proxy.example:3128/"),
        ("http://joe:secret@one,https://joe:secret@two", "http://***3594b8ea@one,https://***3594b8ea@two"),
        (
            'Environment="HTTP_PROXY=http://joe:secret@one" "A=b"',
            'Environment="HTTP_PROXY=http://***3594b8ea@one" "A=b"',
        ),
        ("joe:secret@proxy.example:3128", "***3594b8ea@proxy.example:3128"),
        ({"splunk-token": "joe:secret"}, {"splunk-token": "***3594b8ea"}),
        ({"/log-opts/splunk-token": "joe:secret"}, {"/log-opts/splunk-token": "***3594b8ea"}),
        ([{"a": ["ssh://joe:secret@host"]}], [{"a": ["ssh://***3594b8ea@host"]}]),
    ],
)
def test_credentials_are_masked_wherever_they_stand(value: Any, masked: Any) -> None:
    assert mask(value) == masked


@pytest.mark.parametrize(
    "value",
    [
        "http://proxy.example:3128",
        "https://registry.example/image@sha256:0123",
        "registry.example:5000/image:1@sha256:0123",
        "unix:///run/docker.sock",
        "http://[::1]:8080/a@b",
        "nobody:nogroup",
        {"tlskey": "/etc/docker/key.pem", "token": "", "secret": None, "password": 5},
        [1, 1.5, True, None],
    ],
)
def test_what_holds_no_credentials_stays(value: Any) -> None:
    assert mask(value) == value
    assert secrets_in(value) == set()


@pytest.mark.parametrize("password", ["pa/ss", "pa?ss", "pa#ss", "pa@ss", "pa'ss", "pa:ss"])
def test_a_password_that_should_have_been_escaped_is_masked_too(password: str) -> None:
    assert password not in mask(f"http://joe:{password}@proxy.example")


def test_different_secrets_have_different_masks() -> None:
    assert mask("http://joe:one@proxy") != mask("http://joe:other@proxy")


def test_the_secrets_themselves_are_known_for_no_log() -> None:
    value = {
        "proxies": {"http-proxy": "http://joe:secret@proxy"},
        "log-opts": {"splunk-token": "0123"},
        "list": ["a:b@c"],
    }
    assert secrets_in(value) == {"joe:secret", "0123", "a:b"}
    assert secrets_in(mask({"http-proxy": "http://joe:secret@proxy"})) == set()


USERINFO = st.text(st.characters(codec="utf-8", exclude_characters='"', exclude_categories=["Z", "C"]), min_size=8)


@given(USERINFO)
def test_masking_twice_is_masking_once(userinfo: str) -> None:
    once = mask({"proxy": f"http://{userinfo}@proxy.example", "token": userinfo, "free": userinfo})
    assert mask(once) == once


@given(st.from_regex(r"[a-z]{3,8}:[A-Za-z0-9%!*._~-]{8,20}", fullmatch=True))
def test_no_credential_is_left(userinfo: str) -> None:
    assert userinfo not in str(
        mask({"a": f"http://{userinfo}@proxy", "b": [f"{userinfo}@proxy:80"], "password": userinfo})
    )

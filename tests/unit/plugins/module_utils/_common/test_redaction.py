# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from ansible_collections.dockyard.gpu.plugins.module_utils._common.redaction import mask, secrets_in
from ansible_collections.dockyard.gpu.plugins.module_utils._common.secret_texts import is_secret
from hypothesis import assume, example, given
from hypothesis import strategies as st

KEY = "of one run"


@pytest.mark.parametrize(
    ("value", "masked"),
    [
        ("http://joe:secret@proxy.example:3128/", "http://***@proxy.example:3128/"),
        ("http://joe:secret@one,https://joe:secret@two", "http://***@one,https://***@two"),
        ('Environment="HTTP_PROXY=http://joe:secret@one" "A=b"', 'Environment="HTTP_PROXY=http://***@one" "A=b"'),
        ("joe:secret@proxy.example:3128", "***@proxy.example:3128"),
        ("joe:secret@[::1]:3128/", "***@[::1]:3128/"),
        ("https://ghp_0123456789@github.com/x", "https://***@github.com/x"),
        ("https://to/ken==@host.example/x", "https://***@host.example/x"),
        ("deb http://joe:secret@host/debian stable main", "deb http://***@host/debian stable main"),
        ("Types: deb\nURIs: http://joe:secret@host/\nSuites: x\n", "Types: deb\nURIs: http://***@host/\nSuites: x\n"),
        ("HTTP_PROXY=joe:secret@proxy:1\nNO_PROXY=a,b\n", "HTTP_PROXY=***@proxy:1\nNO_PROXY=a,b\n"),
        ({"splunk-token": "joe:secret"}, {"splunk-token": "***"}),
        ({"/log-opts/splunk-token": "joe:secret"}, {"/log-opts/splunk-token": "***"}),
        ({"auths": {"r.example": {"auth": "am9l"}}}, {"auths": {"r.example": {"auth": "***"}}}),
        ({"secrets": {"db": ["one", 2]}, "password": 1234}, {"secrets": {"db": ["***", "***"]}, "password": "***"}),
        ({"env": ["FOO_TOKEN=x y", "TERM=xterm"]}, {"env": ["FOO_TOKEN=***", "TERM=xterm"]}),
        ({"labels": ["api_key=x", "a=1"]}, {"labels": ["api_key=***", "a=1"]}),
        (["--log-opt", "splunk-token=x"], ["--log-opt", "splunk-token=***"]),
        (["login", "--password", "x", "--user", "joe"], ["login", "--password", "***", "--user", "joe"]),
        ("docker login --password x -u joe", "docker login --password *** -u joe"),
        ('{"auth": "a\\"bc", "b": "c"}', '{"auth": "***", "b": "c"}'),
        ("Authorization: Bearer eyJ.x.y", "Authorization: *** ***"),
        ("header bearer abc.def", "header bearer ***"),
        ("https://logs.example/in?token=abc&x=1", "https://logs.example/in?token=***"),
        ("[{'a': 'ssh://joe:secret@host'}]", "[{'a': 'ssh://***@host'}]"),
        ({"http://joe:secret@host": 1}, {"http://***@host": 1}),
        ("Authorization: Token abc", "Authorization: *** ***"),
        ('RUN curl -H "Authorization: token abc" https://x', 'RUN curl -H "Authorization: *** ***" https://x'),
        ("RUN curl -fsSL -u joe:secret https://x | sh", "RUN curl -fsSL -u *** https://x | sh"),
        ("RUN curl --user=joe:secret https://x", "RUN curl --user=*** https://x"),
        ("RUN docker login -u joe -p secret r.example", "RUN docker login -u joe -p *** r.example"),
        ("RUN mysqldump -uroot -phunter2 db", "RUN mysqldump -uroot -p*** db"),
        ("https://x.blob.example/a?se=1&sig=abc%3D&sv=2", "https://x.blob.example/a?se=1&sig=***&sv=2"),
        ('CMD ["app", "--token", "abc", "-v"]', 'CMD ["app", "--token", "***", "-v"]'),
        (f"fatal: dckr_pat_{'a' * 27} was rejected", "fatal: *** was rejected"),
        ({"env": [f"X=nvapi-{'a' * 60}", f"Y=hf_{'b' * 34}"]}, {"env": ["X=***", "Y=***"]}),
        ("eyJhbGciOiJI.eyJzdWIiOiIx.abc is no token", "*** is no token"),
        ({"log-opts": {"sumo-url": "https://in.example/AbC=="}}, {"log-opts": {"sumo-url": "***"}}),
        ({"ENV": {"SLACK_WEBHOOK_URL": "https://h.example/T/B/x"}}, {"ENV": {"SLACK_WEBHOOK_URL": "***"}}),
        (
            f"-----BEGIN PRIVATE KEY-----\n{'A' * 64}\n{'B' * 20}==\n-----END PRIVATE KEY-----\n",
            "-----BEGIN PRIVATE KEY-----***-----END PRIVATE KEY-----\n",
        ),
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
        "https://registry.example:5000/image:1@sha256:0123",
        "unix:///run/docker.sock",
        "https://cdn.example/npm/jquery@3.7.1/dist",
        "deb http://deb.example.org/debian stable main # ask admin@example.org",
        "nobody:nogroup",
        "/srv/a@b:/data:ro",
        {"tlskey": "/etc/docker/key.pem", "token": "", "secret": None, "password": True},
        {"authorization-plugins": ["a"], "max_tokens": 4096, "tokenizer": "x", "monkey": "x", "PWD": "/root"},
        {"OLDPWD": "/root", "GPG_KEY": "0D96DF4D", "public-key": "x", "repository_key": "absent", "key": "log-opts"},
        "docker run --user 1000:1000 -u joe:joe -p 8080:80 example",
        "curl -fsSL https://get.example | sh -s -- -u x",
        "repository_key: the repository's key is not there",
        {"syslog-tls-key": "/etc/key.pem", "tls-key": "/x", "partition-key": "a", "gelf-address": "udp://h:1"},
        {"token-file": "/run/secrets/token", "compass": "n", "author": "joe"},
        [1, 1.5, True, None],
        "PWD=/root",
    ],
)
def test_what_holds_no_credentials_stays(value: Any) -> None:
    assert mask(value) == value
    assert secrets_in(value) == set()


# fmt: off
SECRET_NAMES = [
    "splunk-token", "splunk_token", "SPLUNK_TOKEN", "splunkToken", "identitytoken", "registrytoken", "identityToken",
    "auth", "proxy-auth", "authorization", "password", "proxy-password", "DB_PASSWORD", "dbPassword", "passwd",
    "DB_PASS", "db-pwd", "passphrase", "secret", "secret-id", "client_secret", "secretKey", "api_key", "api-key",
    "apiKey", "APIKEY", "access-key", "AWS_SECRET_ACCESS_KEY", "AWS_ACCESS_KEY_ID", "accessKey", "private-key",
    "signing_key", "credentials", "awslogs-credentials-endpoint", "rate-limit-token", "GITHUB_TOKEN_2",
    "gelf-password", "logentries-token", "sentry-dsn", "cookie", "HF_TOKEN", "PGPASS", "ROOTPW", "DBPWD", "WG_PSK",
    "GH_PAT", "JWT", "OTP", "PASSCODE", "OPENAI_KEY", "FERNET_KEY", "DEPLOY_KEY", "consumer-key", "write-key",
    "RSA_KEY", "logdna-ingestion-key", "AZURE_STORAGE_CONNECTION_STRING", "DOCKER_AUTH_CONFIG", "VAULT_UNSEAL_KEY",
]
# fmt: on


@pytest.mark.parametrize("name", SECRET_NAMES)
def test_names_of_secrets_are_known_in_any_nesting(name: str) -> None:
    assert is_secret(name)
    shapes: list[Any] = [
        {name: "canary"},
        {"a": [{"b": {name: "canary"}}]},
        {name: {"value": ["canary"]}},
        [f"{name}=canary"],
        f"A=1\n{name}=canary and canary\nB=2",
        f"--log-opt {name}=canary",
        f"--{name} canary",
        f'{{"{name}": "canary"}}',
        f"{name}: canary",
        f"https://host.example/?a=b&{name}=canary",
        [f"--{name}", "canary"],
    ]
    assert [shape for shape in shapes if "canary" in json.dumps(mask(shape))] == []


def test_a_tag_is_the_same_for_the_same_secret_and_key_alone() -> None:
    def tag(value: str, key: str) -> Any:
        return mask({"token": value}, key)["token"]

    assert tag("one", KEY) == tag("one", KEY)
    assert len({tag("one", KEY), tag("other", KEY), tag("one", "of another run"), tag("one", "")}) == 4
    assert tag("one", "") == tag("other", "") == "***"


def test_the_secrets_themselves_are_known_for_no_log() -> None:
    value = {
        "proxies": {"http-proxy": "http://joe:secret@proxy"},
        "log-opts": {"splunk-token": "0123"},
        "list": ["a:b@c"],
    }
    assert secrets_in(value) == {"joe:secret", "0123", "a:b"}
    assert secrets_in(mask(value)) == secrets_in(mask(value, KEY)) == set()


def left_of(password: str, shown: str) -> list[str]:
    """Pieces of the password in what is shown, but for those that the rest of it has anyway."""
    pieces = {password[start : start + 4] for start in range(len(password) - 3)}
    return sorted(piece for piece in pieces if piece in shown)


# Any character at all; what is before and behind it has none in common with it.
USER = st.text(st.characters(codec="utf-8", exclude_characters=":@/?#\"' ", exclude_categories=["Z", "C"]), min_size=1)
PASSWORD = st.text(st.characters(exclude_categories=["Cs"]), min_size=4)
NASTY = st.text(st.sampled_from("ab1/?#@:%&=, '\"\\[]é\u00a0"), min_size=4)


@given(USER, PASSWORD | NASTY, st.sampled_from(["http", "https", "socks5h", "ssh+git"]))
@example("joe", "p@ss/w0rd", "http")
@example("joe", "8080/secret", "http")
@example("joe", "pa ss?word", "https")
@example("joe", "12 34", "http")
@example("[", "::1]:80/password", "http")
def test_no_piece_of_a_password_is_left_in_a_url(user: str, password: str, scheme: str) -> None:
    url = f"{scheme}://{user}:{password}@PROXY.EXAMPLE:9/"
    assume("://" not in password)
    assert left_of(password, mask(url).replace("PROXY.EXAMPLE:9/", "").replace(f"{scheme}://", "")) == []
    inside = mask({"proxies": {"http-proxy": [url]}})["proxies"]["http-proxy"][0]
    assert inside == mask(url)
    assert mask(mask(url)) == mask(url)
    assert mask(mask(url, KEY), KEY) == mask(url, KEY)


@given(USER, PASSWORD | NASTY)
def test_no_piece_of_a_password_is_left_in_a_proxy_without_a_scheme(user: str, password: str) -> None:
    assume("://" not in f"{user}:{password}" and not left_of(password, user))
    assert left_of(password, mask(f"{user}:{password}@PROXY:9").replace("PROXY:9", "")) == []


@given(PASSWORD | NASTY)
def test_no_piece_of_a_secret_is_left_under_its_name(secret: str) -> None:
    assert left_of(secret, str(mask({"a": [{"splunk-token": secret}]})["a"][0]["splunk-token"])) == []
    line = secret.replace("\n", "").replace("\r", "")
    assert left_of(line, mask(f"FOO_TOKEN={line}").replace("FOO_TOKEN=", "")) == [] or len(line.split()) != 1


@given(st.text())
def test_masking_twice_is_masking_once(text: str) -> None:
    for value in ({"token": text}, {"a": [{"b-password": [text]}]}, f"http://{text}:x@host", {"e": ["--token", text]}):
        once = mask(value, KEY)
        assert mask(once, KEY) == once
        assert mask(mask(value)) == mask(value)


@pytest.mark.parametrize(
    "text", ["a-" * 99999, "A=" * 99999, "a:@" * 99999, "http://" * 99999, "=" * 99999, "x " * 99999, "curl -u " * 9999]
)
def test_a_hostile_text_takes_no_long_time(text: str) -> None:
    began = time.monotonic()
    mask({"text": text, text: [text]})
    assert time.monotonic() - began < 10

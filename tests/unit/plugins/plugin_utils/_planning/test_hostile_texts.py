# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every variable with every text that some file, command or terminal takes for more than a text.

Either it is an error that names the variable, or whoever reads it on the host reads just what was given. Environments,
lists of sources and scripts are read by systemd, apt and sh themselves where this machine has them.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.dockyard.gpu.plugins.plugin_utils._docker_engine import defaults
from ansible_collections.dockyard.gpu.plugins.plugin_utils._docker_engine import sources as engine_sources
from ansible_collections.dockyard.gpu.plugins.plugin_utils._gpu_container import spec
from ansible_collections.dockyard.gpu.plugins.plugin_utils._nvidia_container_toolkit import sources as toolkit_sources
from ansible_collections.dockyard.gpu.plugins.plugin_utils._nvidia_driver import sources
from ansible_collections.dockyard.gpu.plugins.plugin_utils._planning import variables
from ansible_collections.dockyard.gpu.plugins.plugin_utils._planning.variable_formats import MAPPINGS
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils import env_file, hosts, machines
from ansible_collections.dockyard.gpu.tests.unit.plugins.plugin_utils.given import Variable, every, fitting, samples

HOSTILE = {
    "a line end": "\n",
    "another line": "x\nEVIL=1\n",
    "a carriage return": "\r",
    "a NUL": "\0",
    "a double quote": '"',
    "a quoted line": 'x"\nEVIL="1',
    "a quote": "'",
    "a backslash": "\\",
    "a backslash and a line end": "\\\n",
    "a specifier": "%i",
    "a variable": "${PATH}",
    "a command": "$(reboot)",
    "backticks": "`reboot`",
    "a comment": "#",
    "a blank and a comment": " # x",
    "a semicolon": "; reboot",
    "a pipe": "| sh",
    "U+2028": "\u2028",
    "U+2029": "\u2029",
    "U+0085": "\x85",
    "a vertical tab": "\x0b",
    "a form feed": "\x0c",
    "an escape": "\x1b[2J",
    "a delete": "\x7f",
    "C1": "\x9b2J",
    "right to left": "\u202e",
    "half a character": "\ud800",
    "full-width digits": "\uff11\uff12",
    "a comma": ",",
    "an equals sign": "=",
    "a colon": ":",
    "a template": "{{ lookup('pipe', 'reboot') }}",
    "very long": "a" * 101_000,
    "an option": "-x",
    "a long option": "--privileged",
    "a folder above": "../../etc",
    "a tilde": "~root",
    "a blank": " ",
    "nothing": "",
    "a tab": "\t",
    "a glob": "*",
    "true": "true",
    "a trailing minus": "x-",
    "a trailing plus": "x+",
}


def texts(variable: Variable) -> Iterator[Any]:
    """The hostile ones alone, before, behind and within what fits, as a value of the whole variable."""
    base = samples(variable.form)[0]
    for hostile in HOSTILE.values():
        for text in (hostile, hostile + base, base + hostile, base[:2] + hostile + base[2:]):
            if variable.is_text or variable.path.endswith("command"):
                yield text
            elif variable.kind == "list" and variable.elements == "str":
                yield [base, text]
                # As `-e` gives it.
                yield f"{base},{text}"
                yield f"[{base}, {text}]"
            elif variable.kind == "dict":
                yield {"a": text}
                yield {text: "a"}


TEXTUAL = [each for each in every() if next(texts(each), None) is not None]


def taken(variable: Variable, value: Any) -> Any:
    """What is taken of it, at its place; an error where nothing is."""
    read = variables.read(variable.owner, {variable.name: variable.within(value)})
    for reason in read["errors"]:
        assert reason.startswith(f"{variable.name}: "), reason
        assert reason.isprintable(), repr(reason)
        assert len(reason) <= 2000
    if read["errors"]:
        return None
    found = read[variable.name.removeprefix(f"{variable.owner}_")]
    for key in variable.path.split(".")[1:]:
        (found,) = [each[key] for each in found]
    return found


def one_line(value: Any) -> bool:
    """What every text is by default: nothing that a terminal or a reader of lines acts on."""
    return all(each.isprintable() and len(each) <= 5000 for each in ([value] if isinstance(value, str) else value))


def words_of_commands(value: Any) -> bool:
    """None is an option, or more than one word."""
    found = [value] if isinstance(value, str) else value
    return one_line(value) and all(re.fullmatch(r"[A-Za-z0-9_][^\s,;\"'$`]*", each) for each in found)


def names_to_apt(value: Any) -> bool:
    """None is an order to remove a package, or one of another name."""
    found = [value] if isinstance(value, str) else value
    return words_of_commands(value) and all(re.fullmatch(r"[\w.+-]*[\w.]", each, re.ASCII) for each in found)


def environment(**given: Any) -> Callable[[Any], bool]:
    """systemd reads just what was given from the file, and nothing beside it."""

    def check(value: Any) -> bool:
        name = next(iter(given))
        wanted = {"http": "", "https": "", "no_proxy": [], **given, name: value}
        content = engine_sources.proxy_environment(wanted["http"], wanted["https"], wanted["no_proxy"])
        no_proxy = ",".join(wanted["no_proxy"]) if wanted["http"] or wanted["https"] else ""
        reported = {"HTTP_PROXY": wanted["http"], "HTTPS_PROXY": wanted["https"], "NO_PROXY": no_proxy}
        expected = {key: each for key, each in reported.items() if each}
        return one_line(value) and env_file.variables(content) == expected and _by_systemd(content, expected)

    return check


def _by_systemd(content: str, expected: dict[str, str]) -> bool:
    """Its own reader, by a program that reads environment.d(5) with it; that one substitutes $ beside."""
    program = "/usr/lib/systemd/user-environment-generators/30-systemd-environment-d-generator"
    if not os.path.exists(program) or "$" in content or not content:
        return True
    folder = Path(os.environ["HOSTILE_FOLDER"])
    (folder / "environment.d").mkdir(exist_ok=True)
    (folder / "environment.d" / "proxy.conf").write_text(content)
    reported = subprocess.run(
        [program], env={"XDG_CONFIG_HOME": str(folder)}, capture_output=True, text=True, check=True
    )
    found = dict(word.split("=", 1) for word in shlex.split(reported.stdout))
    return {key: found.get(key, "") for key in expected} == expected and "EVIL" not in found


def content(value: Any) -> bool:
    """What goes through the engine's API, or as one argument: all but a NUL."""
    found = value.values() if isinstance(value, dict) else value if isinstance(value, list) else [value]
    return all("\0" not in each and len(each.encode("utf-8")) < 131_072 for each in found if isinstance(each, str))


def pairs(value: Any) -> bool:
    """NAME=VALUE gives back both."""
    again = dict(f"{key}={each}".split("=", 1) for key, each in value.items())
    return content(value) and again == value and all(key and key.isprintable() for key in value)


def parts_of_a_secret(value: Any) -> bool:
    """docker buildx reads --secret as CSV."""
    return one_line(value) and not set(value) & set(',"')


def absolute(value: Any) -> bool:
    return one_line(value) and (value == "" or (value.startswith("/") and ".." not in value.split("/")))


def in_a_script(value: Any) -> bool:
    """The folder of logs stands in a script, quoted by Ansible."""
    reported = subprocess.run(
        ["sh", "-c", f"printf %s {shlex.quote(value)}"], capture_output=True, text=True, check=True
    )
    return absolute(value) and reported.stdout == value


def json_of_the_daemon(value: Any) -> bool:
    wanted = hosts.settings(config=value)
    return bool(json.loads(json.dumps(defaults.desired_config(hosts.bare_host(), wanted))) == value)


def command(value: Any) -> bool:
    """Its words, or a problem that names the container."""
    described = spec.Described({"name": "one", "image": "debian:13", "command": value})
    if described.problems:
        return all(problem.startswith("gpu_container_list: one: command: ") for problem in described.problems)
    return content(described.spec["command"] or [])


READERS: dict[str, Callable[[Any], bool]] = {
    "docker_engine_http_proxy": environment(http=""),
    "docker_engine_https_proxy": environment(https=""),
    "docker_engine_no_proxy": environment(no_proxy=[], http="http://proxy:3128"),
    "docker_engine_config": json_of_the_daemon,
    "docker_engine_config_defaults": json_of_the_daemon,
    "docker_engine_registry_mirrors": lambda value: json_of_the_daemon({"registry-mirrors": value}) and one_line(value),
    "docker_engine_data_root": absolute,
    "docker_engine_version": names_to_apt,
    "nvidia_container_toolkit_version": names_to_apt,
    "nvidia_container_toolkit_config": lambda value: bool(json.dumps(value)),
    "nvidia_driver_branch": names_to_apt,
    "nvidia_driver_headers": names_to_apt,
    "docker_group_users": lambda value: one_line(value) and not any(each.startswith("-") for each in value),
    "container_image_log_dir": in_a_script,
    "container_image_list.dockerfile_content": content,
    "container_image_list.target": words_of_commands,
    "container_image_list.network": words_of_commands,
    "container_image_list.platforms": words_of_commands,
    "container_image_list.secrets.id": parts_of_a_secret,
    "container_image_list.secrets.src": parts_of_a_secret,
    "container_image_list.load_from": absolute,
    "container_image_list.save_to": absolute,
    "gpu_container_list.command": command,
    "gpu_container_list.entrypoint": content,
    **dict.fromkeys(MAPPINGS, pairs),
}


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOSTILE_FOLDER", str(tmp_path))


@pytest.mark.parametrize("variable", TEXTUAL, ids=[each.path for each in TEXTUAL])
def test_it_is_an_error_by_name_or_is_read_as_it_was_given(variable: Variable) -> None:
    reader = READERS.get(variable.path, one_line)
    wrong = []
    for value in texts(variable):
        found = taken(variable, value)
        if found not in (None, "", [], {}) and not reader(found):
            wrong.append(value)
    assert wrong == []


@pytest.mark.parametrize("variable", TEXTUAL, ids=[each.path for each in TEXTUAL])
def test_what_fits_is_taken_as_it_is(variable: Variable) -> None:
    reader = READERS.get(variable.path, one_line)
    for value in fitting(variable):
        found = taken(variable, value)
        assert found == value
        assert found in ("", [], {}) or reader(found), value


def test_every_variable_has_its_reader_or_is_one_line() -> None:
    assert set(READERS) <= {each.path for each in TEXTUAL}


# What is written for apt, by role and variable.
SOURCES: dict[str, Callable[[str], str]] = {
    "docker_engine_repository_url": lambda url: _content(
        engine_sources.repository(hosts.settings(repository_url=url), hosts.bare_host()["distribution"])
    ),
    "nvidia_driver_repository_url": lambda url: _content(
        sources.repository(machines.host("rtx4090"), machines.settings(repository_url=url), "cuda_repository")
    ),
    "nvidia_container_toolkit_repository_url": lambda url: _content(
        toolkit_sources.repository(hosts.bare_host(), hosts.wanted("nvidia_container_toolkit", repository_url=url))
    ),
}


def _content(repository: Any) -> str:
    return str(repository.content)


@pytest.mark.skipif(not shutil.which("apt-get"), reason="apt is to read its lists")
@pytest.mark.parametrize("name", SOURCES)
def test_apt_reads_the_address_of_a_repository_as_it_was_given(tmp_path: Path, name: str) -> None:
    (variable,) = [each for each in every() if each.path == name]
    given = [taken(variable, value) for value in (*texts(variable), *fitting(variable))]
    # With a slash at its end and without it is the same one.
    urls = list({url.rstrip("/"): url for url in given if url}.values())
    assert urls
    for folder in ("parts", "lists/partial"):
        (tmp_path / folder).mkdir(parents=True)
    for number, url in enumerate(urls):
        (tmp_path / "parts" / f"{number}.sources").write_text(SOURCES[name](url))
    places = (("sourcelist", "/dev/null"), ("sourceparts", tmp_path / "parts"))
    options = [f"-oDir::Etc::{key}={place}" for key, place in places]
    reported = subprocess.run(
        [
            "apt-get",
            "indextargets",
            "--no-release-info",
            *options,
            f"-oDir::State::lists={tmp_path}/lists",
            "--format",
            "$(REPO_URI)",
        ],
        env={**os.environ, "LC_ALL": "C"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert reported.stderr == ""
    found = set(reported.stdout.split())
    wanted = {url.rstrip("/") + "/" for url in urls}
    assert [url for url in wanted if not any(each.startswith(url) for each in found)] == []
    assert [each for each in found if not any(each.startswith(url) for url in wanted)] == []

# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the host's journal and the results have of secrets in the arguments of our modules: nothing."""

from __future__ import annotations

import importlib
import io
import json
import sys
from pathlib import Path
from typing import Any, NoReturn

import pytest
import yaml
from ansible.module_utils import basic
from ansible_collections.dockyard.gpu.tests.unit.plugins.modules.documented import documented

MODULES = Path(__file__).parents[4] / "plugins/modules"
# One without is nothing but the documentation of an action.
NAMES = sorted(path.stem for path in MODULES.glob("*.py") if "def main(" in path.read_text())
PLACE = "ansible_collections.dockyard.gpu.plugins.modules"
CANARY = "c4n/ary@1"
# Names, places and choices, in which no one writes a secret. What is new has to be thought about.
HARMLESS = {
    "build_context": {"architecture", "name", "path", "dockerfile", "target", "platforms", "archive"},
    "container_exchange": {"name", "new_id", "old_id", "socket"},
    "container_state": {"name", "id", "networks", "socket"},
    "container_suspend": {"containers", "record", "socket"},
    "docker_group": {"by", "add", "remove"},
    "engine_contents": {"path", "data_root", "socket"},
    "engine_data": {"path"},
    "folder": {"path", "mode", "variable"},
    "daemon_config": {"owner", "path", "state_path", "dockerd", "taken_over"},
    "host_info": {"users", "packages", "data_roots"},
    "image_info": {"names", "registry", "pushed", "archives", "socket"},
    "installed": {"by", "groups", "users", "holds", "shared_files", "data_roots", "roles"},
    "runtime_check": {"socket", "record"},
    "signed_repository": {"path", "vendor_keys"},
    # What it writes are plans and reports, which have no secrets; of its arguments, the journal gets none.
    "text_file": {"path", "content", "mode", "variable"},
    "workload_info": {"names", "images", "paths", "socket"},
}


class Ended(Exception):
    pass


def options_of(module: str) -> dict[str, Any]:
    text = documented(module)["DOCUMENTATION"]
    options = dict(text.get("options") or {})
    for name in text.get("extends_documentation_fragment", []):
        fragment = importlib.import_module(
            f"ansible_collections.dockyard.gpu.plugins.doc_fragments.{name.split('.')[-1]}"
        )
        options.update(yaml.safe_load(fragment.ModuleDocFragment.DOCUMENTATION)["options"])
    return options


def value(options: dict[str, Any], harmless: set[str]) -> dict[str, Any]:
    """Each option that may hold a secret has one, in a form that it may have there."""
    made: dict[str, Any] = {}
    for name, option in options.items():
        kind, url = option["type"], f"http://joe:{CANARY}@host.example/"
        if name in harmless:
            made[name] = ["/x"] if kind == "list" else "0600" if name == "mode" else "/x"
        elif "choices" in option:
            made[name] = [option["choices"][0]] if kind == "list" else option["choices"][0]
        elif option.get("suboptions"):
            inner = value(option["suboptions"], harmless)
            made[name] = [inner] if kind == "list" else inner
        elif kind == "dict":
            made[name] = {"splunk-token": CANARY, "log-opts": {"tag": url, "a": [f"TOKEN={CANARY}"]}}
        elif kind == "list":
            made[name] = [url, f"TOKEN={CANARY}", "--password", CANARY]
        elif kind in ("str", "path", "raw"):
            made[name] = url
    return made


def run(module: str, arguments: dict[str, Any], patch: pytest.MonkeyPatch) -> tuple[str, str]:
    """What the journal and the caller get, where the module ends before it does any work, or with an error."""
    journal: list[str] = []
    results: list[str] = []

    def ended(self: Any, **result: Any) -> NoReturn:
        answer = {"invocation": {"module_args": self.params}, **result}
        results.append(json.dumps(basic.remove_values(answer, self.no_log_values), default=str))
        raise Ended

    patch.setattr(basic.AnsibleModule, "log", lambda _self, text, log_args=None: journal.append(f"{text} {log_args}"))
    patch.setattr(basic.AnsibleModule, "exit_json", ended)
    patch.setattr(basic.AnsibleModule, "fail_json", lambda self, msg, **more: ended(self, msg=msg, **more))
    patch.setattr(basic, "_ANSIBLE_ARGS", None)
    arguments = {**arguments, "_ansible_check_mode": True, "_ansible_verbosity": 3, "_ansible_diff": True}
    text = json.dumps({"ANSIBLE_MODULE_ARGS": arguments}).encode()
    patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text)))
    patch.setattr(sys, "argv", [module])
    with pytest.raises(Ended):
        importlib.import_module(f"{PLACE}.{module}").main()
    return "\n".join(journal), "\n".join(results)


@pytest.mark.parametrize("wrong", ["nothing", "an option"])
@pytest.mark.parametrize("module", NAMES)
def test_no_module_lets_out_a_secret_of_its_arguments(module: str, wrong: str, monkeypatch: pytest.MonkeyPatch) -> None:
    arguments = value(options_of(module), HARMLESS.get(module, set()))
    if wrong == "an option":
        arguments["no_such_option"] = 1
    journal, result = run(module, arguments, monkeypatch)
    assert result
    assert module == "text_file" or (wrong == "nothing") == ("Invoked" in journal)
    pieces = [CANARY[start : start + 4] for start in range(len(CANARY) - 3)]
    assert [piece for piece in pieces if piece in journal + result] == []


def test_what_is_no_secret_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """With no_log alone, a true or a 5 in the option would be starred out wherever it stands."""
    config = {"live-restore": True, "max-concurrent-downloads": 5, "log-driver": "splunk"}
    config["log-opts"] = {"tag": "5", "splunk-token": CANARY}
    options = {"owner": "site", "config": config, "path": "/nowhere/daemon.json", "state_path": "/nowhere/state"}
    result = json.loads(run("daemon_config", options, monkeypatch)[1])
    config["log-opts"] = {"tag": "5", "splunk-token": "***"}
    assert result["invocation"]["module_args"]["config"] == result["config"] == config

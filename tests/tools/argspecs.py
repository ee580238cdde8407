"""Do a role's argument specs, its defaults and its README say the same? Does it use what was converted by them?"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml
from jinja2 import Environment, nodes
from steps import ROOT

# What YAML gives for a value that Ansible's argument specs call by the key. A template may become anything.
TYPES: dict[str, tuple[type, ...]] = {
    "str": (str,),
    "path": (str,),
    "int": (int,),
    "float": (int, float),
    "bool": (bool,),
    "list": (list,),
    "dict": (dict,),
    "raw": (object,),
}
ABSENT = object()
PLAYBOOKS = ROOT / "playbooks" / "meta" / "argument_specs.yml"
JINJA = Environment(autoescape=True, extensions=["jinja2.ext.do", "jinja2.ext.loopcontrols"])
# Whose values are expressions without braces.
CONDITIONS = ("when", "until", "failed_when", "changed_when", "that")


def load(path: Path) -> dict[str, Any]:
    return (yaml.safe_load(path.read_text()) or {}) if path.exists() else {}


def table_names(readme: Path) -> set[str]:
    """The names in backticks that begin the rows of the README's tables."""
    return set(re.findall(r"^\|\s*`(\w+)`", readme.read_text(), re.MULTILINE)) if readme.exists() else set()


def option_problems(name: str, option: dict[str, Any], default: Any) -> list[str]:
    problems = []
    declared = option.get("default", ABSENT)
    is_template = isinstance(default, str) and "{{" in default
    if not option.get("description"):
        problems.append("has no description")
    if option.get("required"):
        if default is not ABSENT:
            problems.append("is required and has a default: the default can never count")
        return problems
    if default is ABSENT:
        return [*problems, "has no default in defaults/main.yml"]
    # The documentation's schema wants a default of the option's type: the description names a template instead.
    if declared is ABSENT and default is not None and not is_template:
        problems.append(f"has the default {default!r}, which the argument specs do not name")
    elif declared is not ABSENT and declared != default:
        problems.append(f"has the default {default!r}, but {declared!r} in the argument specs")
    kind = option.get("type", "str")
    fits = isinstance(default, TYPES[kind]) and not (isinstance(default, bool) and kind in ("int", "float"))
    if default is not None and not is_template and not fits:
        problems.append(f"has the default {default!r}, which is no {kind}")
    choices = option.get("choices")
    given = default if isinstance(default, list) else [default]
    if choices and default is not None and not is_template and not set(given) <= set(choices):
        problems.append(f"has the default {default!r}, which is none of {choices}")
    return problems


def role_problems(role: Path) -> list[str]:
    specs = load(role / "meta" / "argument_specs.yml").get("argument_specs", {})
    if "main" not in specs:
        return ["meta/argument_specs.yml has no entry point main"]
    options = {name: option for spec in specs.values() for name, option in (spec.get("options") or {}).items()}
    defaults = load(role / "defaults" / "main.yml")
    rows = table_names(role / "README.md")
    problems = []
    for name, option in options.items():
        if not name.startswith(f"{role.name}_"):
            problems.append(f"{name} does not begin with {role.name}_")
        problems += [f"{name} {text}" for text in option_problems(name, option, defaults.get(name, ABSENT))]
        if name not in rows:
            problems.append(f"{name} begins no row of a table in README.md")
    problems += [f"{name} is in defaults/main.yml only" for name in defaults if name not in options]
    own = {name for name in rows if name.startswith(f"{role.name}_")}
    results = set(re.findall(rf"\b{role.name}_\w+", exported(role)))
    problems += [f"{name} is in README.md only" for name in sorted(own - set(options) - results)]
    return problems


def expressions(node: Any, bare: bool = False) -> Iterator[str]:
    """The templates and conditions of a YAML file."""
    if isinstance(node, dict):
        for key, value in node.items():
            yield from expressions(key)
            yield from expressions(value, key in CONDITIONS)
    elif isinstance(node, list):
        for each in node:
            yield from expressions(each, bare)
    elif isinstance(node, str):
        yield f"{{{{ {node} }}}}" if bare and "{{" not in node else node


def raw_uses(names: Iterable[str]) -> list[str]:
    """Where a variable is used as it is given: `-e name=false` is a text, and true; a list may be one too."""
    known, problems = set(names), []
    places = ("roles/*/vars/*.yml", "roles/*/tasks/**/*.yml", "roles/*/handlers/*.yml", "playbooks/**/*.yml")
    for path in sorted(path for place in places for path in ROOT.glob(place) if path.name != "argument_specs.yml"):
        problems += [raw(path, name) for name in sorted(used("\n".join(expressions(load(path)))) & known)]
    for path in sorted(ROOT.glob("roles/*/templates/**/*.j2")):
        problems += [raw(path, name) for name in sorted(used(path.read_text()) & known)]
    return problems


def used(text: str) -> set[str]:
    return {node.name for node in JINJA.parse(text).find_all(nodes.Name)}


def raw(path: Path, name: str) -> str:
    return (
        f"{path.relative_to(ROOT)}: {name} is used as it is given, and may be a text there; take it from "
        "lookup('dockyard.gpu.variables', ROLE), as the role's _ROLE_desired has it"
    )


def exported(role: Path) -> str:
    """The tasks' text: what a role hands back with set_fact or register is in the README, and no option."""
    return "\n".join(path.read_text() for path in role.glob("tasks/*.yml"))


def main() -> int:
    roles = sorted(path for path in ROOT.glob("roles/*") if path.is_dir())
    problems = [f"roles/{role.name}: {text}" for role in roles for text in role_problems(role)]
    specs = [load(path) for path in (*ROOT.glob("roles/*/meta/argument_specs.yml"), PLAYBOOKS)]
    problems += raw_uses(name for each in specs for spec in each["argument_specs"].values() for name in spec["options"])
    print("\n".join(problems) or f"{len(roles)} roles agree with their argument specs")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())

"""Do a role's argument specs, its defaults and the table in its README say the same? Run over every role."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import yaml
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
    # The documentation's schema wants a default of the option's type: a template is told in the description instead.
    if declared is ABSENT and default is not None and not is_template:
        problems.append(f"has the default {default!r}, which the argument specs do not name")
    elif declared is not ABSENT and declared != default:
        problems.append(f"has the default {default!r}, but {declared!r} in the argument specs")
    kind = option.get("type", "str")
    fits = isinstance(default, TYPES[kind]) and not (isinstance(default, bool) and kind in ("int", "float"))
    if default is not None and not is_template and not fits:
        problems.append(f"has the default {default!r}, which is no {kind}")
    choices = option.get("choices")
    if choices and default is not None and not is_template and default not in choices:
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
    problems += unconverted(role, options)
    own = {name for name in rows if name.startswith(f"{role.name}_")}
    results = set(re.findall(rf"\b{role.name}_\w+", exported(role)))
    problems += [f"{name} is in README.md only" for name in sorted(own - set(options) - results)]
    return problems


def unconverted(role: Path, options: dict[str, Any]) -> list[str]:
    """Uses of a bool as it comes: `-e name=false` is a text, and true."""
    names = [name for name, option in options.items() if option.get("type") == "bool"]
    problems = []
    for path in sorted([*role.glob("vars/*.yml"), *role.glob("tasks/**/*.yml")]):
        # Not in a comment, nor where a value is given to it.
        text = re.sub(r"(?m)^\s*#.*$", "", path.read_text())
        problems += [
            f"{name} is used without `| bool` in {path.relative_to(role)}"
            for name in names
            if re.search(rf"\b{name}\b(?! \| bool|:)", text)
        ]
    return problems


def exported(role: Path) -> str:
    """The tasks' text: what a role hands back with set_fact or register is in the README, and no option."""
    return "\n".join(path.read_text() for path in role.glob("tasks/*.yml"))


def main() -> int:
    roles = sorted(path for path in ROOT.glob("roles/*") if path.is_dir())
    problems = [f"roles/{role.name}: {text}" for role in roles for text in role_problems(role)]
    print("\n".join(problems) or f"{len(roles)} roles agree with their argument specs")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())

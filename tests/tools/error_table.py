"""The page of the documentation with every error that a plan can give, by the variable that it names."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "docsite" / "rst" / "errors.rst"
PLANS = ROOT / "plugins" / "plugin_utils"
ROLES = sorted((path.parent.name for path in (ROOT / "roles").glob("*/README.md")), key=len, reverse=True)
NAMED = re.compile(rf"^({'|'.join(ROLES)})(_[a-z_]+|_…)?: (?=.{{15}})")
HEAD = """\
.. _ansible_collections.dockyard.gpu.docsite.errors:

Errors by variable
==================

..
   Made by tests/tools/error_table.py from the code; a test holds the page to it.

What a plan finds wrong is an error before anything is changed: all of it at once, each with the variable, the value,
and what to do. The dots stand for values. ``ansible-playbook dockyard.gpu.plan -i inventory`` finds the same without
changing anything.

"""


def texts(tree: ast.AST) -> Iterator[str]:
    """Strings of the code, with dots for what is put in; of an f-string only the whole."""
    parts = {id(each) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for each in ast.walk(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            pieces = [str(each.value) if isinstance(each, ast.Constant) else "…" for each in node.values]
            yield "".join(pieces)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in parts:
            yield node.value


def errors() -> dict[str, list[str]]:
    """The errors' texts by role."""
    found: dict[str, set[str]] = {}
    for path in PLANS.rglob("*.py"):
        for text in texts(ast.parse(path.read_text())):
            words = re.sub(r"…( …)+", "…", " ".join(text.split()))
            named = NAMED.match(words)
            if named:
                found.setdefault(named[1], set()).add(words)
    return {role: sorted(found[role]) for role in sorted(found)}


def escaped(text: str) -> str:
    return re.sub(r"([\\`*|_])", r"\\\1", text)


def page() -> str:
    lines = [HEAD]
    for role, messages in errors().items():
        lines += [role, "-" * len(role), ""]
        before = ""
        for message in messages:
            variable, _colon, words = message.partition(": ")
            lines += [f"``{variable}``"] if variable != before else []
            lines += [f"    - {escaped(words)}", ""]
            before = variable
    return "\n".join(lines).rstrip() + "\n"


if __name__ == "__main__":
    PAGE.write_text(page())
    sys.stdout.write(f"{PAGE.name} is written\n")

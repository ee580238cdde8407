# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A stand-in of AWX's API: it keeps what the modules of awx.awx send, and rejects surveys that AWX would."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

Object = dict[str, Any]
Answer = tuple[int, Any]
API = "/api/v2/"
# What is in each AWX, and what its templates are called together.
FOUND = {"organizations": ["Default"], "credential_types": ["Machine"]}
UNIFIED = ("job_templates", "projects", "inventory_sources", "workflow_job_templates", "workflow_approval_templates")
# What the API says of an object that no one said anything of.
DEFAULTS: dict[str, Object] = {
    "inventories": {"kind": "", "host_filter": None},
    "projects": {"scm_revision": "", "summary_fields": {}},
}


class Awx:
    def __init__(self) -> None:
        self.kinds: dict[str, dict[int, Object]] = {}
        self.surveys: dict[str, Object] = {}
        self.linked: dict[str, list[int]] = {}
        self.address = ""
        for kind, names in FOUND.items():
            for name in names:
                self._create(kind, {"name": name})

    def named(self, kind: str) -> dict[str, Object]:
        return {each.get("name") or each["identifier"]: each for each in self.kinds.get(kind, {}).values()}

    def links(self, item: Object, relation: str) -> list[int]:
        return self.linked.get(f"{item['url']}{relation}/", [])

    def answer(self, method: str, path: str, query: dict[str, str], sent: Object) -> Answer:
        kind, number, rest = (*path.removeprefix(API).strip("/").split("/"), "", "")[:3]
        if not number:
            return self._list(kind, query) if method == "GET" else (201, self._create(kind, sent))
        item = self.kinds[kind][int(number)]
        if not rest:
            item.update(sent)
            return 200, item
        if rest == "survey_spec":
            return self._survey(method, path, sent)
        if rest == "create_approval_template":
            made = self._create("workflow_approval_templates", sent)
            item["unified_job_template"] = made["id"]
            item["related"]["unified_job_template"] = made["url"]
            return 201, made
        if method == "POST":
            self.linked.setdefault(path, []).append(sent["id"])
            return 204, None
        return 200, _page([{"id": each} for each in self.linked.get(path, [])])

    def _create(self, kind: str, sent: Object) -> Object:
        # The types of templates share their numbers.
        number = 1 + sum(len(items) for items in self.kinds.values())
        url = f"{API}{kind}/{number}/"
        related = {"survey_spec": f"{url}survey_spec/"}
        own = {"id": number, "url": url, "type": kind.removesuffix("s"), "related": related}
        made = {**DEFAULTS.get(kind, {}), **sent, **own}
        self.kinds.setdefault(kind, {})[number] = made
        return made

    def _list(self, kind: str, query: dict[str, str]) -> Answer:
        kinds = UNIFIED if kind == "unified_job_templates" else (kind,)
        items = [each for name in kinds for each in self.kinds.get(name, {}).values()]
        # A template has the organization of its project.
        found = [each for each in items if all(str(each.get(name, value)) == value for name, value in query.items())]
        return 200, _page(found)

    def _survey(self, method: str, path: str, sent: Object) -> Answer:
        if method == "GET":
            return 200, self.surveys.get(path, {})
        for each in sent["spec"]:
            error = _error(each)
            if error:
                return 400, {"error": f"{each.get('variable')}: {error}"}
        self.surveys[path] = sent
        return 200, {}


def _page(items: list[Object]) -> Object:
    return {"count": len(items), "next": None, "results": items}


def _error(question: Object) -> str:
    """Why AWX would not take it."""
    missing = {"type", "question_name", "question_description", "variable", "required"} - set(question)
    if missing:
        return f"without {', '.join(sorted(missing))}"
    default = question.get("default", "")
    if question["type"] in ("multiplechoice", "multiselect"):
        chosen = default.split("\n")
        several = question["type"] == "multiselect" or len(chosen) == 1
        return "" if several and set(chosen) <= set(question["choices"]) else "its default is none of its choices"
    if question["type"] == "integer":
        return "" if isinstance(default, int) else "its default is no number"
    return "" if isinstance(default, str) else "its default is no text"


@contextmanager
def running() -> Iterator[Awx]:
    awx = Awx()

    class Handler(BaseHTTPRequestHandler):
        def _do(self) -> None:
            asked = urlsplit(self.path)
            length = int(self.headers.get("Content-Length") or 0)
            sent = json.loads(self.rfile.read(length) or "{}")
            status, body = awx.answer(self.command, asked.path, dict(parse_qsl(asked.query)), sent)
            text = b"" if body is None else json.dumps(body).encode()
            self.send_response(status)
            self.send_header("X-API-Product-Name", "AWX")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_POST = do_PATCH = _do

        def log_message(self, *_words: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    awx.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield awx
    finally:
        server.shutdown()
        thread.join()
        server.server_close()

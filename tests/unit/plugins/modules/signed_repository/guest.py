# Copyright (c) 2026, dockyard.gpu contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs in a container, with its own apt: the module against a server that gives what a case says, and apt afterwards.

Cases come as JSON on standard input: {file, served, site}. ``file`` is in the key's place beforehand, ``served`` at the
key's address, ``site`` the repository that the module is to make known. ``sites`` are their files.
"""

from __future__ import annotations

import base64
import http.server
import json
import pathlib
import shutil
import subprocess
import sys
import threading

SOURCE = pathlib.Path("/etc/apt/sources.list.d/vendor.sources")
LISTS = pathlib.Path("/var/lib/apt/lists")
MODULE = "ansible_collections.dockyard.gpu.plugins.modules.signed_repository"
answers: dict[str, bytes] = {}


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        data = answers.get(self.path)
        self.send_response(404 if data is None else 200)
        self.send_header("Content-Length", str(len(data or b"")))
        self.end_headers()
        self.wfile.write(data or b"")

    def log_message(self, format: str, *args: object) -> None:
        """No one asks."""


def content(site: str, key: pathlib.Path) -> str:
    return f"Types: deb\nURIs: {url}/{site}/\nSuites: /\nSigned-By: {key}\n"


def reads(site: str, key: pathlib.Path) -> bool:
    """Whether this apt has the packages of a repository by that key, whatever else it knows."""
    if not key.exists():
        return False
    folder = pathlib.Path("/tmp/reads")
    shutil.rmtree(folder, ignore_errors=True)
    for name in ("lists/partial", "cache/archives/partial"):
        (folder / name).mkdir(parents=True)
    (folder / "only.sources").write_text(content(site, key))
    options = {"Etc::SourceList": "only.sources", "State::Lists": "lists", "Cache": "cache"}
    command = ["apt-get", "update", "-q", "-o", "APT::Update::Error-Mode=any", "-o", "Dir::Etc::SourceParts=-"]
    for name, value in options.items():
        command += ["-o", f"Dir::{name}={folder}/{value}"]
    return subprocess.run(command, capture_output=True).returncode == 0 and any(folder.glob("lists/*_Packages"))


def run(case: dict[str, str], pin: str) -> dict[str, object]:
    shutil.rmtree(LISTS, ignore_errors=True)
    SOURCE.unlink(missing_ok=True)
    key = pathlib.Path(f"/etc/apt/keyrings/vendor.{case['suffix']}")
    key.parent.mkdir(exist_ok=True)
    key.unlink(missing_ok=True)
    before = False
    if case["file"]:
        # As it was written once, with all that apt then read.
        key.write_bytes(base64.b64decode(case["file"]))
        SOURCE.write_text(content(case["site"], key))
        subprocess.run(["apt-get", "update", "-q"], capture_output=True)
        before = case["site"] == "good" and reads("evil", key)
    answers["/key"] = base64.b64decode(case["served"])
    wanted = {"path": str(key), "url": f"{url}/key", "fingerprint": pin}
    options = {"path": str(SOURCE), "content": content(case["site"], key), "key": wanted}
    arguments = json.dumps({"ANSIBLE_MODULE_ARGS": options}).encode()
    done = subprocess.run([sys.executable, "-m", MODULE], input=arguments, capture_output=True)
    assert done.stdout, done.stderr.decode()
    result = json.loads(done.stdout)
    return {
        "failed": result.get("failed", False),
        "msg": result.get("msg", ""),
        "changed": result.get("changed", False),
        "key": base64.b64encode(key.read_bytes()).decode() if key.exists() else None,
        "before": before,
        "evil": reads("evil", key),
        "good": reads("good", key),
        # Of the repository, in the lists that apt installs by.
        "lists": sorted(path.name for path in LISTS.glob("127.0.0.1*_Packages")),
    }


# Debian's own repositories are not what is asked here, and their indexes are large.
for path in SOURCE.parent.iterdir():
    path.unlink()
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
url = f"http://127.0.0.1:{server.server_address[1]}"
given = json.load(sys.stdin)
answers.update({path: base64.b64decode(data) for path, data in given["sites"].items()})
json.dump({name: run(case, given["pin"]) for name, case in given["cases"].items()}, sys.stdout)

"""How long does weigh take to fetch and verify a large file, against curl and an fsync? Ratio of the best.

Both read from the same server on this machine and write to the same disk.

Usage: python benchmarks/fetch.py [MEGABYTES]
"""

import hashlib
import multiprocessing
import os
import shutil
import subprocess
import sys
import tempfile
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from weigh.core.events import Silent
from weigh.core.ref import parse_ref
from weigh.sources.source import Locked
from weigh.sources.table import open_sources
from weigh.store.blobs import Blobs

GOAL = 1.15
ROUNDS = 5
COMMIT = "c" * 40


class Handler(BaseHTTPRequestHandler):
    """One file, as a hub gives it."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        """Quiet."""

    def do_GET(self):
        """The whole file."""
        size = self.server.source.stat().st_size
        self.send_response(200)
        self.send_header("Content-Length", str(size))
        self.send_header("X-Repo-Commit", COMMIT)
        self.send_header("ETag", f'"{self.server.digest}"')
        self.end_headers()
        with self.server.source.open("rb") as file:
            offset = 0
            while offset < size:
                offset += os.sendfile(self.connection.fileno(), file.fileno(), offset, 1 << 24)


def curl(address, target):
    """As a script would: download, then make it durable."""
    subprocess.run(["curl", "-s", "-f", "-o", str(target), address], check=True)
    with target.open("rb") as file:
        os.fsync(file.fileno())


def weigh(store, address, line, environ):
    """A locked file of a hub into an empty store."""
    blobs = Blobs(store)
    with open_sources(environ, sink=blobs, events=Silent()) as sources:
        ref = parse_ref(f"hf:acme/big/{COMMIT}#model.safetensors")
        sources(ref.kind).fetch(ref, blobs, locked=line)
    assert blobs.has(line.sha256), address


def main():
    megabytes = int(sys.argv[1]) if len(sys.argv) > 1 else 1024
    with tempfile.TemporaryDirectory(dir=".") as name:
        folder = Path(name).resolve()
        source = folder / "source"
        source.write_bytes(os.urandom(1 << 20) * megabytes)
        with source.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.source, server.digest = source, digest
        # A process of its own: in this one it would hold weigh up, and not curl.
        serving = multiprocessing.get_context("fork").Process(target=server.serve_forever, daemon=True)
        serving.start()
        root = f"http://127.0.0.1:{server.server_port}"
        environ = {**os.environ, "HF_ENDPOINT": root, "no_proxy": "127.0.0.1"}
        address = f"{root}/acme/big/resolve/{COMMIT}/model.safetensors"
        line = Locked("", "", source.stat().st_size, digest)
        best = {}
        for _ in range(ROUNDS):
            for word in ("curl", "weigh"):
                began = time.perf_counter()
                if word == "curl":
                    curl(address, folder / "curl")
                else:
                    weigh(folder / "store", address, line, environ)
                best[word] = min(best.get(word, 9e9), time.perf_counter() - began)
                (folder / "curl").unlink(missing_ok=True)
                shutil.rmtree(folder / "store", ignore_errors=True)
        serving.terminate()
    for word, seconds in best.items():
        print(f"{word:8} {seconds:8.3f} s  {megabytes * 1.048576 / seconds:10.0f} MB/s")
    ratio = best["weigh"] / best["curl"]
    print(f"fetch and verify {ratio:.2f} × curl and fsync (goal {GOAL}), {megabytes} MiB")
    return ratio > GOAL


if __name__ == "__main__":
    sys.exit(main())

"""Other scanners, each in an environment of its own, asked about the same files as `weigh scan`.

Every one is used as its authors mean it to be used, with its default settings. What they say is put into four
words: flag, suspicious (or a part not looked at), clean, error.
"""

import json
import os
import resource
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

PEERS = {
    "picklescan": ("picklescan==1.0.5", "py7zr"),
    "modelscan": ("modelscan==0.8.8", "numpy", "h5py"),
    "fickling": ("fickling==0.1.12", "typing_extensions"),
    "modelaudit": ("modelaudit==0.2.54",),
    "hayward": ("hayward==1.4.1",),
}

_READ_FILES = """
import json, sys
files = json.load(sys.stdin)
class Said(dict):
    def __setitem__(self, file, word):
        print(json.dumps(file), word, sep="\\t", flush=True)
said = Said()
"""
_DRIVERS = {
    "picklescan": """
from picklescan.scanner import SafetyLevel, scan_file_path
for f in files:
    try:
        r = scan_file_path(f)
    except Exception:
        said[f] = "error"
        continue
    doubtful = any(g.safety != SafetyLevel.Innocuous for g in r.globals)
    said[f] = ("flag" if r.infected_files else "error" if r.scan_err or not r.scanned_files
               else "suspicious" if doubtful else "clean")
""",
    "modelscan": """
import copy
from modelscan.modelscan import ModelScan
from modelscan.settings import DEFAULT_SETTINGS
for f in files:
    try:
        r = ModelScan(settings=copy.deepcopy(DEFAULT_SETTINGS)).scan(f)
    except Exception:
        said[f] = "error"
        continue
    s = r["summary"]
    said[f] = ("flag" if s["total_issues"] else "error" if r["errors"] or not s["scanned"]["total_scanned"]
               else "clean")
""",
    "fickling": """
import zipfile
from fickling.analysis import Severity
from fickling.loader import scan_file, scan_zip_archive
for f in files:
    try:
        rs = list(scan_zip_archive(f, graceful=True).values()) if zipfile.is_zipfile(f) else [
            scan_file(f, graceful=True)]
    except Exception:
        said[f] = "error"
        continue
    worst = max((r.severity for r in rs), default=None)
    said[f] = ("error" if worst is None or (any(r.errors for r in rs) and worst <= Severity.SUSPICIOUS)
               else "clean" if worst <= Severity.LIKELY_SAFE
               else "flag" if worst >= Severity.LIKELY_UNSAFE else "suspicious")
""",
}


@dataclass
class Spent:
    """What asking cost.

    Attributes:
        cpu: processor seconds of all processes.
        rss: peak resident bytes of the largest one.
    """

    cpu: float
    rss: int


def environment(name: str, folder: Path) -> Path:
    """The Python of a peer's own environment, made on first use."""
    place = folder / name
    python = place / "bin" / "python"
    if not (place / "ready").exists():
        subprocess.run([sys.executable, "-m", "venv", place], check=True)
        subprocess.run([python, "-m", "pip", "install", "-q", *PEERS[name]], check=True)
        (place / "ready").touch()
    return python


def run(command: list[str | Path], *, given: str = "") -> tuple[str, int, Spent]:
    """Run a program; its output, its exit code, and what it took."""
    quiet = os.environ | {"PROMPTFOO_DISABLE_TELEMETRY": "1", "NO_ANALYTICS": "1", "DO_NOT_TRACK": "1"}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    # A process of its own for the reading of its peak memory: that of all children is a maximum for ever.
    wrapped = ["/usr/bin/env", sys.executable, "-c", _MEASURE, *map(str, command)]
    done = subprocess.run(
        wrapped, input=given, capture_output=True, text=True, env=quiet, errors="replace", check=False
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    rss = int(done.stderr.rsplit("peak ", 1)[-1].split()[0]) if "peak " in done.stderr else 0
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return done.stdout, done.returncode, Spent(cpu, rss)


_MEASURE = """
import resource, subprocess, sys
code = subprocess.run(sys.argv[1:], check=False).returncode
print("peak", resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024, file=sys.stderr)
sys.exit(code)
"""


def ask(name: str, folder: Path, root: Path, files: list[Path]) -> tuple[dict[Path, str], Spent, float]:
    """What one scanner says of every file; also processor time, and wall seconds."""
    began = time.perf_counter()
    if name == "weigh":
        said, spent = _weigh(root, files)
    elif name == "hayward":
        said, spent = _hayward(environment(name, folder), root, files)
    elif name == "modelaudit":
        said, spent = _modelaudit(environment(name, folder), root, files)
    else:
        driver = _READ_FILES + _DRIVERS[name]
        out, _, spent = run(
            [environment(name, folder), "-c", driver], given=json.dumps([str(f) for f in files])
        )
        # Each answer is printed at once: a scanner that dies on a file loses that file and those after it.
        found = dict(line.split("\t") for line in out.splitlines() if line.count("\t") == 1)
        said = {f: found.get(json.dumps(str(f)), "error") for f in files}
    return said, spent, time.perf_counter() - began


def _weigh(root: Path, files: list[Path]) -> tuple[dict[Path, str], Spent]:
    program = Path(sys.executable).with_name("weigh")
    out, _, spent = run([program, "scan", root, "--json"])
    words = {"malicious": "flag", "review": "suspicious", "clean": "clean", "error": "error"}
    found = {root / file["path"]: words[file["word"]] for file in json.loads(out)["files"]}
    return {f: found.get(f, "error") for f in files}, spent


def _hayward(python: Path, root: Path, files: list[Path]) -> tuple[dict[Path, str], Spent]:
    out, _, spent = run([python.with_name("hayward"), "scan", root, "--format", "json"])
    found = json.loads(out)
    said = dict.fromkeys(files, "clean")
    for gap in found.get("coverage_gaps", []):
        place = Path(gap["file"] if isinstance(gap, dict) else str(gap).split(":")[0])
        if place in said:
            said[place] = "suspicious"
    for finding in found["findings"]:
        if finding["severity"] in {"critical", "high"}:
            said[Path(finding["file"])] = "flag"
        elif finding["severity"] in {"medium", "low"} and said.get(Path(finding["file"])) == "clean":
            said[Path(finding["file"])] = "suspicious"
    return {f: said[f] for f in files}, spent


def _modelaudit(python: Path, root: Path, files: list[Path]) -> tuple[dict[Path, str], Spent]:
    program = python.with_name("modelaudit")
    out, _, spent = run([program, "scan", root, "--format", "json", "--no-cache"])
    found = json.loads(out[out.index("{") :])
    seen = {Path(asset["path"]) for asset in found["assets"]}
    said = {f: "clean" if f in seen else "error" for f in files}
    for issue in found["issues"]:
        place = _longest(issue.get("location") or "", said)
        if place is not None and issue["severity"] in {"critical", "warning"}:
            said[place] = "flag"
    for name, facts in found.get("file_metadata", {}).items():
        if said.get(Path(name)) == "clean" and facts.get("scan_outcome", "complete") == "inconclusive":
            said[Path(name)] = "suspicious"
    return said, spent


def _longest(location: str, files: dict[Path, str]) -> Path | None:
    text = location
    while text:
        if Path(text) in files:
            return Path(text)
        cut = max(text.rfind(mark) for mark in (":", " (", "!", "#"))
        text = text[:cut] if cut > 0 else ""
    return None

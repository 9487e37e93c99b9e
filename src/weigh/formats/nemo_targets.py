"""Dotted names in a configuration that a loader would import and call: Hydra's `_target_` and its relatives.

Source: hydra/_internal/instantiate/_instantiate2.py (`_target_`), nemo/core/classes/common.py
(`Serialization.from_config_dict`), and for `target` and `class_path` the loaders of latent-diffusion and
jsonargparse.
"""

import re
from collections.abc import Iterator

from weigh.formats.anomalies import AnomalyList, quoted
from weigh.formats.import_names import Standing, standing

RUNS = "WGH-NM002"
UNKNOWN_TARGET = "WGH-NM004"
FOREIGN_TARGET = "WGH-NM005"
ARTIFACT = "WGH-NM007"

MAX_TARGETS = 100_000
MAX_RUNNING = 1_000
"""Names that run something that are kept of one file."""

_KEY = re.compile(
    r"""(?<![\w.])["']?(?P<key>_target_|target|class_path|_call_|_factory_)["']?\s*:[ \t]*
    (?:[&!][^\s,\[\]{}]*\s+){0,8}+(?:[|>][-+0-9]*[ \t]*(?:\#.*)?\r?\n\s*|\r?\n\s+(?![\w"']+\s*:))?
    (?P<quote>["']?)(?P<value>[^\s"',\[\]{}#][^\n"',\[\]{}#]*)""",
    re.VERBOSE,
)
_COMPLEX_KEY = re.compile(r"""\?\s+["']?_target_["']?\s*\r?\n\s*:\s*["']?(?P<value>[\w.:]+)""")
_SCALAR = re.compile(
    r"""(?:^|[\s\[{,"':])(?P<value>(?:os|posix|nt|subprocess|builtins|__builtin__|importlib|pty|runpy|shutil|socket|ctypes
    |pickle|_pickle|marshal|code|webbrowser|sys|platform|posixpath|commands|pip|operator|timeit|cProfile|pdb|bdb
    |multiprocessing|asyncio|_posixsubprocess|tempfile|urllib|http|ftplib|smtplib|torch\.hub|torch\.load
    |numpy\.f2py|numpy\.testing)\.[A-Za-z_][\w.]*)\s*(?:["',\]}#]|$)""",
    re.VERBOSE | re.MULTILINE,
)
_HEX = re.compile(r"\\(?:x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8}))")
_KNOWN = re.compile(
    r"(?:nemo|nemo_\w+|torch|torchvision|torchaudio|torchmetrics|pytorch_lightning|lightning|lightning_fabric"
    r"|omegaconf|hydra|transformers|megatron|apex|numpy|scipy|sklearn|diffusers|timm|datasets|peft|monai|math"
    r"|collections|functools|einops|tokenizers|sentencepiece|librosa|pandas|wandb|torchdata|torch_geometric"
    r"|transformer_engine|accelerate|xformers|kaldiio|lhotse|webdataset|albumentations|ignite|keras|tensorflow)\."
)
_CORE = re.compile(
    r"(?:os|posix|nt|subprocess|builtins|__builtin__|importlib|pty|runpy|shutil|socket|ctypes|pickle|marshal|sys"
    r"|commands|webbrowser|pip|_posixsubprocess)\.\w"
)
_ANCHORED = re.compile(r"""&([^\s,\[\]{}]{1,200})\s+["']?([\w.:]+)""")
_ARTIFACT = re.compile(r"""nemo:(?P<path>[^\s"',\[\]{}#]+)""")


def judge_targets(text: str, found: AnomalyList, *, nemo: bool) -> list[str]:
    """Judge every name that a loader would import; the names that run something.

    Args:
        text: of the configuration.
        found: takes what is wrong.
        nemo: it is the configuration of a NeMo model, whose loader follows `_target_` by itself.
    """
    plain = _HEX.sub(_decoded, text) if "\\" in text else text
    running: list[str] = []
    hydra = "_target_" in plain
    anchors = dict(_ANCHORED.findall(plain))
    for key, value in _targets(plain):
        _judge(key, value, anchors, found, running, nemo=nemo)
    if hydra:
        for match in _SCALAR.finditer(plain):
            name = match["value"]
            if standing(name) is Standing.RUNS and name not in running and len(running) < MAX_RUNNING:
                running.append(name)
                found.add(RUNS, f"beside a target it names {quoted(name)}", offset=-1)
    if nemo:
        for match in _ARTIFACT.finditer(plain):
            path = match["path"]
            if ".." in path or path.startswith(("/", "\\", "~")):
                found.add(ARTIFACT, f"the artifact {quoted(path)} leaves the archive")
    return running


def _targets(text: str) -> Iterator[tuple[str, str]]:
    count = 0
    for pattern in (_KEY, _COMPLEX_KEY):
        for match in pattern.finditer(text):
            count += 1
            if count > MAX_TARGETS:
                return
            key = match["key"] if pattern is _KEY else "_target_"
            yield key, match["value"].strip()


def _judge(
    key: str, value: str, anchors: dict[str, str], found: AnomalyList, running: list[str], *, nemo: bool
) -> None:
    if value.startswith("*"):
        value = anchors.get(value[1:].strip(), value)
    if key not in {"_target_", "_call_", "_factory_"}:
        # `target` and `class_path` are ordinary words elsewhere: only what is beyond doubt counts
        if _CORE.match(value) and standing(value) is Standing.RUNS:
            running += [value][: max(0, MAX_RUNNING - len(running))]
            found.add(RUNS, f"{quoted(key)} is {quoted(value)}")
        return
    judged = standing(value)
    if judged is Standing.RUNS:
        running += [value][: max(0, MAX_RUNNING - len(running))]
        found.add(RUNS, f"{quoted(key)} is {quoted(value)}")
    elif "${" in value:
        found.add(UNKNOWN_TARGET, f"{quoted(key)} is put together when it is loaded: {quoted(value)}")
    elif judged is Standing.OTHER and not _KNOWN.match(value + "."):
        found.add(UNKNOWN_TARGET if nemo else FOREIGN_TARGET, f"{quoted(key)} is {quoted(value)}")


def _decoded(match: re.Match[str]) -> str:
    number = int(next(group for group in match.groups() if group), 16)
    return chr(number) if number < 0x110000 and not 0xD800 <= number < 0xE000 else "\ufffd"

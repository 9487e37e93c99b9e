"""Where the papers of a model contradict each other, or its files."""

import re

from weigh.checks.provenance.statements import Papers, as_texts
from weigh.core.finding import Confidence, Finding, Severity

SHOWN = 5
"""Names a message lists."""

TOLERANCE = 1.5
"""Factor by which names and cards round: a model called 7B may have 8.5 thousand million parameters."""

PACKED = frozenset({"U8", "U16", "U32", "I32", "I64", "U4", "I4"})
"""Types in which one stored number may hold several parameters."""

_SIZE = re.compile(
    r"(?<![\w.])(\d{1,4}(?:[.,]\d{1,3})?)\s?(k|m|mio|b|bn|million|billion|thousand)\b"
    r"[ -](?:trainable |total |model )?param",
    re.IGNORECASE,
)
_SCALE = {"k": 1e3, "thousand": 1e3, "m": 1e6, "mio": 1e6, "million": 1e6}

FILES_OF_LIBRARY = {
    "peft": ("adapter_config.json",),
    "sentence-transformers": ("modules.json",),
    "transformers": ("config.json",),
    "diffusers": ("model_index.json", "config.json"),
    "adapter-transformers": ("adapter_config.json",),
    "spacy": ("meta.json", "config.cfg"),
    "onnx": (".onnx",),
    "keras": (".keras", ".h5", ".hdf5", "saved_model.pb"),
    "tf-keras": (".keras", ".h5", ".hdf5", "saved_model.pb"),
    "gguf": (".gguf",),
    "llama.cpp": (".gguf",),
    "sklearn": (".skops", ".pkl", ".joblib"),
    "fasttext": (".bin", ".ftz"),
    "setfit": ("modules.json",),
    "flair": (".bin", ".pt"),
}
"""Library of a card → files of which it needs at least one (names, or endings with a dot)."""

_GENERATES = frozenset(
    {
        "any-to-any", "audio-text-to-text", "automatic-speech-recognition", "conversational",
        "document-question-answering", "image-text-to-text", "image-to-text", "question-answering",
        "summarization", "text-generation", "text2text-generation", "translation",
    }
)  # fmt: skip
_REPRESENTS = frozenset(
    {
        "feature-extraction", "fill-mask", "image-feature-extraction", "sentence-similarity", "text-ranking",
        "visual-document-retrieval",
    }
)  # fmt: skip
_CLASSIFIES = frozenset(
    {"sentence-similarity", "text-classification", "text-ranking", "zero-shot-classification"}
)
TASKS_OF_ARCHITECTURE = {
    "text-generation": _GENERATES,
    "text2text-generation": _GENERATES,
    "feature-extraction": _REPRESENTS
    | {"zero-shot-image-classification", "image-classification", "time-series-forecasting"},
    "fill-mask": _REPRESENTS | {"text-classification"},
    "text-classification": _CLASSIFIES,
    "token-classification": frozenset({"token-classification"}),
    "question-answering": frozenset({"question-answering"}),
    "image-classification": frozenset({"image-classification", "image-feature-extraction"}),
    "audio-classification": frozenset({"audio-classification", "voice-activity-detection"}),
}
"""Task that the architecture gives → tasks that a card may well call it."""


def contradictions(papers: Papers) -> tuple[int, tuple[Finding, ...]]:
    """How many kinds had both sides to compare, and every contradiction found; none proves nothing."""
    rules = (_adapter_base, _model_between, _relation, _size, _library, _task, _bare_results, _seen_results)
    found = [one for one in (rule(papers) for rule in rules) if one is not None]
    return len(found), tuple(finding for one in found for finding in one)


def _tail(name: str) -> str:
    """The name without its owner and revision, as names are compared."""
    return name.partition("@")[0].rstrip("/").rpartition("/")[2].casefold()


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - SHOWN:,} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more


def _adapter_base(papers: Papers) -> list[Finding] | None:
    card, built = _card_bases(papers), papers.stated("base_model")
    if not card or built is None or built.where != "adapter_config.json":
        return None
    files = as_texts(built.value)
    if {_tail(n) for n in card} & {_tail(n) for n in files}:
        return []
    return [
        Finding(
            rule="WGH-V003",
            severity=Severity.HIGH,
            confidence=Confidence.HIGH,
            where="adapter_config.json",
            message=f"the card says base model {_listed(card)}, the adapter says {_listed(files)}",
            why="an adapter on another base gives other answers, and other terms may hold",
            action="ask the publisher which base it was trained on",
        )
    ]


def _model_between(papers: Papers) -> list[Finding] | None:
    card, named = _card_bases(papers), papers.stated("config.name_or_path")
    name = papers.text("config.name_or_path")
    if not card or named is None or not re.fullmatch(r"[\w.-]+/[\w.-]+", name):
        return None
    if _tail(name) in {_tail(n) for n in card} | {_tail(papers.title)}:
        return []
    return [
        Finding(
            rule="WGH-V004",
            severity=Severity.LOW,
            confidence=Confidence.LOW,
            where=named.where,
            message=f"the configuration was written for {name}, the card says base model {_listed(card)}",
            why="there may be another model between base and this one, with terms and data of its own",
            action="ask the publisher for every step from the base to this model",
        )
    ]


def _card_bases(papers: Papers) -> list[str]:
    said = papers.stated("card.base_model")
    return as_texts(said.value) if said is not None else []


def _relation(papers: Papers) -> list[Finding] | None:
    fact = papers.stated("card.base_model_relation")
    relation = papers.text("card.base_model_relation").casefold()
    if not relation:
        return None
    is_adapter = papers.has_file("adapter_config.json")
    dtype = papers.stated("weights.dtype")
    message = ""
    if papers.stated("card.base_model") is None:
        message = f"it says to be a {relation} of a base model, and names none"
    elif relation == "adapter" and not is_adapter:
        message = "it says to be an adapter, and no adapter_config.json is there"
    elif relation in {"finetune", "quantized", "merge"} and is_adapter:
        message = f"it says to be a {relation}, and its files are those of an adapter"
    elif relation == "quantized" and dtype is not None and dtype.value in {"F32", "F64"}:
        message = f"it says to be quantized, and most of its numbers are {dtype.value}"
    if not message:
        return []
    return [
        Finding(
            rule="WGH-V005",
            severity=Severity.MEDIUM,
            confidence=Confidence.MEDIUM,
            where=fact.where if fact is not None else "",
            message=message,
            why="how it came from its base decides which terms and which tests of the base still hold",
            action="ask the publisher how it was made",
        )
    ]


def stated_sizes(text: str) -> list[float]:
    """Parameter counts that a text states in words such as `7B parameters` or `22.7 million parameters`."""
    return [
        float(number.replace(",", ".")) * _SCALE.get(scale.casefold(), 1e9)
        for number, scale in _SIZE.findall(text)
    ]


def _size(papers: Papers) -> list[Finding] | None:
    counted, dtype = papers.stated("parameters"), papers.stated("weights.dtype")
    has = counted.value if counted is not None and isinstance(counted.value, int) else 0
    stated = [size for section in papers.sections for size in stated_sizes(section.text)]
    packed = dtype is not None and dtype.value in PACKED
    if not has or not stated or packed or papers.has_file("adapter_config.json"):
        return None
    if any(has / TOLERANCE <= size <= has * TOLERANCE for size in stated):
        return []
    said = ", ".join(f"{size:,.0f}" for size in dict.fromkeys(stated[:SHOWN]))
    return [
        Finding(
            rule="WGH-V006",
            severity=Severity.MEDIUM,
            confidence=Confidence.LOW,
            where=counted.where if counted is not None else "",
            message=f"the card speaks of {said} parameters, the files hold {has:,}",
            why="the files may be another model, or a part of it",
            action="compare the files with those of the publisher",
        )
    ]


def _library(papers: Papers) -> list[Finding] | None:
    fact = papers.stated("card.library_name")
    library = papers.text("card.library_name").casefold()
    wanted = FILES_OF_LIBRARY.get(library, ())
    if not wanted:
        return None
    if any(papers.has_file(name) for name in wanted):
        return []
    return [
        Finding(
            rule="WGH-V007",
            severity=Severity.MEDIUM,
            confidence=Confidence.MEDIUM,
            where=fact.where if fact is not None else "",
            message=f"the card says library {library}, and there is none of {', '.join(wanted)}",
            why="the library that the card names cannot load these files",
            action="take the missing files too, or find out which library they are for",
        )
    ]


def _task(papers: Papers) -> list[Finding] | None:
    said, built = papers.stated("card.pipeline_tag"), papers.stated("task")
    if said is None or built is None:
        return None
    task = papers.text("card.pipeline_tag")
    allowed = TASKS_OF_ARCHITECTURE.get(papers.text("task"))
    if not task or allowed is None:
        return None
    if task in allowed:
        return []
    return [
        Finding(
            rule="WGH-V008",
            severity=Severity.MEDIUM,
            confidence=Confidence.MEDIUM,
            where=built.where,
            message=f"the card says task {task}, the architecture is one for {built.value}",
            why="used for a task it has no trained output for, a model answers at random",
            action="ask the publisher, and test it on labelled rows",
        )
    ]


def _bare_results(papers: Papers) -> list[Finding] | None:
    fact = papers.stated("card.results")
    if fact is None:
        return None
    bare = [r for r in fact.value if not r["dataset"] or not r["value"]]
    if not bare:
        return []
    return [
        Finding(
            rule="WGH-V009",
            severity=Severity.LOW,
            confidence=Confidence.HIGH,
            where=fact.where,
            message=f"{len(bare):,} of {len(fact.value):,} stated results lack their data set or their value",
            why="a score without its data cannot be repeated or compared",
            action="ask the publisher what it was measured on",
        )
    ]


def _seen_results(papers: Papers) -> list[Finding] | None:
    fact, trained = papers.stated("card.results"), papers.stated("card.datasets")
    if fact is None or trained is None:
        return None
    names = {_tail(name) for name in as_texts(trained.value)}
    same = [r for r in fact.value if r["dataset"] and _tail(r["dataset"]) in names]
    seen = [r for r in same if r["split"].casefold().startswith("train")]
    if not same:
        return []
    return [
        Finding(
            rule="WGH-V010",
            severity=Severity.HIGH if seen else Severity.LOW,
            confidence=Confidence.HIGH if seen else Confidence.LOW,
            where=fact.where,
            message=(
                f"{len(same):,} of {len(fact.value):,} stated results are on data sets it was trained on "
                f"({_listed(sorted({r['dataset'] for r in same}))})"
                + (f", {len(seen):,} of them on the training split" if seen else ", of another split or not")
            ),
            why="a score on rows that were trained on says nothing about new ones",
            action="count only results on other splits, and measure it on your own rows",
        )
    ]

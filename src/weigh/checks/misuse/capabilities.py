"""What a model can be used for beside what it was made for, by task and by what it takes and gives.

The table names what is foreseeable for everybody with such a model; it says nothing of anyone's intent.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from weigh.core.facts import Fact
from weigh.core.finding import Confidence
from weigh.core.ports import ModelViewPort
from weigh.formats.card_parts import card_of


class Ground(StrEnum):
    """On what a capability is inferred, the best first."""

    DECLARED = "declared"
    DERIVED = "derived"
    PORTS = "ports"


CONFIDENCE = {
    Ground.DECLARED: Confidence.HIGH,
    Ground.DERIVED: Confidence.MEDIUM,
    Ground.PORTS: Confidence.LOW,
}


@dataclass(frozen=True, slots=True)
class Capability:
    """One thing a model of some kind can do.

    Attributes:
        id: stable name.
        does: in plain words.
        misuses: what people could use it for to the harm of others.
        tasks: hub task names that imply it.
        kinds: model types (`model_type`, architecture, tags) that imply it; None for none.
        grave: the harm is to body, freedom or dignity of persons, or hard to undo.
    """

    id: str
    does: str
    misuses: tuple[str, ...]
    tasks: frozenset[str]
    kinds: re.Pattern[str] | None = None
    grave: bool = False


def _kinds(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![a-z]){pattern}", re.IGNORECASE)


CAPABILITIES = (
    Capability(
        "text-matching",
        "compares and finds texts by meaning",
        (
            "link accounts or documents to one person by what and how they write",
            "search the messages of many people for opinions, health or belief",
            "recover parts of a text from its stored vector",
        ),
        frozenset({"feature-extraction", "sentence-similarity", "text-ranking", "text-retrieval"}),
        _kinds("sentence-transformers"),
    ),
    Capability(
        "text-sorting",
        "sorts texts into classes",
        (
            "profile people by what they write",
            "remove or hold back what people write, without a person who looks",
        ),
        frozenset({"text-classification", "zero-shot-classification"}),
    ),
    Capability(
        "text-extraction",
        "finds names, places and facts in texts",
        ("collect personal data from many texts", "tell who is meant in a text made anonymous"),
        frozenset({"token-classification", "question-answering", "table-question-answering"}),
    ),
    Capability(
        "text-generation",
        "writes texts",
        (
            "write in somebody's name, phishing among it",
            "flood places with spam, reviews or disinformation",
            "give advice on matters of health, law or money that nobody checks",
        ),
        frozenset(
            {
                "text-generation", "text2text-generation", "conversational", "summarization",
                "image-text-to-text", "any-to-any", "audio-text-to-text", "video-text-to-text",
            }
        ),
    ),
    Capability(
        "code-generation",
        "writes programs",
        ("write or vary malicious programs", "put weak code into use unseen"),
        frozenset(),
        _kinds(r"(star_?coder|code_?llama|codegen|codet5|code-generation|deepseek-coder|qwen.{0,8}coder)"),
        grave=True,
    ),
    Capability(
        "speech-recognition",
        "turns speech into text",
        ("listen in on conversations of people who do not know",),
        frozenset({"automatic-speech-recognition", "audio-to-audio"}),
        _kinds("(whisper|wav2vec2|hubert)"),
    ),
    Capability(
        "voice-recognition",
        "tells voices or sounds apart",
        ("recognise or follow a person by voice", "judge the mood, sex or age of people who speak"),
        frozenset({"audio-classification", "voice-activity-detection", "speaker-diarization"}),
        _kinds("(ecapa|x-?vector|speaker)"),
        grave=True,
    ),
    Capability(
        "voice-synthesis",
        "speaks, in some models with a given voice",
        ("speak with the voice of a person who did not agree", "deceive by telephone"),
        frozenset({"text-to-speech", "text-to-audio", "voice-conversion"}),
        _kinds("(vits|bark|speecht5|tortoise|xtts)"),
        grave=True,
    ),
    Capability(
        "image-generation",
        "makes or changes pictures or films",
        (
            "show people in scenes that never happened, intimate ones among them",
            "forge documents or evidence",
        ),
        frozenset(
            {
                "text-to-image", "image-to-image", "text-to-video", "image-to-video", "video-to-video",
                "unconditional-image-generation", "text-to-3d", "image-to-3d", "inpainting",
            }
        ),
        _kinds("(stable-?diffusion|diffusers:)"),
        grave=True,
    ),
    Capability(
        "image-recognition",
        "recognises or finds things in pictures",
        ("watch places and follow people in them", "sort people by how they look"),
        frozenset(
            {
                "image-classification", "object-detection", "image-segmentation", "video-classification",
                "image-feature-extraction", "zero-shot-image-classification", "zero-shot-object-detection",
                "mask-generation", "keypoint-detection", "visual-question-answering", "depth-estimation",
            }
        ),
        _kinds("(clip|yolo)(?![a-z])"),
    ),
    Capability(
        "face-recognition",
        "finds or tells apart faces",
        ("identify people without their knowledge", "judge mood, sex, age or origin by a face"),
        frozenset({"face-recognition"}),
        _kinds("(face(net|_?detect|_?recog|-recognition|-detection)|arcface|insightface)"),
        grave=True,
    ),
    Capability(
        "document-reading",
        "reads text in pictures",
        ("collect personal data from scanned papers",),
        frozenset({"image-to-text", "document-question-answering", "optical-character-recognition"}),
        _kinds("(trocr|donut|layoutlm)"),
    ),
    Capability(
        "tabular-decision",
        "scores rows of a table",
        ("decide on credit, work, housing or benefits of people without a person who looks",),
        frozenset({"tabular-classification", "tabular-regression"}),
    ),
    Capability(
        "forecasting",
        "forecasts series of numbers",
        ("set prices or stakes at the cost of those who cannot see the forecast",),
        frozenset({"time-series-forecasting"}),
    ),
    Capability(
        "robot-control",
        "controls machines or agents",
        ("act on the world without a person who can stop it",),
        frozenset({"robotics", "reinforcement-learning"}),
        grave=True,
    ),
)  # fmt: skip

ABOUT_PERSONS = re.compile(
    r"(?<![a-z])(male|female|wom[ae]n|gender|sex|age|race|ethnic\w*|religio\w*|nationality|angry|anger|happy|"
    r"sad(ness)?|fear|disgust\w*|surprise|emotion\w*|criminal|terroris\w*|toxic|insult|hate\w*|offensive)"
    r"(?![a-z])",
    re.IGNORECASE,
)
"""Words in a model's labels that speak of persons: such answers are judgements on people."""

MOST_LABELS = 10_000


@dataclass(frozen=True, slots=True)
class Implied:
    """A capability that this model has, as far as can be told.

    Attributes:
        capability: which.
        ground: on what it is inferred.
        because: the statement it is inferred from (hostile text).
    """

    capability: Capability
    ground: Ground
    because: str


def implied(view: ModelViewPort) -> tuple[Implied, ...]:
    """Every capability that task, model type or ports imply, each once, on its best ground."""
    found: dict[str, Implied] = {}
    for ground, task, because in _tasks(view):
        for capability in CAPABILITIES:
            if task in capability.tasks:
                found.setdefault(capability.id, Implied(capability, ground, because))
    for said, because in _kinds_stated(view):
        for capability in CAPABILITIES:
            if capability.kinds is not None and capability.kinds.search(said):
                found.setdefault(capability.id, Implied(capability, Ground.DERIVED, because))
    return tuple(found.values())


def labels_about_persons(view: ModelViewPort) -> tuple[str, ...]:
    """The model's labels that speak of persons (hostile text), in order, each once."""
    fact = view.fact("labels")
    labels = fact.value if fact is not None and isinstance(fact.value, list) else []
    return tuple(
        dict.fromkeys(str(label)[:100] for label in labels[:MOST_LABELS] if _speaks_of_persons(str(label)))
    )


def _speaks_of_persons(label: str) -> bool:
    return ABOUT_PERSONS.search(label[:200].replace("_", " ")) is not None


def card_fact(view: ModelViewPort, name: str) -> Fact | None:
    """A fact of the card nearest to the top of the model."""
    card = card_of(view)
    return card.fact(name) if card is not None else None


def _tasks(view: ModelViewPort) -> Iterator[tuple[Ground, str, str]]:
    """(ground, task, what says so)."""
    for name, ground in (("task.declared", Ground.DECLARED), ("task", Ground.DERIVED)):
        fact = view.fact(name)
        if fact is not None and isinstance(fact.value, str):
            yield ground, fact.value, f"task {fact.value} in {fact.where}"
    for tag in _tags(view):
        yield Ground.DECLARED, tag, f"tag {tag}"
    yield from _ports(view)


def _tags(view: ModelViewPort) -> list[str]:
    fact = card_fact(view, "card.tags")
    value = fact.value if fact is not None else []
    return [str(tag)[:200] for tag in value[:1000]] if isinstance(value, list) else []


def _kinds_stated(view: ModelViewPort) -> Iterator[tuple[str, str]]:
    for name in ("model_type", "architecture", "config.name_or_path", "library"):
        fact = view.fact(name)
        if fact is not None and isinstance(fact.value, str):
            yield fact.value[:200], f"{name} {fact.value} in {fact.where}"
    for tag in _tags(view):
        yield tag, f"tag {tag}"


_PORT_WORDS = (
    (re.compile(r"pixel|image|img", re.IGNORECASE), "image-classification"),
    (re.compile(r"audio|wave|input_values|input_features|speech", re.IGNORECASE), "audio-classification"),
    (re.compile(r"input_ids|token|attention_mask|text", re.IGNORECASE), "feature-extraction"),
)


def _ports(view: ModelViewPort) -> Iterator[tuple[Ground, str, str]]:
    """What the names and shapes of a graph's inputs speak of: pictures, sound or text."""
    fact = view.fact("onnx.inputs")
    for port in fact.value if fact is not None else []:
        name, shape = str(port["name"])[:200], list(port["shape"])
        because = f"input {name} in {fact.where if fact is not None else ''}"
        task = next((task for pattern, task in _PORT_WORDS if pattern.search(name)), "")
        if not task and len(shape) == 4 and {1, 3, 4} & {shape[1], shape[3]}:
            task = "image-classification"
        if task:
            yield Ground.PORTS, task, because

"""What is asked of a model's papers, item by item, and where each item would stand.

The items follow the fields of Hugging Face model cards (hub-docs, modelcard.md), CycloneDX 1.7
`modelCard`, the SPDX 3.0.1 AI and Dataset profiles, the EU AI Act (Regulation 2024/1689) Annexes XI and
XII, and deon 0.3.0; each names its ids there.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from weigh.checks.provenance.statements import Papers


class Group(StrEnum):
    """What an item is about."""

    DATA = "data"
    PROCESS = "process"
    EVALUATION = "evaluation"
    USE = "use"
    ORIGIN = "origin"


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that somebody has to state.

    Attributes:
        id: stable name.
        group: what it is about.
        what: in plain words.
        ask: what to ask the publisher.
        ids: where standards ask for it.
        facts: facts that state it.
        heading: headings of card sections that state it.
        words: words in the card's prose that state it; None where a heading is needed.
        weighty: without it nobody can judge whether the model suits.
    """

    id: str
    group: Group
    what: str
    ask: str
    ids: tuple[str, ...]
    facts: tuple[str, ...] = ()
    heading: re.Pattern[str] | None = None
    words: re.Pattern[str] | None = None
    weighty: bool = False


@dataclass(frozen=True, slots=True)
class Stated:
    """Where an item is stated.

    Attributes:
        where: file, and the line of the section.
        how: `field`, `section` or `prose`; a field is meant to be read by programs, prose is not.
    """

    where: str
    how: str


def find(item: Item, papers: Papers) -> Stated | None:
    """Where the papers state an item; None when they do not. Whether it is true is not asked."""
    for name in item.facts:
        fact = papers.stated(name)
        if fact is not None and fact.value not in (None, "", [], {}):
            return Stated(fact.where or name, "field")
    path = papers.card.path if papers.card is not None else ""
    if item.heading is not None and (section := papers.headed(item.heading)) is not None:
        return Stated(f"{path} line {section.line}", "section")
    if item.words is not None and (section := papers.mentioned(item.words)) is not None:
        return Stated(f"{path}, section at line {section.line}", "prose")
    return None


def _like(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


ITEMS = (
    Item(
        "training-data",
        Group.DATA,
        "what it was trained on",
        "which data sets it was trained on, in which versions",
        (
            "HF datasets",
            "CycloneDX modelParameters.datasets",
            "SPDX trainedOn",
            "EU Annex XI 1(2)(c)",
        ),
        facts=("card.datasets", "datasets"),
        heading=_like(r"training (data|corpus|corpora|set)|^data(set)?s?$|pre-?training data"),
        weighty=True,
    ),
    Item(
        "data-collection",
        Group.DATA,
        "how the training data was collected, and with what consent",
        "how the data was obtained, and whether the people in it agreed or could opt out",
        ("SPDX dataCollectionProcess", "EU Annex XI 1(2)(c)", "deon A.1"),
        heading=_like(r"data collection|collection process|consent|curation"),
        words=_like(r"\bconsent(ed)?\b|\bopt(ed)?[- ]out\b|data[- ]subjects?\b"),
    ),
    Item(
        "personal-data",
        Group.DATA,
        "whether there is personal or sensitive data in the training data",
        "whether personal data was in it, and how it was removed",
        ("SPDX hasSensitivePersonalInformation", "CycloneDX componentData.sensitiveData", "deon A.3"),
        heading=_like(r"personal|sensitive|privacy"),
        words=_like(
            r"personal(ly)?[- ](identif\w+|data|information)|\bPII\b|anonymi[sz]|sensitive (data|info)"
        ),
    ),
    Item(
        "base-model",
        Group.PROCESS,
        "which model it was made from, or that it was trained from scratch",
        "which model and version it started from",
        ("HF base_model", "CycloneDX pedigree.ancestors", "SPDX descendantOf"),
        facts=("card.base_model", "base_model"),
        words=_like(
            r"from scratch|random(ly)? initiali[sz]|initiali[sz]ed (from|with)"
            r"|fine-?tun(ed|ing) (of|from|version)|based on the pre-?trained|we used? the pre-?trained"
            r"|distill?ed from|quanti[sz]ed version"
        ),
        weighty=True,
    ),
    Item(
        "training-process",
        Group.PROCESS,
        "how it was trained",
        "how it was trained: objective, steps, hyper-parameters",
        ("SPDX informationAboutTraining", "SPDX hyperparameter", "EU Annex XI 1(2)(b)"),
        heading=_like(r"training (procedure|process|details|hyper|regime|setup)|fine-?tuning|hyper-?param"),
    ),
    Item(
        "compute",
        Group.PROCESS,
        "what it was trained on: machines and time",
        "how much computing it took",
        ("EU Annex XI 1(2)(d)",),
        heading=_like(r"compute|hardware"),
        words=_like(r"\b(TPU|GPU)s?\b.{0,40}\b(hours?|days?|v\d)|\b(hours?|days?)\b.{0,40}\b(TPU|GPU)s?\b"),
    ),
    Item(
        "energy",
        Group.PROCESS,
        "the energy its training took",
        "how much energy it took, or what it emitted",
        (
            "HF co2_eq_emissions",
            "CycloneDX environmentalConsiderations",
            "SPDX energyConsumption",
            "EU Annex XI 1(2)(e)",
        ),
        facts=("card.co2_eq_emissions",),
        heading=_like(r"environment|carbon|emission|energy"),
    ),
    Item(
        "evaluation",
        Group.EVALUATION,
        "how well it did, and on which data",
        "on which data it was tested, with which result",
        ("HF model-index", "CycloneDX quantitativeAnalysis.performanceMetrics", "SPDX metric"),
        facts=("card.results",),
        heading=_like(r"evaluat|results|performance|benchmark|metrics"),
        weighty=True,
    ),
    Item(
        "intended-use",
        Group.USE,
        "what it was made for",
        "for which uses and users it was made",
        ("CycloneDX considerations.useCases", "SPDX informationAboutApplication", "EU Annex XI 1(1)(a)"),
        heading=_like(r"intended|direct use|^uses?$|use cases|model use"),
        weighty=True,
    ),
    Item(
        "out-of-scope-use",
        Group.USE,
        "what it must not be used for",
        "which uses it must not be put to",
        ("EU Annex XI 1(1)(b)", "EU Annex XII 1(b)", "deon E.4"),
        heading=_like(
            r"out[- ]of[- ]scope|misuse|malicious|prohibited|not (intended|suitable)|acceptable use"
        ),
    ),
    Item(
        "limitations",
        Group.USE,
        "where it is known to fail",
        "for whom and on what it is known to be wrong",
        ("CycloneDX considerations.technicalLimitations", "SPDX limitation", "deon D.5"),
        heading=_like(r"limitation|bias|risk|caveat|ethic"),
    ),
    Item(
        "task",
        Group.USE,
        "its task",
        "which task it does",
        ("HF pipeline_tag", "CycloneDX modelParameters.task", "EU Annex XI 1(1)(a)"),
        facts=("card.pipeline_tag", "task.declared", "task"),
    ),
    Item(
        "publisher",
        Group.ORIGIN,
        "who made it",
        "who made it and whom to ask",
        ("SPDX suppliedBy", "SPDX originatedBy"),
        heading=_like(r"author|contact|developed by|citation|citing|maintain|contribut|team"),
        words=_like(r"developed by|(created|released|trained|published) by|@(article|inproceedings|misc)\b"),
    ),
    Item(
        "version",
        Group.ORIGIN,
        "its version",
        "which version this is",
        ("SPDX packageVersion", "HF new_version"),
        facts=("package.version", "card.new_version"),
        heading=_like(r"version|change ?log|release"),
        words=_like(r"\bversions?[: ]+v?\d+(\.\d+)*\b"),
    ),
    Item(
        "release-date",
        Group.ORIGIN,
        "when it was released",
        "when it was released, and up to when its data goes",
        ("SPDX releaseTime", "EU Annex XI 1(1)(c)"),
        heading=_like(r"release date|model date|cut-?off|^dates?$"),
        words=_like(
            r"\b(released|trained|published|created|cut-?off)\b.{0,60}\b(19|20)\d\d\b|release date|model date"
        ),
    ),
    Item(
        "size",
        Group.ORIGIN,
        "its architecture and size",
        "which architecture it has, and how many parameters",
        ("CycloneDX modelParameters.modelArchitecture", "SPDX typeOfModel", "EU Annex XI 1(1)(d)"),
        facts=("architecture", "model_type"),
        heading=_like(r"architecture|model (details|description|summary)"),
    ),
    Item(
        "software",
        Group.ORIGIN,
        "which software it was made for",
        "which libraries, in which versions, load it",
        ("HF library_name", "EU Annex XII 1(e)"),
        facts=("card.library_name", "library", "onnx.producer", "onnx.opset"),
        heading=_like(r"software|framework|requirements|dependenc|librar"),
    ),
)
"""Licences are asked about by the check `licence`."""

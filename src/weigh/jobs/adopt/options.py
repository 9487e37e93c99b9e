"""What a person may ask of `adopt`, checked once."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from weigh.core.data import Roles
from weigh.core.errors import UsageError
from weigh.core.licence import check_uses
from weigh.jobs.names import is_text

TASKS = {"text-classification": "text", "tabular-classification": "features"}
"""Hugging Face task names this version can measure, and the role the task needs."""

NO_MODEL = "none"
"""The model a user names to ask what can be had without any."""

DEFAULT_OUT = "weigh-report"
"""Folder of the report when none is named."""

_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(s|m|h)")
_SECONDS = {"s": 1.0, "m": 60.0, "h": 3600.0}


@dataclass(frozen=True, slots=True)
class AdoptOptions:
    """The question, in full.

    Attributes:
        model: declared name, path or ref; `none` for no model.
        data: declared name, path or ref.
        roles: what the columns are for.
        metric: what is decided on.
        test: ref of separate test data, "" for none.
        min_gain: smallest useful gain, in the metric's unit (fraction).
        budget_seconds: time for the whole job.
        seed: seed of all randomness.
        policy: preset name or file.
        project: folder of models.toml, None to search from the working folder upwards.
        offline: touch no network.
        full_fetch: a whole fetch may replace a partial one.
        accept_review: open files that are not clean.
        accept_sandbox_gaps: run although a limit cannot be enforced.
        refresh: ask everything again.
        uses: what the model is to be used for.
        show_examples: masked text of rows may appear in the report.
        trained_on: paths or refs of data the model was trained on, to look for overlap.
        out: folder the report goes to.
        spoken: the command as the user typed it, for the commands offered next.
    """

    model: str
    data: str
    roles: Roles
    metric: str = "accuracy"
    test: str = ""
    min_gain: float = 0.01
    budget_seconds: float = 600.0
    seed: int = 0
    policy: str = "personal"
    project: Path | None = None
    offline: bool = False
    full_fetch: bool = False
    accept_review: bool = False
    accept_sandbox_gaps: bool = False
    refresh: bool = False
    uses: tuple[str, ...] = ()
    show_examples: bool = False
    trained_on: tuple[str, ...] = ()
    out: str = DEFAULT_OUT
    spoken: str = ""

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> "AdoptOptions":
        """Check the command line's options.

        Raises:
            UsageError: options that contradict each other or cannot be read.
        """
        _check_text(options)
        roles = _roles(options)
        _check_task(str(options["task"]), roles)
        return cls(
            model=str(options["model"]),
            data=str(options["data"]),
            roles=roles,
            metric=str(options["metric"]),
            test=str(options["test"]),
            min_gain=float(options["min_gain"]),
            budget_seconds=seconds(str(options["budget"])),
            seed=int(options["seed"]),
            policy=str(options["policy"]),
            project=Path(options["project"]) if options["project"] else None,
            offline=bool(options["offline"]),
            full_fetch=bool(options["full_fetch"]),
            accept_review=bool(options["accept_review"]),
            accept_sandbox_gaps=bool(options["accept_sandbox_gaps"]),
            refresh=bool(options["refresh"]),
            uses=check_uses(tuple(sorted(_names(options.get("uses", ()))))),
            show_examples=bool(options.get("show_examples")),
            trained_on=tuple(str(ref) for ref in options.get("trained_on", ())),
            out=str(options.get("out", DEFAULT_OUT)),
            spoken=str(options.get("spoken", "")),
        )


def seconds(text: str) -> float:
    """Read a duration such as `90s`, `10m`, `1.5h`, `1h30m`.

    Raises:
        UsageError: anything else, or nothing at all.
    """
    compact = text.replace(" ", "")
    found = list(_DURATION.finditer(compact))
    total = sum(float(m[1]) * _SECONDS[m[2]] for m in found)
    if "".join(m[0] for m in found) != compact or total <= 0:
        why = "it is no time at all" if found and total == 0 else "a time is like 90s, 10m or 1h30m"
        raise UsageError(f"cannot use the time {text!r}", why=why, hint="--budget 10m")
    return total


def _check_text(options: Mapping[str, Any]) -> None:
    """A word that is not UTF-8 reaches a program with lone surrogates, which no report can carry."""
    for option, value in options.items():
        for text in value if isinstance(value, tuple | list) else (value,):
            if isinstance(text, str) and not is_text(text):
                raise UsageError(
                    f"cannot use {text!r}",
                    why=f"what was given for {option!r} is not UTF-8",
                    hint="rename the file or column, or call it through a link with a plain name",
                )


def _roles(options: Mapping[str, Any]) -> Roles:
    text = str(options["text"])
    features = _names(options["features"])
    if bool(text) == bool(features):
        raise UsageError(
            "say what the model is to look at",
            why="exactly one of --text and --features is needed",
            hint="--text COLUMN for text, --features a,b,c for a table",
        )
    if options["split"] and options["test"]:
        raise UsageError("--split and --test exclude each other", why="each says which rows are for testing")
    _check_label(str(options["label"]), features)
    return Roles(
        label=str(options["label"]),
        text=text,
        features=features,
        slices=_names(options["slices"]),
        protected=_names(options.get("protected", ())),
        shift=str(options["shift"]),
        train_where=tuple(_pair(p) for p in options["train_where"]),
        split=str(options["split"]),
        positive=str(options["positive"]),
    )


def _check_label(label: str, features: tuple[str, ...]) -> None:
    """A label that is given, or worked out, from what the predictor sees would be no question."""
    from weigh.datasets.expression import parse

    try:
        used = {label, *parse(label).columns}
    except UsageError:
        # The name of a column may be no expression; if it is no column either, reading the data says so.
        used = {label}
    seen = used & set(features)
    if seen:
        raise UsageError(
            f'the label uses the feature "{min(seen)}"',
            why="a predictor that sees its answer learns to repeat it",
            hint="leave the column out of --features",
        )


def _names(values: Any) -> tuple[str, ...]:
    names = [name.strip() for value in values for name in str(value).split(",")]
    return tuple(dict.fromkeys(name for name in names if name))


def _pair(text: str) -> tuple[str, str]:
    column, equals, value = str(text).partition("=")
    if not equals or not column:
        raise UsageError(f"cannot read --train-where {text!r}", why="it is COLUMN=VALUE")
    return column.strip(), value.strip()


def _check_task(task: str, roles: Roles) -> None:
    if not task:
        return
    if task not in TASKS:
        raise UsageError(
            f"the task {task!r} cannot be measured by this version", hint=f"one of {', '.join(TASKS)}"
        )
    if bool(roles.text) != (TASKS[task] == "text"):
        raise UsageError(f"the task {task!r} does not fit the columns", why="it needs --" + TASKS[task])

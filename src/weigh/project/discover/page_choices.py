"""Models that a page lets a person choose: the values of the options of a list."""

import re
from bisect import bisect_right

from weigh.core.usage import Certainty
from weigh.project.discover.model_keys import is_model_key
from weigh.project.discover.model_names import is_hub_id
from weigh.project.discover.naming import Named, name_in
from weigh.project.discover.sightings import Seen, Sightings

_LIST = re.compile(r"<(select|datalist)\b([^>]*)>(.*?)</\1\s*>", re.DOTALL | re.IGNORECASE)
_CALLED = re.compile(r"""\b(?:id|name|v-model|bind:value)\s*=\s*["']([\w.-]{1,80})["']""", re.IGNORECASE)
_VALUE = re.compile(r"""<option\b[^>]*?\bvalue\s*=\s*(["'])([^"'<>\n]{3,200})\1""", re.IGNORECASE)


def note_choices(text: str, found: Sightings) -> None:
    """Note the models among the options of the lists of a page.

    A list that is called after models, or one of whose options can be nothing else than a model, is a list
    of models: there each `owner/name` is one.

    Args:
        text: of the page.
        found: where they are noted.
    """
    starts: list[int] = []
    for held in _LIST.finditer(text):
        values = [(held.start(3) + one.start(2), one[2].strip()) for one in _VALUE.finditer(held[3])]
        if not any("/" in value or "-" in value for _, value in values):
            continue
        starts = starts or [match.end() for match in re.finditer("\n", text)]
        called = any(is_model_key(name) for name in _CALLED.findall(held[2]))
        sure = called or any(_named(value, sure=False) for _, value in values)
        for at, value in values:
            named = _named(value, sure=sure)
            if named is not None:
                seen = Seen("page.option", value, certainty=Certainty.KEY if called else Certainty.LOOKS)
                found.use(bisect_right(starts, at) + 1, named.ref, seen)


def _named(value: str, *, sure: bool) -> Named | None:
    return name_in(value, sure=sure and is_hub_id(value))

"""The JSON of a Keras configuration: read as Python's own reader would, so that nothing hides from it.

A key that stands twice counts as its last value there, and so it does here; that it stands twice is said.
"""

import json
from typing import Any

from weigh.core.facts import Anomaly
from weigh.formats.anomalies import quoted
from weigh.formats.keras_config import BROKEN, TWICE

MAX_CONFIG = 16 * 1024 * 1024
"""Characters; the configurations of the largest models have a few million."""
MAX_SCHEMA = 32 * 1024 * 1024
"""Characters of a tree of objects (skops), where a forest of a thousand trees has some five million."""


def config_of(text: str | bytes, limit: int = MAX_CONFIG) -> tuple[Any, list[Anomaly]]:
    """The value of a configuration, None where it is no JSON, and what is wrong with it."""
    if len(text) > limit:
        return None, [Anomaly(BROKEN, f"it has {len(text)} characters, {limit} are read")]
    twice: list[str] = []

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs) and not twice:
            seen: set[str] = set()
            for key, _ in pairs:
                if key in seen:
                    twice.append(key)
                seen.add(key)
        return found

    try:
        decoded = text.decode() if isinstance(text, bytes) else text
        value = json.loads(decoded.rstrip("\0"), object_pairs_hook=unique)
    except (ValueError, RecursionError) as error:
        return None, [Anomaly(BROKEN, f"the configuration is not JSON: {type(error).__name__}")]
    return value, [Anomaly(TWICE, f"the key {quoted(twice[0])} stands twice")] if twice else []

"""The manifest of a CoreML package (`X.mlpackage/Manifest.json`): its items stay inside the package.

Source: apple/coremltools, modelpackage/src/ModelPackage.cpp: an item's path is joined to the folder `Data`.
"""

from typing import Any

from weigh.core.facts import Anomaly
from weigh.formats.anomalies import quoted

LEAVES, UNKNOWN = "WGH-CM004", "WGH-CM006"
MAX_ITEMS = 10_000


def is_manifest(value: Any) -> bool:
    """Whether a JSON value is such a manifest."""
    return isinstance(value, dict) and "itemInfoEntries" in value


def manifest_anomalies(value: Any) -> list[Anomaly]:
    """What is wrong with a manifest.

    Args:
        value: what `Manifest.json` holds.
    """
    items = value.get("itemInfoEntries") if isinstance(value, dict) else None
    if not isinstance(items, dict) or len(items) > MAX_ITEMS:
        return [Anomaly(UNKNOWN, "its list of items is none, or too long")]
    found = []
    for item in items.values():
        path = item.get("path") if isinstance(item, dict) else None
        if not isinstance(path, str):
            found.append(Anomaly(UNKNOWN, "an item has no path"))
        elif leaves_folder(path):
            found.append(Anomaly(LEAVES, f"an item lies at {quoted(path)}"))
    root = value.get("rootModelIdentifier")
    if root not in items:
        found.append(Anomaly(UNKNOWN, f"its model {quoted(str(root))} is none of its items"))
    return found


def leaves_folder(path: str) -> bool:
    """Whether a path leads out of the folder it is joined to, on any system."""
    parts = path.replace("\\", "/").split("/")
    return ".." in parts or path.startswith(("/", "\\", "~")) or path[1:2] == ":" or "\0" in path

"""The manifest of a TorchServe archive (`MAR-INF/MANIFEST.json`): the handler it runs, the files it names.

Source: pytorch/serve, model-archiver ("manifest file") and ts/model_loader.py: a handler is imported and
called when the model is loaded; one of a few names stands for a handler of TorchServe itself.
"""

from typing import Any

from weigh.core.facts import Anomaly
from weigh.formats.anomalies import quoted
from weigh.formats.coreml_manifest import leaves_folder

LEAVES, HANDLER, REQUIREMENTS = "WGH-MR001", "WGH-MR002", "WGH-MR003"
_BUILT_IN = {"image_classifier", "image_segmenter", "object_detector", "text_classifier", "base_handler"}
_FILES = ("serializedFile", "modelFile", "handler", "requirementsFile", "configFile", "envelope")


def is_mar_manifest(value: Any) -> bool:
    """Whether a JSON value is such a manifest."""
    model = value.get("model") if isinstance(value, dict) else None
    if not isinstance(model, dict) or "handler" not in model:
        return False
    return "modelName" in model or "archiverVersion" in value


def mar_anomalies(value: Any) -> list[Anomaly]:
    """What a manifest would run, and whether its files stay inside the archive.

    Args:
        value: what `MAR-INF/MANIFEST.json` holds.
    """
    model = value.get("model") if isinstance(value, dict) else None
    if not isinstance(model, dict):
        return []
    found = []
    for name in _FILES:
        path = model.get(name)
        if isinstance(path, str) and leaves_folder(path.split(":")[0] if path[1:2] != ":" else path):
            found.append(Anomaly(LEAVES, f"its {name} lies at {quoted(path)}"))
    handler = model.get("handler")
    if isinstance(handler, str) and handler not in _BUILT_IN:
        found.append(Anomaly(HANDLER, f"loading it runs {quoted(handler)}"))
    if model.get("requirementsFile"):
        found.append(Anomaly(REQUIREMENTS, "it asks for packages to be installed"))
    return found

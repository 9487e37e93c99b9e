"""weigh: the dependency manager for pre-trained models.

Three lines answer the question from a program or a notebook:

    import weigh
    report = weigh.adopt("none", data="reviews.csv", text="body", label="stars")
    print(report.headline, [reason.text for reason in report.reasons_for])
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from weigh.core.errors import WeighError
    from weigh.core.report import Report
    from weigh.jobs.library import adopt, save

__version__ = "0.1.0"

__all__ = ["Report", "WeighError", "__version__", "adopt", "save"]

_HOMES = {
    "Report": "weigh.core.report",
    "WeighError": "weigh.core.errors",
    "adopt": "weigh.jobs.library",
    "save": "weigh.jobs.library",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used, so that `import weigh` stays light."""
    if name not in _HOMES:
        raise AttributeError(f"module 'weigh' has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(_HOMES[name]), name)

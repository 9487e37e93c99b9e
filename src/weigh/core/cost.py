"""Cost: what a way of using a model takes."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cost:
    """Readings of one trial. All but `labels` and `work` are observed, not repeatable.

    Attributes:
        labels: labelled rows used to fit.
        work: machine-independent work units (multiply-adds, rounded), used for every tie-break.
        fit_seconds: wall seconds to fit, feature extraction included.
        predict_ms: wall milliseconds for one row.
        peak_bytes: peak resident memory of the process that predicts, 0 when not measured.
        disk_bytes: bytes to keep to be able to predict.
    """

    labels: int
    work: int
    fit_seconds: float
    predict_ms: float
    peak_bytes: int
    disk_bytes: int

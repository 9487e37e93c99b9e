"""Every error weigh raises on purpose, and the exit codes they end in.

```
WeighError                     what happened · why · what to try
├── UsageError            2    the request cannot be understood: column, option, file name, manifest
├── NotFoundError         2    a named thing does not exist at its source
├── UnknownAnswerError    3    the question could not be answered: no network, missing extra, permission
│   ├── OfflineError           the network was needed and is not there, or was forbidden
│   └── MissingExtraError      an optional dependency is not installed
├── UntrustedError        1    bytes are not what they claim to be; nothing was executed
│   ├── MalformedError         a file breaks its own format's rules
│   └── IntegrityError         a digest, a size or a range differs from what was promised
├── RefusedError          1    the gate, a policy or a safety rule says no
├── WorkerError           3    the sandboxed worker died, or answered what is no answer
│   └── WorkerLimitError       it met a limit of time, memory or space: says nothing about the model
└── StorageError          3    the disk is full, a lock is held, or a stored file is corrupt
```

A raw ValueError or KeyError that reaches the command line is our bug (exit 70).
"""

from enum import IntEnum


class ExitCode(IntEnum):
    """What a weigh process tells its caller (docs/reference/exit-codes.md)."""

    FINE = 0
    NO = 1
    USAGE = 2
    UNKNOWN = 3
    BUG = 70
    INTERRUPTED = 130


class WeighError(Exception):
    """An expected failure, told in three sentences.

    Args:
        what: what happened, one line, naming the thing (file, column, ref).
        why: the cause as far as it is known, with the place (byte, row, line) where there is one.
        hint: what to try next; empty when there is nothing sensible to try.
    """

    exit_code: ExitCode = ExitCode.USAGE

    def __init__(self, what: str, *, why: str = "", hint: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.why = why
        self.hint = hint

    def __str__(self) -> str:
        parts = [self.what]
        if self.why:
            parts.append(f"why: {self.why}")
        if self.hint:
            parts.append(f"try: {self.hint}")
        return " · ".join(parts)


class UsageError(WeighError):
    """The request cannot be understood or cannot be met as it was put."""

    exit_code = ExitCode.USAGE


class NotFoundError(WeighError):
    """A named file, member, version or model does not exist where the ref says."""

    exit_code = ExitCode.USAGE


class UnknownAnswerError(WeighError):
    """The question stands, but could not be answered here and now."""

    exit_code = ExitCode.UNKNOWN


class OfflineError(UnknownAnswerError):
    """The network was needed and is unreachable, or `--offline` forbids it."""


class MissingExtraError(UnknownAnswerError):
    """An optional dependency is not installed; the hint names the extra."""

    def __init__(self, what: str, *, extra: str, why: str = "") -> None:
        super().__init__(
            what,
            why=why or f"it needs the extra [{extra}]",
            hint=f"pip install 'weigh[{extra}]'",
        )
        self.extra = extra


class UntrustedError(WeighError):
    """Bytes are not what they claim to be. Nothing of them was executed."""

    exit_code = ExitCode.NO


class MalformedError(UntrustedError):
    """A file breaks the rules of its own format.

    Args:
        what: what is malformed.
        why: which rule, with values.
        hint: what to try.
        offset: byte offset of the offence, or None where there is no single one.
        rule: id of the rule that was broken.
    """

    def __init__(
        self, what: str, *, why: str = "", hint: str = "", offset: int | None = None, rule: str = ""
    ) -> None:
        super().__init__(what, why=why, hint=hint)
        self.offset = offset
        self.rule = rule


class IntegrityError(UntrustedError):
    """A digest, size or range differs from what was promised."""


class RefusedError(WeighError):
    """A safety rule, the gate or a policy says no."""

    exit_code = ExitCode.NO


class ConflictError(RefusedError):
    """Two changes do not go together, or somebody else was first. Nothing was changed."""


class WorkerError(WeighError):
    """The sandboxed worker died, hung, or ran into one of its limits."""

    exit_code = ExitCode.UNKNOWN


class WorkerLimitError(WorkerError):
    """The worker met a limit that we set; with a higher one, or a less busy machine, it may work."""


class StorageError(WeighError):
    """The disk is full, a lock is held, or a stored file is corrupt."""

    exit_code = ExitCode.UNKNOWN

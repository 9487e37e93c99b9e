"""What a piece of source code would do, as values: the effect, the line, how it is known."""

from dataclasses import dataclass
from enum import StrEnum

MOST_EFFECTS = 200
"""Effects kept of one file; more would say the same."""


class EffectKind(StrEnum):
    """What the code does. The first group has no honest reading; the second is for a person to look at."""

    RUNS_DECODED = "runs-decoded"
    RUNS_COMMAND = "runs-command"
    RUNS_DOWNLOADED = "runs-downloaded"
    SENDS_SECRETS = "sends-secrets"
    REMOTE_SHELL = "remote-shell"
    PERSISTS = "persists"
    DISGUISED = "disguised"
    MACHINE_CODE = "machine-code"
    DESTROYS = "destroys"
    UNPICKLE_GADGET = "unpickle-gadget"

    STARTS_PROGRAM = "starts-program"
    EVALUATES = "evaluates"
    USES_NETWORK = "uses-network"
    LOADS_OBJECTS = "loads-objects"
    IMPORTS_COMPUTED = "imports-computed"
    NATIVE_CODE = "native-code"
    CHANGES_FILES = "changes-files"
    READS_SECRETS = "reads-secrets"
    CHANGES_INTERPRETER = "changes-interpreter"
    TRUSTS_REMOTE_CODE = "trusts-remote-code"


class When(StrEnum):
    """When the code runs."""

    IMPORT = "when it is imported"
    LIFE = "when an object of it is made, called or loaded"
    CALL = "when it is called"


@dataclass(frozen=True, slots=True)
class Effect:
    """One thing the code does.

    Attributes:
        kind: what.
        line: of the source, from 1.
        detail: the name of the function and what of its arguments is known (hostile text, not yet quoted).
        when: at what time.
    """

    kind: EffectKind
    line: int
    detail: str
    when: When


@dataclass(frozen=True, slots=True)
class SourceEffects:
    """What one source does.

    Attributes:
        effects: in order of their lines, alike ones once.
        addresses: http and other addresses that stand in it as constants.
        unread: why a part of it was not followed, "" when all of it was.
    """

    effects: tuple[Effect, ...]
    addresses: tuple[str, ...] = ()
    unread: str = ""

"""The profile a job ships: asked through the ledger, so that a repeated job has it at once."""

from collections.abc import Callable
from dataclasses import dataclass

from weigh.core.check import Check, Context
from weigh.core.evidence import Evidence
from weigh.core.measure import Measure
from weigh.core.ports import Keeper
from weigh.core.profile import Profile
from weigh.watch.encoding import to_bytes

ARTIFACT = "profile"
"""Name of the artifact that is the profile's file."""


@dataclass(frozen=True, slots=True)
class ProfileSubject:
    """What a profile is made from.

    Attributes:
        build: makes it; dear, and called once.
        keep: where its bytes go.
    """

    build: Callable[[], Profile]
    keep: Keeper


def run(subject: ProfileSubject, context: Context) -> Evidence:
    """Build the profile and keep it."""
    data = to_bytes(subject.build())
    kept = subject.keep.keep_bytes(ARTIFACT, data)
    size = Measure("profile_bytes", len(data), "bytes", 1)
    return context.answered(measures=(size,), artifacts=(kept,))


CHECK: Check[ProfileSubject] = Check(
    id="profile",
    question="What should new data be held against?",
    module="weigh.watch.build",
    run=run,
)

"""The machine's clock."""

import time
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SystemClock:
    """The clock of this machine; satisfies `weigh.core.ports.Clock`."""

    def now(self) -> float:
        """Seconds since the epoch, UTC."""
        return time.time()

    def monotonic(self) -> float:
        """Seconds on a clock that never goes back."""
        return time.monotonic()

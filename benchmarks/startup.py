"""How long until `weigh --help` answers, beside a bare interpreter, in the same run.

Prints medians of whole processes and their ratio; the target is 0.25 s on two cores.
"""

import statistics
import subprocess
import sys
import time
from pathlib import Path

RUNS = 15


def seconds(command: list[str]) -> float:
    """Wall seconds of one whole process."""
    began = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def main() -> None:
    """Time both in turn, so that a drifting machine slows both."""
    weigh = [str(Path(sys.executable).parent / "weigh"), "--help"]
    bare = [sys.executable, "-c", "pass"]
    click = [sys.executable, "-c", "import click"]
    names = {"weigh --help": weigh, "python -c pass": bare, "python -c 'import click'": click}
    taken: dict[str, list[float]] = {name: [] for name in names}
    for run in range(RUNS + 1):
        for name, command in names.items():
            spent = seconds(command)
            if run:
                taken[name].append(spent)
    middle = {name: statistics.median(values) for name, values in taken.items()}
    print(f"start-up, median of {RUNS} whole processes")
    for name, value in middle.items():
        print(f"  {name:<26} {value * 1000:6.0f} ms   x {value / middle['python -c pass']:.1f}")
    print(f"  target 250 ms: {'reached' if middle['weigh --help'] <= 0.25 else 'missed'}")


if __name__ == "__main__":
    main()

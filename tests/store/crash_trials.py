"""Kill a writing process, at a random moment or just before its n-th call of the system, and look.

Run as a program, because only a process without threads may fork again and again:
`python -m tests.store.crash_trials random|steps|interrupt SUBJECT ROOT TRIALS SEED`. It prints how many
trials it made. SUBJECT is `blobs`, `derived` or `ledger`.
"""

import os
import random
import select
import signal
import sys
import time
from pathlib import Path

from tests.store.crash_subjects import SUBJECTS

CALLS = [
    "open",
    "write",
    "read",
    "fchmod",
    "fsync",
    "replace",
    "mkdir",
    "utime",
    "unlink",
    "close",
    "ftruncate",
]


def die_before_call(number):
    """Make this process kill itself just before it asks the system for the `number`-th time."""
    left = [number]

    def counted(real):
        def call(*args, **options):
            left[0] -= 1
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return real(*args, **options)

        return call

    for name in CALLS:
        setattr(os, name, counted(getattr(os, name)))


def forked(work):
    """Run `work(acknowledge)` in a child; returns its id and the reading end of its acknowledgements."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        write = os.write
        try:
            work(lambda name: write(writing, f"{name}\n".encode()))
        except KeyboardInterrupt:
            os._exit(130)
        except BaseException:
            import traceback

            traceback.print_exc()
            os._exit(70)
        os._exit(0)
    os.close(writing)
    return child, reading


def ended(child, reading, *, again=None):
    """Wait for a child; returns its status and what it had acknowledged whole.

    Python drops an interrupt that arrives while it runs a destructor. A person presses the key once
    more after a second, and so does `again`.
    """
    said = bytearray()
    asked = time.monotonic()
    while True:
        if select.select([reading], [], [], 0.1)[0]:
            chunk = os.read(reading, 65536)
            if not chunk:
                break
            said += chunk
        if again is not None and time.monotonic() - asked > 1:
            asked = time.monotonic()
            os.kill(child, again)
    os.close(reading)
    return os.waitpid(child, 0)[1], said.decode().split("\n")[:-1]


def by_signal(subject, root, trials, seed, number):
    draw = random.Random(seed)
    for trial in range(trials):
        state = draw.randrange(2**32)
        child, reading = forked(lambda tell, state=state: subject.work(root, state, tell, forever=True))
        time.sleep(draw.uniform(0.0, 0.03))
        os.kill(child, number)
        status, told = ended(child, reading, again=number)
        died = os.WIFSIGNALED(status) or os.WEXITSTATUS(status) in {130, 1}
        assert died, f"trial {trial}: the child ended by itself with {status}"
        subject.check(root, told)
        if number == signal.SIGINT and os.WIFEXITED(status):
            left = [p for p in Path(root).rglob("*.tmp") if p.is_file()]
            assert not left, f"trial {trial}: {left}"
    return trials


def by_steps(subject, root, trials, seed):
    """Die before the 1st, 2nd, … call, until a child gets through; at most `trials` of them."""
    for step in range(1, trials + 1):
        place = Path(root) / str(step)

        def work(tell, place=place, step=step):
            die_before_call(step)
            subject.work(place, seed, tell, forever=False)

        status, told = ended(*forked(work))
        subject.check(place, told)
        # What the dead one left must not be in the way of the next.
        status_again, told = ended(*forked(lambda tell, p=place: subject.work(p, seed, tell, forever=False)))
        assert status_again == 0
        assert told
        subject.check(place, told)
        if status == 0:
            return step
        assert os.WIFSIGNALED(status), f"step {step}: {status}"
    raise AssertionError("never got through")


def main(how, name, root, trials, seed):
    # A shell without job control starts background commands deaf to interrupts, and that is inherited.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    subject = SUBJECTS[name]
    if how == "steps":
        made = by_steps(subject, Path(root), int(trials), int(seed))
    else:
        number = signal.SIGINT if how == "interrupt" else signal.SIGKILL
        made = by_signal(subject, Path(root), int(trials), int(seed), number)
    print(made)


if __name__ == "__main__":
    main(*sys.argv[1:])

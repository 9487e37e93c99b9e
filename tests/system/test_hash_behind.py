import hashlib
import random
import threading

from weigh.system.hash_behind import HashBehind


def test_it_is_the_digest_of_all_pieces_however_they_are_cut():
    draw = random.Random(1)
    data = draw.randbytes(9 * 1024 * 1024)
    for most in (70_000, 1 << 20, len(data)):
        behind, at = HashBehind(), 0
        while at < len(data):
            size = draw.randint(1, most)
            behind.update(data[at : at + size])
            at += size
        assert behind.hexdigest() == hashlib.sha256(data).hexdigest()


def test_more_may_be_taken_after_a_look():
    behind = HashBehind()
    behind.update(bytes(6 * 1024 * 1024))
    assert behind.hexdigest() == hashlib.sha256(bytes(6 * 1024 * 1024)).hexdigest()
    behind.update(b"more")
    assert behind.hexdigest() == hashlib.sha256(bytes(6 * 1024 * 1024) + b"more").hexdigest()


def test_no_thread_outlives_it():
    before = threading.active_count()
    behind = HashBehind()
    for _ in range(12):
        behind.update(bytes(1024 * 1024))
    behind.close()
    behind.close()
    assert threading.active_count() == before

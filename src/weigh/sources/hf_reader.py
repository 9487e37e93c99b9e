"""A file on the hub read where it lies: only the blocks that somebody looks at cross the network.

What is read this way is not verified, for a digest is of the whole file: its facts are for looking at.
"""

from collections import OrderedDict

from weigh.core.errors import IntegrityError, NotFoundError, UnknownAnswerError
from weigh.core.ref import ArtifactRef
from weigh.sources.hf_hub import Hub
from weigh.sources.hf_tree import HubFile, is_commit, repo_of
from weigh.sources.ranges import RangeUnusableError
from weigh.system.http import Response

BLOCK = 64 * 1024
"""Bytes of the smallest request: the header of most files, and less than a round trip takes to carry."""
LARGEST = 1024 * 1024
"""Bytes of the largest request, reached by doubling while a file is read on and on."""
KEPT = 256
"""Blocks kept of one file: 16 MiB."""


class HubReader:
    """A `RangeReader` over one file of a commit.

    Args:
        hub: the hub.
        url: where it answers for the file.
        file: as it listed it.
        commit: the file's.

    Attributes:
        fetched: bytes of the file that crossed the network so far.
        requests: how often the network was asked.

    Raises:
        RangeUnusableError: the server does not give out parts, or not those that were asked for.
        IntegrityError: the file is not the one that the hub listed.
    """

    def __init__(self, hub: Hub, url: str, file: HubFile, commit: str) -> None:
        self._hub = hub
        self._home = self._url = url
        self._file = file
        self._commit = commit
        self._blocks: OrderedDict[int, bytes] = OrderedDict()
        self._step = BLOCK
        self._reached = -1
        self.fetched = 0
        self.requests = 0

    @property
    def size(self) -> int:
        """Bytes of the file, as the hub lists it."""
        return self._file.size

    def read(self, offset: int, length: int) -> bytes:
        """Up to `length` bytes from `offset`, shorter only at the end of the file."""
        end = min(offset + length, self.size)
        pieces = []
        while offset < end:
            number = offset // BLOCK
            block = self._block(number, end)
            begin = offset - number * BLOCK
            piece = block[begin : begin + end - offset]
            pieces.append(piece)
            offset += len(piece)
        return b"".join(pieces)

    def close(self) -> None:
        """Forget what was kept."""
        self._blocks.clear()

    def _block(self, number: int, wanted: int) -> bytes:
        """A block, fetched together with those up to byte `wanted` where that saves requests."""
        if number in self._blocks:
            self._blocks.move_to_end(number)
            return self._blocks[number]
        start = number * BLOCK
        self._step = min(2 * self._step, LARGEST) if start == self._reached else BLOCK
        end = min(max(start + self._step, min(wanted, start + LARGEST)), self.size)
        end = min(-(-end // BLOCK) * BLOCK, self.size)
        data = self._part(start, end)
        self._reached = end
        for at in range(0, len(data), BLOCK):
            self._blocks[number + at // BLOCK] = data[at : at + BLOCK]
        while len(self._blocks) > KEPT:
            self._blocks.popitem(last=False)
        return data[:BLOCK]

    def _part(self, start: int, end: int) -> bytes:
        if self._url != self._home:
            try:
                return self._ask(self._url, start, end)
            except (UnknownAnswerError, NotFoundError):
                # An address of the content network holds for some minutes only: ask the hub for another.
                self._url = self._home
        return self._ask(self._home, start, end)

    def _ask(self, url: str, start: int, end: int) -> bytes:
        self.requests += 1
        with self._hub.http.stream(url, range_start=start, range_end=end) as response:
            if url == self._home:
                self._hub.check(self._file, self._commit)
                self._url = response.url
            self._expect(response, start, end)
            body = bytearray()
            for chunk in response.iter_bytes():
                body += chunk
                self.fetched += len(chunk)
                if len(body) > end - start:
                    break
        if len(body) != end - start:
            raise self._unusable("it sent another number of bytes than it announced")
        return bytes(body)

    def _expect(self, response: Response, start: int, end: int) -> None:
        part = response.content_range
        if part is None:
            if response.status == 200 and (start, end) == (0, self.size) and response.total in {-1, end}:
                return
            whole = response.status == 200
            raise self._unusable("it sends only whole files" if whole else "it does not say what it sends")
        if part.total != self.size:
            raise IntegrityError(
                f"{self._file.path!r} has another size than the hub lists",
                why=f"listed are {self.size:,} bytes, the server has {part.total:,}",
                hint="do not use this file; ask whoever runs the hub",
            )
        if (part.start, part.end) != (start, end):
            raise self._unusable(f"asked for bytes {start} to {end}, it sends {part.start} to {part.end}")

    def _unusable(self, why: str) -> RangeUnusableError:
        return RangeUnusableError(self._home, why, self.size)


def open_remote(hub: Hub, ref: ArtifactRef) -> HubReader:
    """A reader over the one file that `ref` names; nothing is fetched yet.

    Args:
        hub: `HfSource.hub`.
        ref: of an entry of that source: it names a commit and a file.

    Raises:
        NotFoundError: the commit has no such file.
    """
    repo = repo_of(ref)
    commit = ref.file or (ref.revision if is_commit(ref.revision) else hub.commit(repo, ref.revision))
    path = ref.members[0] if ref.members else ""
    file = hub.file(repo, commit, path)
    if file is None:
        raise NotFoundError(f"there is no {path!r} in {repo.name} at {commit}")
    return HubReader(hub, hub.address(repo, commit, path), file, commit)

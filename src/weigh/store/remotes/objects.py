"""A remote in an object store: S3 and what speaks it, Google Cloud Storage, Azure, through `obstore`.

Refs are moved with conditional writes (If-Match and If-None-Match of RFC 9110, section 13.1), so that of two
pushers one is told. The store's address and keys come out of the user's own environment alone.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from weigh.core.errors import (
    ConflictError,
    IntegrityError,
    MissingExtraError,
    NotFoundError,
    OfflineError,
    RefusedError,
    UnknownAnswerError,
)
from weigh.core.ref import RefKind
from weigh.sources.object_settings import opened_store, read_store_settings
from weigh.store.remotes.layout import MARK_DATA, MOST_LISTING, MOST_NAMES, Held, require_name

_PART = 8 * 1024 * 1024
"""Bytes of a part of a large upload; also of what is uploaded in one piece."""
_AT_ONCE = 4
_WANTED = 16 * 1024 * 1024
"""Bytes of spans that are asked for together."""
_HINTS = {
    RefKind.S3: "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE",
    RefKind.GS: "set GOOGLE_APPLICATION_CREDENTIALS to the file of a service account",
    RefKind.AZ: "set AZURE_STORAGE_ACCOUNT_KEY or AZURE_STORAGE_SAS_TOKEN",
}


class ObjectRemote:
    """A remote below a prefix of a bucket.

    Args:
        kind: S3, GS or AZ.
        bucket: its name.
        prefix: without slashes at its ends; "" for the whole bucket.
        environ: the user's variables.

    Raises:
        MissingExtraError: `obstore` is not installed.
        UsageError: the environment does not say how to reach the store.
    """

    def __init__(self, kind: RefKind, bucket: str, prefix: str, environ: Mapping[str, str]) -> None:
        self._kind = kind
        self._bucket = bucket
        self._below = f"{prefix}/" if prefix else ""
        try:
            import obstore.exceptions as theirs
        except ImportError as error:
            raise MissingExtraError(f"cannot reach {kind.value}: remotes", extra="objects") from error
        self._theirs = theirs
        self._store = opened_store(kind, bucket, read_store_settings(kind, environ))

    @property
    def address(self) -> str:
        """Kind, bucket and prefix."""
        return f"{self._kind.value}:{self._bucket}/{self._below}".rstrip("/")

    def names(self, prefix: str) -> Iterator[tuple[str, int]]:
        """(name, bytes) of what lies below a prefix."""
        import obstore

        found: list[tuple[str, int]] = []
        with self._telling("its list"):
            for batch in obstore.list(self._store, prefix=self._below + prefix):
                for item in batch:
                    path, size = str(item["path"]), int(item["size"])
                    if not path.startswith(self._below):
                        raise IntegrityError(
                            f"{self.address} lists what was not asked for", why=repr(path[:200])
                        )
                    found.append((require_name(path.removeprefix(self._below)), size))
                if len(found) > 2 * MOST_NAMES:
                    raise RefusedError(f"will not read {self.address}", why="it lists too many objects")
        yield from sorted(found)

    def get(self, name: str, most: int) -> Held | None:
        """A small object, None when there is none."""
        import obstore

        try:
            with self._telling(name):
                answer = obstore.get(self._store, self._below + name)
                size, tag = int(answer.meta["size"]), answer.meta.get("e_tag") or ""
                if size > most:
                    raise IntegrityError(
                        f"{name} of {self.address} has {size:,} bytes", why="too many to be one"
                    )
                data = bytes(answer.bytes())
        except NotFoundError:
            return None
        if len(data) != size:
            raise IntegrityError(
                f"{name} of {self.address} came cut off", why=f"{len(data):,} of {size:,} bytes"
            )
        return Held(data, tag)

    def parts(self, name: str, spans: Sequence[tuple[int, int]]) -> Iterator[bytes]:
        """The bytes of each span; some are asked for at once."""
        import obstore

        waiting = list(spans)
        while waiting:
            now: list[tuple[int, int]] = []
            size = 0
            while waiting and (not now or size + waiting[0][1] - waiting[0][0] <= _WANTED):
                begin, end = waiting.pop(0)
                now.append((begin, end))
                size += end - begin
            with self._telling(name):
                starts, ends = [begin for begin, _ in now], [end for _, end in now]
                got = obstore.get_ranges(
                    self._store, self._below + name, starts=starts, ends=ends, coalesce=0
                )
            for (begin, end), part in zip(now, got, strict=True):
                data = bytes(part)
                if len(data) != end - begin:
                    raise IntegrityError(
                        f"{name} of {self.address} cannot be read in parts",
                        why=f"bytes {begin:,} to {end:,} came as {len(data):,} bytes",
                    )
                yield data

    def put(self, name: str, data: bytes) -> None:
        """Write an object that is seen whole or not at all."""
        import obstore

        with self._telling(name):
            obstore.put(self._store, self._below + name, data)

    def put_file(self, name: str, path: Path) -> None:
        """The same out of a file of any size, in parts when it is large."""
        import obstore

        with self._telling(name):
            obstore.put(self._store, self._below + name, path, chunk_size=_PART, max_concurrency=_AT_ONCE)

    def swap(self, name: str, held: Held | None, data: bytes) -> None:
        """Replace a small object that is still `held`, or make one that is still missing."""
        import obstore

        if held is not None and not held.tag:
            raise RefusedError(
                f"will not write {name} to {self.address}",
                why="the store gives no ETag: it cannot be told to replace this and nothing newer",
            )
        mode: Any = {"e_tag": held.tag} if held is not None else "create"
        try:
            with self._telling(name):
                obstore.put(self._store, self._below + name, data, mode=mode, use_multipart=False)
        except (ConflictError, NotFoundError) as error:
            if isinstance(error, NotFoundError):
                raise (self._moved(name) if held is not None else error) from error
            # The answer to an attempt that did succeed may have been lost on the way.
            if data != MARK_DATA and (now := self.get(name, MOST_LISTING)) is not None and now.data == data:
                return
            raise

    def _moved(self, name: str) -> ConflictError:
        return ConflictError(
            f"{name} of {self.address} was moved by somebody else",
            why="it no longer holds what it held a moment ago",
            hint="weigh pull, then push again",
        )

    @contextmanager
    def _telling(self, name: str) -> Iterator[None]:
        """Turn what `obstore` raises into errors that say what to do."""
        theirs = self._theirs
        try:
            yield
        except (theirs.PreconditionError, theirs.AlreadyExistsError, FileExistsError) as error:
            raise self._moved(name) from error
        except (theirs.PermissionDeniedError, theirs.UnauthenticatedError, PermissionError) as error:
            raise UnknownAnswerError(
                f"{self.address} does not let you", why=f"{name} wants a login, or yours may not",
                hint=_HINTS[self._kind],
            ) from error  # fmt: skip
        except (FileNotFoundError, theirs.NotFoundError) as error:
            raise NotFoundError(
                f"{self.address} has no {name}", hint="check the bucket and the prefix"
            ) from error
        except (theirs.BaseError, OSError, ValueError) as error:
            raise OfflineError(
                f"{self.address} cannot be reached", why=str(error).strip().split("\n")[0][:300],
                hint="check the network and the address of the store, then run the same command: it goes on",
            ) from error  # fmt: skip

    def close(self) -> None:
        """Nothing is open that has to be closed."""

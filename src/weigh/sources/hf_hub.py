"""Questions to the hub: which commit, which files, and where the bytes of one are."""

import re
from urllib.parse import quote

from weigh.core.errors import IntegrityError, MalformedError, NotFoundError, RefusedError
from weigh.sources.hf_http import HubHttp, moved
from weigh.sources.hf_tree import (
    MAX_FILES,
    HubFile,
    HubRepo,
    Revision,
    is_commit,
    once_each,
    read_revision,
    read_tags,
    read_tree,
)
from weigh.system.http import Response
from weigh.system.urls import without_credentials

MAX_ANSWER = 32 * 1024 * 1024
"""Bytes of one answer; a page of 1,000 files has about 400 kB."""
_NEXT = re.compile(r'<([^<>]*)>\s*;[^,]*?\brel="?next\b')


class Hub:
    """The hub, asked once for each thing.

    Args:
        http: the way to it.
    """

    def __init__(self, http: HubHttp) -> None:
        self.http = http
        self._endpoint = http.settings.endpoint
        self._revisions: dict[tuple[HubRepo, str], Revision] = {}
        self._trees: dict[tuple[HubRepo, str], tuple[HubFile, ...]] = {}

    def commit(self, repo: HubRepo, revision: str) -> str:
        """The commit that a branch or tag is at; a commit is what it is, and nobody is asked.

        Raises:
            NotFoundError: there is no such repository or revision.
            RefusedError: the repository was renamed.
        """
        return revision if is_commit(revision) else self.revision(repo, revision).commit

    def revision(self, repo: HubRepo, revision: str) -> Revision:
        """What the hub says of the repository at a branch, tag or commit.

        Raises:
            NotFoundError: there is no such repository or revision.
            RefusedError: the repository was renamed.
            IntegrityError: it answers with another commit than was asked for.
        """
        key = (repo, revision)
        if key not in self._revisions:
            url = f"{self._endpoint}/api/{repo.api}/revision/{quote(revision or 'main', safe='')}"
            found = read_revision(repo, self.http.get(url, max_bytes=MAX_ANSWER))
            if found.name != repo.id:
                raise moved(repo.name, found.name)
            if is_commit(revision) and found.commit != revision:
                raise IntegrityError(
                    f"the hub answers for another commit of {repo.name}",
                    why=f"asked for {revision}, it speaks of {found.commit}",
                )
            self._revisions[key] = found
        return self._revisions[key]

    def is_tag(self, repo: HubRepo, revision: str) -> bool:
        """Whether a revision is one of the repository's tags; no where the hub does not list them."""
        try:
            body = self.http.get(f"{self._endpoint}/api/{repo.api}/refs", max_bytes=MAX_ANSWER)
        except NotFoundError:
            # Mirrors that speak only what a download needs have no such page.
            return False
        return revision in read_tags(repo, body)

    def files(self, repo: HubRepo, commit: str) -> tuple[HubFile, ...]:
        """Every file of a commit, in path order.

        Raises:
            MalformedError: the hub's answer cannot be.
            RefusedError: it lists more files than a model has, or never comes to an end.
        """
        key = (repo, commit)
        if key not in self._trees:
            self._trees[key] = once_each(repo, self._pages(repo, commit))
        return self._trees[key]

    def file(self, repo: HubRepo, commit: str, path: str) -> HubFile | None:
        """What the hub says of one file, None when the commit has none of that name."""
        return next((f for f in self.files(repo, commit) if f.path == path), None)

    def address(self, repo: HubRepo, commit: str, path: str) -> str:
        """Where the hub answers for the bytes of a file."""
        return f"{self._endpoint}/{repo.name}/resolve/{commit}/{quote(path)}"

    def check(self, file: HubFile, commit: str) -> None:
        """Hold what the hub said in its last answer about a file against what it listed.

        Raises:
            IntegrityError: it answered for another commit, another size or another content.
        """
        said = self.http.answered
        stated = said.get("x-repo-commit", "")
        size = said.get("x-linked-size", "")
        tag = said.get("x-linked-etag", "").removeprefix("W/").strip('"')
        if stated and stated != commit:
            raise _other(file, f"it is of the commit {stated[:40]}, not of {commit}")
        if size.isdigit() and int(size[:19]) != file.size:
            raise _other(file, f"its size is {size[:19]} bytes, listed are {file.size}")
        # A file kept by git is named by 40 digits, one kept by LFS by 64; a lock knows only the second.
        listed = {64: file.sha256, 40: file.oid}.get(len(tag), "")
        if listed and tag != listed:
            raise _other(file, f"its content is {tag}, listed is {listed}")

    def _pages(self, repo: HubRepo, commit: str) -> list[HubFile]:
        url = f"{self._endpoint}/api/{repo.api}/tree/{commit}?recursive=true&expand=false"
        found: list[HubFile] = []
        asked: set[str] = set()
        while url:
            asked.add(url)
            with self.http.stream(url) as response:
                page = read_tree(repo, _body(response))
                following = self._next(repo, response)
            found += page
            if following in asked or (following and not page) or len(found) > MAX_FILES:
                raise RefusedError(
                    f"will not read the repository {repo.name}",
                    why=f"the hub's list of its files goes round in circles or on past {MAX_FILES:,}",
                )
            url = following
        return found

    def _next(self, repo: HubRepo, response: Response) -> str:
        """The address of the next page, "" after the last."""
        link = _NEXT.search(response.headers.get("link", "")[:8192])
        if link is None:
            return ""
        url = link.group(1)
        if not url.startswith(f"{self._endpoint}/api/{repo.api}/tree/"):
            raise MalformedError(
                f"cannot read what the hub says about {repo.name}",
                why=f"its list of files goes on at {without_credentials(url)}",
                hint="check that HF_ENDPOINT is the address of a hub",
                rule="hub-answer",
            )
        return url


def _body(response: Response) -> bytes:
    body = bytearray()
    for chunk in response.iter_bytes():
        body += chunk
        if len(body) > MAX_ANSWER:
            raise IntegrityError(
                f"cannot read {without_credentials(response.url)}",
                why=f"it is larger than {MAX_ANSWER:,} bytes",
            )
    return bytes(body)


def _other(file: HubFile, why: str) -> IntegrityError:
    return IntegrityError(
        f"the hub gives out another {file.path!r} than it lists",
        why=why,
        hint="do not use this file; ask whoever runs the hub",
    )

"""`endpoint:` refs: models that answer somewhere else. There is nothing to fetch, only a version to declare.

`endpoint:openai/gpt-4o-2024-08-06` names a provider and its model, `endpoint:https://host/path` an address.
What a provider calls a snapshot can be depended on for as long as it keeps its word; every other name is
an alias that can mean another model tomorrow. The table of their conventions is below, each with its page.
"""

import re
from collections.abc import Mapping

from weigh.core.errors import UsageError
from weigh.core.ref import ArtifactRef
from weigh.sources.source import Entry, FetchCost, Fetched, Locked, Origin, StoredFiles
from weigh.system.urls import port_of, split

_DATE = re.compile(r".*?(?:^|[-@:_])(20\d\d-?[01]\d-?[0-3]\d)(?:$|[-@:_].*)")
_DIGEST = re.compile(r".*[:@](?:sha256:)?([0-9a-f]{64})")
CONVENTIONS: Mapping[str, tuple[re.Pattern[str], ...]] = {
    # https://platform.openai.com/docs/models: a date or month and day end the name of a snapshot.
    "openai": (_DATE, re.compile(r"(?:ft:)?gpt-[\w.]+(?:-\w+)*?-(\d{4})(?::.*)?")),
    "azure": (_DATE, re.compile(r"gpt-[\w.]+(?:-\w+)*?-(\d{4})")),
    # https://docs.anthropic.com/en/docs/about-claude/models: a date ends the name of a snapshot.
    "anthropic": (_DATE,),
    # https://ai.google.dev/gemini-api/docs/models: stable versions end in three digits.
    "google": (_DATE, re.compile(r"gemini-[\d.]+-[\w-]+?-(\d{3})")),
    "vertex": (_DATE, re.compile(r"[\w.-]+?[-@](\d{3})")),
    # https://docs.mistral.ai/getting-started/models: year and month end the name.
    "mistral": (re.compile(r"[\w-]+-(2\d[01]\d)"),),
    # https://docs.aws.amazon.com/bedrock/latest/userguide/models-supported.html: `-v1:0` ends the id.
    "bedrock": (re.compile(r"[\w.-]+-(v\d+:\d+)"),),
    # https://docs.cohere.com/docs/models: month and year end the name.
    "cohere": (re.compile(r"[\w-]+-([01]\d-20\d\d)"),),
    # https://replicate.com/docs/topics/models/versions: a version is a sha256.
    "replicate": (_DIGEST,),
}
"""Provider → what a name has that does not move; the group is the version."""
_PROVIDER = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")
_MODEL = re.compile(r"[\w.:/@+-]{1,300}", re.ASCII)


class EndpointSource:
    """Answers for `endpoint:` refs. Nobody is asked: the name itself is all there is."""

    def entries(self, ref: ArtifactRef) -> tuple[Entry, ...]:
        """None: a hosted model has no files that anyone but its host sees."""
        declared_version(ref)
        return ()

    def papers(self, ref: ArtifactRef) -> tuple[Entry, ...]:  # noqa: ARG002 - the shape of a source
        """None."""
        return ()

    def fetch(self, entry_ref: ArtifactRef, sink: StoredFiles, *, locked: Locked | None = None) -> Fetched:  # noqa: ARG002 - the shape of a source
        """Always refused: there is nothing to fetch.

        Raises:
            UsageError: always.
        """
        raise UsageError(
            f"{entry_ref} cannot be fetched",
            why="a hosted model has no files; only its declared version can be locked",
        )

    def cost(self, ref: ArtifactRef, locked_refs: Mapping[ArtifactRef, Locked]) -> FetchCost:  # noqa: ARG002 - the shape of a source
        """Nothing crosses the network."""
        declared_version(ref)
        return FetchCost(0, 0, "present")

    def origin(self, ref: ArtifactRef) -> Origin:
        """The ref itself; it moves unless its name carries a version by the provider's own convention."""
        version = declared_version(ref)
        return Origin(ref, moving=not version, declared_version=version)


def declared_version(ref: ArtifactRef) -> str:
    """The version that the name of a hosted model carries, "" for a name that may mean any.

    Raises:
        UsageError: it is no such name, or an address that carries a user, a password or a query.
    """
    if ref.members:
        raise UsageError(f"cannot look inside {ref.name!r}", why="a hosted model has no files")
    provider, model = _provider(ref.name), ref.name
    if ref.name.startswith(("https://", "http://")):
        parts = split(ref.name)
        port_of(parts)
        if parts.username is not None or parts.query:
            raise UsageError(
                f"cannot use an endpoint at {provider}",
                why="its address carries a user, a password or a query, which a project file must not hold",
                hint="name the plain address; keys belong into the environment of what asks it",
            )
        model = parts.path
    else:
        _, _, model = ref.name.partition("/")
        if not _PROVIDER.fullmatch(provider) or not _MODEL.fullmatch(model):
            raise UsageError(
                f"cannot read {str(ref)!r}",
                why="a hosted model is named endpoint:PROVIDER/MODEL or endpoint:https://…",
                hint="endpoint:openai/gpt-4o-2024-08-06",
            )
    for convention in CONVENTIONS.get(provider, (_DATE, _DIGEST)):
        match = convention.fullmatch(model)
        if match:
            return match[1]
    return ""


def _provider(name: str) -> str:
    if name.startswith(("https://", "http://")):
        return (split(name).hostname or "").lower()
    return name.partition("/")[0].lower()

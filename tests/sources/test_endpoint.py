import pytest

from weigh.core.errors import UsageError
from weigh.core.ref import parse_ref
from weigh.sources.endpoint import EndpointSource


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("openai/gpt-4o-2024-08-06", "2024-08-06"),
        ("openai/gpt-4o", ""),
        ("openai/gpt-4-0613", "0613"),
        ("openai/gpt-3.5-turbo-0125", "0125"),
        ("openai/ft:gpt-4o-2024-08-06:acme::abc123", "2024-08-06"),
        ("openai/text-embedding-3-small", ""),
        ("anthropic/claude-3-5-sonnet-20241022", "20241022"),
        ("anthropic/claude-3-5-sonnet-latest", ""),
        ("google/gemini-1.5-pro-002", "002"),
        ("google/gemini-1.5-pro", ""),
        ("mistral/mistral-large-2407", "2407"),
        ("mistral/mistral-large-latest", ""),
        ("bedrock/amazon.titan-text-express-v1:0", "v1:0"),
        ("cohere/command-r-08-2024", "08-2024"),
        ("cohere/command-r", ""),
        ("replicate/acme/tiny:" + "a" * 64, "a" * 64),
        ("unknown/some-model", ""),
        ("https://models.example/v1/tiny-2025-01-31", "2025-01-31"),
        ("https://models.example/v1/tiny", ""),
    ],
)
def test_a_version_is_read_by_the_providers_convention(text, version):
    source, ref = EndpointSource(), parse_ref("endpoint:" + text)
    origin = source.origin(ref)
    assert (origin.declared_version, origin.moving, origin.exact) == (version, not version, ref)
    assert source.entries(ref) == source.papers(ref) == ()
    assert source.cost(ref, {}).bytes_needed == 0


def test_there_is_nothing_to_fetch(sink):
    with pytest.raises(UsageError, match="cannot be fetched"):
        EndpointSource().fetch(parse_ref("endpoint:openai/gpt-4o"), sink)


@pytest.mark.parametrize(
    "text",
    [
        "endpoint:openai",
        "endpoint:Open AI/x",
        "endpoint:https://key:secret@models.example/v1",
        "endpoint:https://models.example/v1?api-key=secret",
        "endpoint:openai/gpt-4o#weights.bin",
        "endpoint:https://",
    ],
)
def test_what_is_no_hosted_model_is_told_without_its_secret(text):
    with pytest.raises(UsageError) as caught:
        EndpointSource().entries(parse_ref(text))
    assert "secret" not in str(caught.value)

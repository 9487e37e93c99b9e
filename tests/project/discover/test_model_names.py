"""What looks like a model's name, and what only seems to."""

import pytest

from weigh.core.usage import Pin
from weigh.project.discover.model_names import (
    hosted_model,
    is_hub_id,
    is_weights_url,
    known_bare_name,
    ollama_ref,
    pin_of_ref,
    pin_of_revision,
    ref_of_url,
)

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.mark.parametrize("text", ["acme/one", "Acme-Labs/One-7B_v0.1", "a/b", "01-ai/Yi-34B", "acme/one.two"])
def test_ids(text):
    assert is_hub_id(text)


@pytest.mark.parametrize(
    "text",
    [
        "application/json",
        "image/png",
        "Europe/Berlin",
        "America/New_York",
        "1/2",
        "3.5/4",
        "2020/01",
        "src/main",
        "data/a.csv",
        "actions/checkout",
        "docker/build-push-action",
        "and/or",
        "path/to/model",
        "your-org/model",
        "my-username/my-model",
        "acme/one/two",
        "/acme/one",
        "./acme",
        "acme/",
        "acme//one",
        "acme/one.py",
        "ghcr.io/acme",
        "https://host.example",
        "acme/o ne",
        "${ORG}/one",
        "feature/one",
        "--a/b",
    ],
)
def test_what_only_looks_like_an_id_is_none(text):
    assert not is_hub_id(text)


@pytest.mark.parametrize(
    ("url", "ref"),
    [
        ("https://huggingface.co/a/b/resolve/main/c.bin", "hf:a/b@main#c.bin"),
        ("https://huggingface.co/a/b", "hf:a/b"),
        ("https://huggingface.co/a/b/tree/v1", "hf:a/b@v1"),
        ("https://hf.co/gpt2/resolve/main/x/c.bin?download=true", "hf:gpt2@main#x/c.bin"),
        ("https://huggingface.co/datasets/a/b", "hf:datasets/a/b"),
        ("https://tfhub.dev/g/x/1", "tfhub:https://tfhub.dev/g/x/1"),
        ("https://www.kaggle.com/models/a/b/tfLite/c/1", "kaggle:a/b/tfLite/c/1"),
        ("http://host.example/w.pt", "https://host.example/w.pt"),
    ],
)
def test_addresses_become_the_refs_of_their_hubs(url, ref):
    assert ref_of_url(url) == ref


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://github.com/a/b/releases/download/v1/w.pth", True),
        ("https://host.example/model.tar.gz", True),
        ("https://host.example/source.tar.gz", False),
        ("https://huggingface.co/a/b", False),
        ("https://huggingface.co/docs/x", False),
        ("https://host.example/a.html", False),
        ("https://host.example/${NAME}.pt", False),
        ("s3://bucket/w.pt", False),
    ],
)
def test_addresses_of_weights(url, expected):
    assert is_weights_url(url) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("gpt-4o", "openai/gpt-4o"),
        ("claude-3-5-sonnet-20241022", "anthropic/claude-3-5-sonnet-20241022"),
        ("gemini-1.5-pro", "google/gemini-1.5-pro"),
        ("us.anthropic.claude-3-haiku-20240307-v1:0", "bedrock/us.anthropic.claude-3-haiku-20240307-v1:0"),
        ("cohere.command-r-v1:0", "bedrock/cohere.command-r-v1:0"),
        ("openai/gpt-4o", "openai/gpt-4o"),
        ("gpt-neo-125m", ""),
        ("claude", ""),
        ("o2", ""),
        ("gemini", ""),
    ],
)
def test_hosted_models(text, expected):
    assert hosted_model(text) == expected


def test_bare_names_stand_for_their_repositories():
    assert known_bare_name("bert-base-uncased") == "bert-base-uncased"
    assert known_bare_name("all-MiniLM-L6-v2") == "sentence-transformers/all-MiniLM-L6-v2"
    assert known_bare_name("resnet") == ""


@pytest.mark.parametrize(
    ("revision", "pin"),
    [("", Pin.NONE), (COMMIT, Pin.EXACT), ("v1.0", Pin.TAG), ("main", Pin.BRANCH), ("${REV}", Pin.UNKNOWN)],
)
def test_pins_of_revisions(revision, pin):
    assert pin_of_revision(revision) is pin


@pytest.mark.parametrize(
    ("ref", "pin"),
    [
        ("tfhub:https://tfhub.dev/g/x/1", Pin.EXACT),
        ("pypi:a==1", Pin.EXACT),
        ("pypi:a", Pin.NONE),
        ("npm:@a/b@1.2.3", Pin.EXACT),
        ("npm:@a/b", Pin.NONE),
        ("endpoint:openai/gpt-4o-2024-08-06", Pin.TAG),
        ("endpoint:openai/gpt-4o", Pin.NONE),
        ("oci:docker.io/a/b:latest", Pin.BRANCH),
        ("oci:docker.io/a/b:v1", Pin.TAG),
        (f"oci:docker.io/a/b@sha256:{'a' * 64}", Pin.EXACT),
        ("https://github.com/a/b/releases/download/v1/w.pth", Pin.TAG),
        ("https://host.example/w.pt", Pin.NONE),
    ],
)
def test_pins_of_refs(ref, pin):
    assert pin_of_ref(ref) is pin


def test_names_of_ollama():
    assert ollama_ref("llama3:8b") == "oci:registry.ollama.ai/library/llama3:8b"
    assert ollama_ref("acme/one") == "oci:registry.ollama.ai/acme/one"
    assert ollama_ref("host.example/acme/one:v1") == "oci:host.example/acme/one:v1"
    assert ollama_ref("a b") == ""

"""From the text of a value to the model that it names."""

import pytest

from weigh.core.usage import Certainty
from weigh.project.discover.naming import default_in, name_in


@pytest.mark.parametrize(
    ("text", "ref"),
    [
        ("hf://acme/one@v1/a.bin", "hf:acme/one@v1#a.bin"),
        ("hf://models/acme/one", "hf:acme/one"),
        ("hf-hub:acme/one", "hf:acme/one"),
        ("models:/churn/3", "mlflow:churn@3"),
        ("s3://bucket/w/a.safetensors", "s3:bucket/w/a.safetensors"),
        ("ollama/llama3", "oci:registry.ollama.ai/library/llama3"),
        ("sentence-transformers/all-MiniLM-L6-v2", "hf:sentence-transformers/all-MiniLM-L6-v2"),
    ],
)
def test_what_shows_itself(text, ref):
    named = name_in(text, sure=False)
    assert named is not None
    assert named.ref == ref


@pytest.mark.parametrize(
    "text", ["acme/one", "command-r", "hf://datasets/acme/one", "google/zx", "a", "x" * 600, "a\nb"]
)
def test_what_needs_a_key(text):
    assert name_in(text, sure=False) is None


def test_a_key_makes_it_sure():
    for text, ref in (
        ("acme/one", "hf:acme/one"),
        ("command-r", "endpoint:cohere/command-r"),
        ("w/a.pt", "file:w/a.pt"),
    ):
        named = name_in(text, sure=True)
        assert named is not None
        assert (named.ref, named.certainty) == (ref, Certainty.KEY)


@pytest.mark.parametrize(
    ("text", "default"),
    [
        ("${X:-acme/one}", "acme/one"),
        ("${X:acme/one}", "acme/one"),
        ("${oc.env:X,acme/one}", "acme/one"),
        ('{{ .Values.m | default "acme/one" }}', "acme/one"),
        ("{{ m | default('acme/one') }}", "acme/one"),
        ("${X}", ""),
        ("acme/one", ""),
    ],
)
def test_placeholders_fall_back(text, default):
    assert default_in(text) == default

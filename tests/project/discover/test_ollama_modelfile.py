"""Modelfiles of Ollama."""

import pytest

from weigh.core.usage import Role
from weigh.project.discover.ollama_modelfile import read_ollama_modelfile


def refs(read, text, path):
    return [use.ref for use in read(text.encode(), path, Role.RUNTIME).uses]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("FROM llama3:8b", ["oci:registry.ollama.ai/library/llama3:8b"]),
        ("from acme/one:latest", ["oci:registry.ollama.ai/acme/one:latest"]),
        ("FROM hf.co/acme/one-GGUF:Q8_0", ["hf:acme/one-GGUF"]),
        ("FROM ./models/a.gguf", ["file:models/a.gguf"]),
        (
            "FROM mistral\nADAPTER ./lora.safetensors",
            ["oci:registry.ollama.ai/library/mistral", "file:lora.safetensors"],
        ),
        (
            'FROM mistral\nSYSTEM """\nFROM other\n"""\nPARAMETER stop FROM',
            ["oci:registry.ollama.ai/library/mistral"],
        ),
        ("# FROM mistral", []),
        ("TEMPLATE {{ .System }}", []),
    ],
)
def test_instructions(text, found):
    assert refs(read_ollama_modelfile, text, "Modelfile") == found

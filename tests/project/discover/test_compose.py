"""Compose files: environment, commands, the top-level models."""

import pytest

from weigh.core.usage import Role
from weigh.project.discover.compose import read_compose


def refs(read, text, path):
    return [use.ref for use in read(text.encode(), path, Role.RUNTIME).uses]


def _service(*rows):
    return "services:\n  app:\n" + "".join(f"    {row}\n" for row in rows)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (_service("image: x/y", "environment:", "  MODEL_ID: acme/one"), ["hf:acme/one"]),
        (_service("image: x/y", "environment:", "  - MODEL_ID=acme/one"), ["hf:acme/one"]),
        (_service("image: x/y", "environment:", "  - MODEL_ID=${M:-acme/one}"), ["hf:acme/one"]),
        (_service("image: vllm/vllm-openai:v1", "command: --model acme/one --port 80"), ["hf:acme/one"]),
        (_service("image: vllm/vllm-openai:v1", 'command: ["--model", "acme/one"]'), ["hf:acme/one"]),
        (_service("image: vllm/vllm-openai:v1", "command:", "  - --model", "  - acme/one"), ["hf:acme/one"]),
        (
            _service(
                "image: ghcr.io/huggingface/text-generation-inference:3", "command: --model-id acme/one"
            ),
            ["hf:acme/one"],
        ),
        (_service("image: x/y", "entrypoint: sh -c 'hf download acme/one'"), ["hf:acme/one"]),
        (_service("build:", "  context: .", "  args:", "    MODEL_NAME: acme/one"), ["hf:acme/one"]),
        (_service("image: x/y") + "models:\n  llm:\n    model: ai/smollm2\n", ["oci:docker.io/ai/smollm2"]),
        (_service("image: x/y") + "models:\n  llm:\n    model: hf.co/acme/one-GGUF\n", ["hf:acme/one-GGUF"]),
    ],
)
def test_services(text, found):
    assert list(dict.fromkeys(refs(read_compose, text, "compose.yaml"))) == found


@pytest.mark.parametrize(
    "text",
    [
        _service("image: acme/app:latest", "volumes:", "  - ./models:/models"),
        _service("image: ollama/ollama", "environment:", "  - OLLAMA_HOST=0.0.0.0"),
        _service("image: postgres/model", "command: run app/model"),
        _service("build: ./model/app", "container_name: my/model"),
        _service("image: x/y", "environment:", "  MODEL_PATH: /data/model"),
    ],
)
def test_images_and_volumes_are_no_models(text):
    assert refs(read_compose, text, "compose.yaml") == []


def test_a_variable_without_a_value_is_reported():
    text = _service("image: vllm/vllm-openai", "command: --model ${MODEL}")
    assert [
        row.place.line for row in read_compose(text.encode(), "compose.yaml", Role.RUNTIME).unresolved
    ] == [4]

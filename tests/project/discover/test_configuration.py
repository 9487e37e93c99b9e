"""Configurations of all languages: keys that name models, and values that only look like them."""

import pytest

from weigh.core.usage import Certainty, Pin, Role
from weigh.project.discover.configuration import read_configuration


def refs(read, text, path):
    return [use.ref for use in read(text.encode(), path, Role.RUNTIME).uses]


@pytest.mark.parametrize(
    ("path", "text", "found"),
    [
        ("c.yaml", "model_name_or_path: acme/one\n", ["hf:acme/one"]),
        ("c.yaml", "model:\n  name: acme/one\n", ["hf:acme/one"]),
        ("c.yaml", "models:\n  - acme/one\n  - acme/two\n", ["hf:acme/one", "hf:acme/two"]),
        ("c.yaml", "models: [acme/one, 'acme/two']\n", ["hf:acme/one", "hf:acme/two"]),
        ("c.yaml", "embedding_model: all-MiniLM-L6-v2\n", ["hf:sentence-transformers/all-MiniLM-L6-v2"]),
        ("c.yaml", "ollama:\n  llm_model: mistral\n", ["oci:registry.ollama.ai/library/mistral"]),
        ("c.toml", '[whisper]\nmodel = "small.en"\n', ["catalogue:whisper/small.en"]),
        ("c.yaml", "model: default/not-specified\n", []),
        ("c.yaml", "llm: gpt-4o\n", ["endpoint:openai/gpt-4o"]),
        ("c.yaml", "llm:\n  model: command-r\n", ["endpoint:cohere/command-r"]),
        ("c.yaml", "model: ${MODEL:-acme/one}\n", ["hf:acme/one"]),
        ("c.yaml", "model: ${MODEL:acme/one}\n", ["hf:acme/one"]),
        ("c.yaml", "model: ${oc.env:MODEL,acme/one}\n", ["hf:acme/one"]),
        (
            "c.yaml",
            "_target_: transformers.AutoModel.from_pretrained\npretrained_model_name_or_path: acme/one\n",
            ["hf:acme/one"],
        ),
        ("c.yaml", "repo_id: acme/one\nfilename: a.gguf\n", ["hf:acme/one#a.gguf"]),
        ("c.yaml", "load_from: https://host.example/w.pth\n", ["https://host.example/w.pth"]),
        ("c.yaml", "checkpoint: hf://acme/one@v1/a.bin\n", ["hf:acme/one@v1#a.bin"]),
        ("c.yaml", "checkpoint: hf://models/acme/one\n", ["hf:acme/one"]),
        ("c.json", '{"model": "acme/one", "tokenizer": "acme/two"}', ["hf:acme/one", "hf:acme/two"]),
        ("c.jsonc", '{\n // chosen\n "model": "acme/one",\n}', ["hf:acme/one"]),
        ("c.toml", '[model]\nname = "acme/one"\nrevision = "v1"\n', ["hf:acme/one@v1"]),
        ("c.toml", 'models = ["acme/one", "acme/two"]\n', ["hf:acme/one", "hf:acme/two"]),
        ("c.ini", "[llm]\nmodel_id = acme/one\n", ["hf:acme/one"]),
        ("c.cfg", "[llm]\nbase_model: acme/one ; chosen\n", ["hf:acme/one"]),
        (".env", "EMBEDDING_MODEL=acme/one\n", ["hf:acme/one"]),
        (".env.example", 'export HF_MODEL_ID="acme/one" # chosen\n', ["hf:acme/one"]),
        ("prod.env", "OPENAI_MODEL=gpt-4o-mini\n", ["endpoint:openai/gpt-4o-mini"]),
    ],
)
def test_keys_name_models(path, text, found):
    assert refs(read_configuration, text, path) == found


@pytest.mark.parametrize(
    "text",
    [
        "image: nvidia/cuda\nmodel_dir: ./out\n",
        "model: application/json\n",
        "model: Europe/Berlin\n",
        "model: 1/2\n",
        "model: 2024/05\n",
        "model: configs/model.yaml\n",
        "model: ./models/one\n",
        "model: /srv/models/one\n",
        "model: your-username/my-model\n",
        "model: my-org/my-model\n",
        "model: <owner>/<name>\n",
        "model: true\n",
        "model: user\n",
        "dataset: acme/data\nmodel: linear\n",
        "device_model: nvidia/t4\n",
        "model_dump: a/b\n",
        "hub_model_id: acme/one\n",
        "uses: actions/checkout@v4\nmodel: x\n",
        "dependencies:\n  - acme/model\n",
        "general.architecture: command-r\n",
        "tokenizer.ggml.model: gpt2\n",
        "model: feature/new-thing\n",
        "repository: acme/model\n",
        "homepage: https://huggingface.co/acme/one\nmodel: x\n",
        "description: |\n  Uses acme/one as its model.\n",
        "# model: acme/one\n",
    ],
)
def test_what_only_looks_like_a_model_is_none(text):
    assert refs(read_configuration, text, "c.yaml") == []


def test_a_hydra_target_is_the_loader_and_the_sibling_the_pin():
    text = (
        "_target_: transformers.AutoModel.from_pretrained\nmodel_name: acme/one\n"
        "revision: v2\ntrust_remote_code: true\n"
    )
    (use,) = read_configuration(text.encode(), "c.yaml", Role.RUNTIME).uses
    assert (use.loader, use.pin, use.remote_code) == (
        "hydra:transformers.AutoModel.from_pretrained",
        Pin.TAG,
        True,
    )
    assert use.certainty is Certainty.KEY


def test_lines_are_those_of_the_values():
    text = "a: 1\nmodel:\n  # chosen\n  name: >-\n    acme/one\nother:\n  - x\n  - model: acme/two\n"
    found = read_configuration(text.encode(), "c.yaml", Role.RUNTIME).uses
    assert (8, "hf:acme/two") in [(use.place.line, use.ref) for use in found]


def test_commands_of_any_configuration():
    text = "tasks:\n  get:\n    cmd: hf download acme/one\n"
    assert refs(read_configuration, text, "Taskfile.yml") == ["hf:acme/one"]


def test_a_file_too_large_is_left_out_with_a_reason():
    (row,) = read_configuration(b"a" * (8 * 1024 * 1024 + 1), "c.json", Role.RUNTIME).unread
    assert "8388608" in row.why


@pytest.mark.parametrize("name", ["package-lock.json", "tokenizer.json", "models.lock", "pnpm-lock.yaml"])
def test_locks_and_vocabularies_are_no_configurations(name):
    assert refs(read_configuration, '{"model": "acme/one"}', name) == []

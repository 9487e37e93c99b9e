"""Scripts without an ending, the files of a hub's repository, and names that only begin other names."""

import pytest

from weigh.project.discover.discover import discover
from weigh.project.discover.readers import kind_by_first_line, may_be_script


def refs(folder, path, text):
    place = folder / path
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(text, encoding="utf-8")
    return sorted({use.ref for use in discover(folder).uses})


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        (b"#!/usr/bin/env python\n", "python"),
        (b"#!/usr/bin/python3.11 -u\n", "python"),
        (b"#!/usr/bin/env -S bash -e\n", "shell"),
        (b"#!/bin/sh\r\n", "shell"),
        (b"#!/usr/bin/env node\n", "javascript"),
    ],
)
def test_the_first_line_tells_what_a_script_is(line, kind):
    found = kind_by_first_line(line)
    assert found is not None
    assert found.name == kind


@pytest.mark.parametrize(
    "line", [b"", b"print(1)\n", b"#!/usr/bin/perl\n", b"# python\n", b"#!/usr/bin/env pythonic\n"]
)
def test_other_first_lines_tell_nothing(line):
    assert kind_by_first_line(line) is None


def test_only_a_file_without_an_ending_is_asked():
    assert [may_be_script(path) for path in ("script/setup", "a.txt", "LICENSE", ".env")] == [
        True,
        False,
        False,
        False,
    ]


def test_a_script_without_an_ending_is_part_of_the_program(tmp_path):
    (tmp_path / "names.py").write_text('NAME = "acme/one"\n', encoding="utf-8")
    text = (
        "#!/usr/bin/env python\nfrom transformers import AutoModel\nfrom names import NAME\n"
        "AutoModel.from_pretrained(NAME)\n"
    )
    assert refs(tmp_path, "scripts/fetch", text) == ["hf:acme/one"]
    assert refs(tmp_path, "scripts/serve", "#!/bin/bash\nvllm serve acme/two\n") == [
        "hf:acme/one",
        "hf:acme/two",
    ]


def test_every_file_of_the_one_repository_is_told(tmp_path):
    text = (
        "from huggingface_hub import hf_hub_download\n"
        'PARTS = {"a": {"repo": "acme/one", "file": "a.pt"}, "b": {"repo": "acme/one", "file": "b.pt"}}\n'
        'def fetch(part):\n    hf_hub_download(PARTS[part]["repo"], PARTS[part]["file"])\n'
    )
    assert {"hf:acme/one#a.pt", "hf:acme/one#b.pt"} <= set(refs(tmp_path, "a.py", text))


def test_files_of_several_repositories_are_not_mixed(tmp_path):
    text = (
        "from huggingface_hub import hf_hub_download\n"
        'PARTS = {"a": {"repo": "acme/one", "file": "a.pt"}, "b": {"repo": "acme/two", "file": "b.pt"}}\n'
        'def fetch(part):\n    hf_hub_download(PARTS[part]["repo"], PARTS[part]["file"])\n'
    )
    assert refs(tmp_path, "a.py", text) == ["hf:acme/one", "hf:acme/two"]


def test_the_beginnings_of_names_are_no_names(tmp_path):
    text = 'MODELS = ("anthropic.claude", "meta.llama")\ndef ours(a):\n    return a.startswith(MODELS)\n'
    assert refs(tmp_path, "a.py", text) == []
    assert refs(tmp_path, "a.py", 'MODELS = ("anthropic.claude-v2",)\n') == [
        "endpoint:bedrock/anthropic.claude-v2"
    ]


def test_names_of_top2vec(tmp_path):
    text = (
        "from top2vec import Top2Vec\n"
        'Top2Vec([], embedding_model="universal-sentence-encoder")\n'
        'Top2Vec([], embedding_model="all-MiniLM-L6-v2")\nTop2Vec([], embedding_model="doc2vec")\n'
    )
    assert refs(tmp_path, "a.py", text) == [
        "hf:sentence-transformers/all-MiniLM-L6-v2",
        "tfhub:https://tfhub.dev/google/universal-sentence-encoder/4",
    ]


def test_the_model_of_an_ollama_client_stands_under_its_own_key(tmp_path):
    text = 'class Service:\n    ollama_model: str = "llama3.2-vision"\n    ollama_mode: str = "fast"\n'
    assert refs(tmp_path, "a.py", text) == ["oci:registry.ollama.ai/library/llama3.2-vision"]


def test_the_default_of_an_option_stands_for_its_name(tmp_path):
    text = (
        'class Env:\n    def model_id(self):\n        return self.several("model_id", default=["acme/one"])\n'
    )
    assert refs(tmp_path, "a.py", text) == ["hf:acme/one"]
    assert refs(tmp_path, "a.py", 'several("folder", default=["acme/one"])\n') == []


def test_a_path_of_which_a_part_is_known_stays_open_beside_none(tmp_path):
    text = (
        "import sys, torch\ndef load(path=None):\n    return torch.load(path)\n"
        'load(f"{sys.argv[1]}/loras/{sys.argv[2]}")\n'
    )
    (tmp_path / "a.py").write_text(text, encoding="utf-8")
    assert [one.place.line for one in discover(tmp_path).unresolved] == [3]

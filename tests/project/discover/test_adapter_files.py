"""Files of a model that lie in a tree: the base of an adapter, code that lies elsewhere."""

import pytest

from weigh.core.usage import Pin, Role
from weigh.project.discover.adapter_files import read_adapter_files
from weigh.project.discover.configuration import read_configuration

COMMIT = "0123456789abcdef0123456789abcdef01234567"


def refs(read, text, path):
    return [use.ref for use in read(text.encode(), path, Role.RUNTIME).uses]


@pytest.mark.parametrize(
    ("path", "text", "found"),
    [
        (
            "a/adapter_config.json",
            '{"peft_type": "LORA", "base_model_name_or_path": "acme/base"}',
            ["hf:acme/base"],
        ),
        (
            "a/adapter_config.json",
            '{"peft_type": "LORA", "base_model_name_or_path": "acme/b", "revision": "v1"}',
            ["hf:acme/b@v1"],
        ),
        ("a/adapter_config.json", '{"base_model_name_or_path": "acme/b", "revision": null}', ["hf:acme/b"]),
        ("config.json", '{"model_type": "bert", "_name_or_path": "acme/base"}', ["hf:acme/base"]),
        ("config.json", '{"model_type": "x", "encoder": {"_name_or_path": "acme/enc"}}', ["hf:acme/enc"]),
        (
            "config.json",
            '{"model_type": "x", "auto_map": {"AutoModel": "acme/code--modeling.Net"}}',
            ["hf:acme/code"],
        ),
        ("config.json", '{"model_type": "x", "auto_map": {"AutoModel": "modeling.Net"}}', []),
        ("README.md", "---\nbase_model: acme/base\nlicense: mit\n---\n# Text\n", ["hf:acme/base"]),
        (
            "README.md",
            "---\nbase_model:\n- acme/one\n- acme/two\ndatasets: [acme/data]\n---\n",
            ["hf:acme/one", "hf:acme/two"],
        ),
        ("README.md", "# Use acme/base\n", []),
        (
            "modules.json",
            '[{"idx": 0, "type": "sentence_transformers.models.Pooling", "path": "1_Pooling"}]',
            [],
        ),
        ("config.json", '{"model": "acme/one", "port": 8080}', ["hf:acme/one"]),
        ("config.json", '{"name": "acme/app", "image": "acme/one"}', []),
    ],
)
def test_what_a_model_names(path, text, found):
    assert refs(read_adapter_files, text, path) == found


def test_code_from_elsewhere_may_run():
    data = b'{"model_type": "x", "auto_map": {"AutoModel": "acme/code--modeling.Net"}}'
    (use,) = read_adapter_files(data, "config.json", Role.RUNTIME).uses
    assert use.remote_code


def test_a_commit_is_exact():
    text = f'{{"peft_type": "LORA", "base_model_name_or_path": "acme/b", "revision": "{COMMIT}"}}'
    (use,) = read_configuration(text.encode(), "adapter_config.json", Role.RUNTIME).uses
    assert use.pin is Pin.EXACT


def test_broken_files_name_nothing():
    assert refs(read_adapter_files, '{"model_type": ', "config.json") == []

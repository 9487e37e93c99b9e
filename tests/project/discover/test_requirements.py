"""Packages that bring models, and those that do not."""

import pytest

from weigh.core.usage import Role
from weigh.project.discover.requirements import read_requirements


def refs(read, text, path):
    return [use.ref for use in read(text.encode(), path, Role.RUNTIME).uses]


WHEEL = "https://github.com/explosion/spacy-models/releases/download/en_core_web_sm-3.7.0/en_core_web_sm-3.7.0-py3-none-any.whl"


@pytest.mark.parametrize(
    ("path", "text", "count"),
    [
        ("requirements.txt", "en_core_web_sm==3.7.0\n", 1),
        ("requirements-dev.txt", f"en-core-web-sm @ {WHEEL}\n", 1),
        ("requirements.txt", f"{WHEEL}\n", 1),
        ("pyproject.toml", f'[project]\ndependencies = ["en-core-web-sm @ {WHEEL}"]\n', 1),
        ("package.json", '{"dependencies": {"@tensorflow-models/mobilenet": "2.1.0"}}', 1),
        ("package.json", '{"scripts": {"get": "hf download acme/one"}}', 1),
        ("environment.yml", "dependencies:\n  - pip:\n    - en_core_web_sm==3.7.0\n", 1),
        ("Pipfile", '[packages]\nen_core_web_sm = "==3.7.0"\n', 1),
        ("requirements.txt", "torch==2.1\ntransformers>=4\n-r base.txt\n# en_core_web_sm\n", 0),
        (
            "requirements.txt",
            "spacy[transformers]==3.7\nopenai\nmodel @ git+https://github.com/acme/model\n",
            0,
        ),
        (
            "package.json",
            '{"name": "@acme/model", "dependencies": {"@huggingface/transformers": "^3.0.0"}}',
            0,
        ),
        ("package.json", '{"repository": "acme/model", "homepage": "https://huggingface.co/acme/one"}', 0),
        ("pyproject.toml", '[project]\nname = "model"\nurls = {home = "https://host.example/model"}\n', 0),
    ],
)
def test_packages(path, text, count):
    assert len(refs(read_requirements, text, path)) == count

"""Workflows: steps, matrices, environments, and files that start containers for development."""

import pytest

from weigh.core.usage import Role
from weigh.project.discover.workflow import read_workflow


def refs(read, text, path):
    return [use.ref for use in read(text.encode(), path, Role.RUNTIME).uses]


def _job(steps, front=""):
    return f"on: push\n{front}jobs:\n  a:\n    steps:\n{steps}"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (_job("      - run: hf download acme/one\n"), ["hf:acme/one"]),
        (_job("      - run: |\n          cd x\n          hf download acme/one\n"), ["hf:acme/one"]),
        (_job("      - run: hf download $M\n        env:\n          M: acme/one\n"), ["hf:acme/one"]),
        (_job("      - run: hf download ${{ env.M }}\n", "env:\n  M: acme/one\n"), ["hf:acme/one"]),
        (_job("      - run: hf download ${{ inputs.m || 'acme/one' }}\n"), ["hf:acme/one"]),
        (
            _job(
                "      - shell: python\n        run: |\n          import t\n"
                "          t.A.from_pretrained('acme/one')\n"
            ),
            ["hf:acme/one"],
        ),
        (
            _job("      - uses: acme/act@v1\n        with:\n          model: gpt-4o\n"),
            ["endpoint:openai/gpt-4o"],
        ),
        (
            (
                "jobs:\n  a:\n    strategy:\n      matrix:\n        m: [acme/one, acme/two]\n    steps:\n"
                "      - run: hf download ${{ matrix.m }}\n"
            ),
            ["hf:acme/one", "hf:acme/two"],
        ),
        (
            (
                "jobs:\n  a:\n    strategy:\n      matrix:\n        include:\n          - m: acme/one\n"
                "    steps:\n"
                "      - run: hf download ${{ matrix.m }}\n"
            ),
            ["hf:acme/one"],
        ),
        (
            "runs:\n  using: composite\n  steps:\n    - run: hf download acme/one\n      shell: bash\n",
            ["hf:acme/one"],
        ),
    ],
)
def test_steps(text, found):
    assert list(dict.fromkeys(refs(read_workflow, text, ".github/workflows/ci.yml"))) == found


@pytest.mark.parametrize(
    "steps",
    [
        "      - uses: actions/checkout@v4\n",
        "      - uses: huggingface/some-action@v1\n        with:\n          path: src/model\n",
        "      - run: git push origin feature/model\n",
        "      - uses: docker/build-push-action@v5\n        with:\n          tags: acme/model:latest\n",
        "      - run: echo acme/one\n",
        "      - name: test acme/model\n        run: make test\n",
    ],
)
def test_actions_and_tags_are_no_models(steps):
    assert refs(read_workflow, _job(steps), ".github/workflows/ci.yml") == []


def test_other_services_and_development_containers():
    gitlab = "get:\n  script:\n    - hf download acme/one\n"
    assert refs(read_workflow, gitlab, ".gitlab-ci.yml") == ["hf:acme/one"]
    container = '{"image": "mcr.example/devcontainers/python:3", "postCreateCommand": "ollama pull mistral"}'
    assert refs(read_workflow, container, ".devcontainer/devcontainer.json") == [
        "oci:registry.ollama.ai/library/mistral"
    ]


def test_an_input_without_a_default_is_reported():
    text = _job("      - run: hf download ${{ inputs.model }}\n")
    assert [row.place.line for row in read_workflow(text.encode(), "ci.yml", Role.RUNTIME).unresolved] == [5]

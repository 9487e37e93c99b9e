"""Objects and lists of scripts that hold models: keys, titles, providers, entries that are picked."""

import pytest

from weigh.core.usage import Role
from weigh.project.discover.javascript import read_javascript


def refs(text: str) -> list[str]:
    return [use.ref for use in read_javascript(text.encode(), "a.ts", Role.RUNTIME).uses]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (
            'const models = { "acme/small.en": [1], "acme/large": [2] };',
            ["hf:acme/large", "hf:acme/small.en"],
        ),
        ('const models = { "acme/small": [1], "assets/icon": 2 };', ["hf:acme/small"]),
        ('const routes = { "acme/small": model };', []),
        ('export const MODELS: Record<string, Info[]> = { "acme/small": [1] };', ["hf:acme/small"]),
        ('const limits: Models = { "acme/small": 1 };', []),
        ('page.models = { "acme/small": 1 };', ["hf:acme/small"]),
        ('const M = [{ id: "openai/gpt-5.2", name: "GPT-5.2" }];', ["endpoint:openai/gpt-5.2"]),
        ('const M = [{ id: "chat", name: "gpt-4o" }];', ["endpoint:openai/gpt-4o"]),
        ('const M = { modelId: "gpt-4o", modelName: "GPT-4o" };', ["endpoint:openai/gpt-4o"]),
        ('const M = { modelName: "gpt-4o" };', ["endpoint:openai/gpt-4o"]),
        (
            'const M = { modelId: "mixtral-8x7b-instruct", provider: "perplexity" };',
            ["endpoint:perplexity/mixtral-8x7b-instruct"],
        ),
        ('const M = { modelId: "anything-7b", provider: "acme" };', []),
        ('const M = { modelId: "anything-7b", provider: chosen };', []),
        ('const most = model.limits["gpt-4"].most;', []),
        ('const model = f()["gpt-4"];', []),
        ('function models() { return ["gpt-4"]; }', ["endpoint:openai/gpt-4"]),
        ('const llm = init({ model: "openai:gpt-4o-mini" });', ["endpoint:openai/gpt-4o-mini"]),
    ],
)
def test_objects_and_entries(text: str, found: list[str]) -> None:
    assert sorted(refs(text)) == found


def test_both_branches_of_one_line_are_told() -> None:
    text = (
        'const path = small ? "https://huggingface.co/acme/x/resolve/main/a.onnx"'
        ' : "https://huggingface.co/acme/x/resolve/main/b.onnx";\n'
        "await ort.InferenceSession.create(path);"
    )
    assert sorted(refs(text)) == ["hf:acme/x@main#a.onnx", "hf:acme/x@main#b.onnx"]

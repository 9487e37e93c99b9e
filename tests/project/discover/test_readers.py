"""Which reader reads which file, and that no text makes one fail."""

import pytest
from hypothesis import given, settings, strategies as st

from weigh.core.usage import FileUses, Role
from weigh.project.discover.readers import KINDS, kind_of, reader_of


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("a.py", "python"),
        ("a.ipynb", "notebook"),
        ("web/a.tsx", "javascript"),
        ("web/page.svelte", "javascript"),
        ("run.sh", "shell"),
        ("Makefile", "shell"),
        ("justfile", "shell"),
        ("Dockerfile", "dockerfile"),
        ("docker/gpu.Dockerfile", "dockerfile"),
        ("Containerfile.cuda", "dockerfile"),
        ("docker-compose.override.yml", "compose"),
        (".github/workflows/ci.yml", "workflow"),
        ("action.yml", "workflow"),
        (".devcontainer/devcontainer.json", "workflow"),
        ("k8s/app.yaml", "kubernetes"),
        ("charts/a/values.yaml", "kubernetes"),
        ("conf/a.yaml", "configuration"),
        ("settings.toml", "configuration"),
        (".env.example", "configuration"),
        ("requirements-dev.txt", "requirements"),
        ("package.json", "requirements"),
        ("Modelfile.small", "ollama modelfile"),
        ("m/adapter_config.json", "adapter files"),
        ("README.md", "adapter files"),
        ("w/a.safetensors", "weight files"),
        ("w/pytorch_model.bin", "weight files"),
    ],
)
def test_kinds(path, kind):
    found = kind_of(path)
    assert found is not None
    assert found.name == kind


@pytest.mark.parametrize(
    "path",
    [
        "package-lock.json",
        "tokenizer.json",
        "uv.lock",
        "a.min.js",
        "types.d.ts",
        "a.png",
        "docs/guide.md",
        "LICENSE",
        "tests/__snapshots__/answer.json",
    ],
)
def test_files_that_nobody_reads(path):
    assert kind_of(path) is None


_MARKS = [
    *list("ab/:-{}[]()\"'`$\\\n #|<>=,model.!&*~?;"),
    "hf download ",
    "from_pretrained(",
    "const ",
    "=> ",
    "if ",
    "FROM ",
]


@settings(max_examples=60, deadline=None)
@given(
    st.text(alphabet=st.characters(codec="utf-8"), max_size=60),
    st.lists(st.sampled_from(_MARKS), max_size=120),
)
def test_no_text_makes_a_reader_fail(free, marks):
    text = (free + "".join(marks) + "\nmodel transformers").encode()
    for kind in KINDS:
        if kind.reader:
            for path in (
                "a.yaml",
                "a.json",
                "a.toml",
                "a.ini",
                ".env",
                "Makefile",
                "a.vue",
                "requirements.txt",
            ):
                assert isinstance(reader_of(kind)(text, path, Role.RUNTIME), FileUses)

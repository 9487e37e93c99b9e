import pytest
from hypothesis import given, strategies as st

from weigh.core.errors import UsageError
from weigh.core.ref import parse_ref
from weigh.core.usage import Role
from weigh.project.discover.loaders import argument, loader_table
from weigh.project.discover.readers import KINDS, kind_of, reader_of
from weigh.project.discover.references import FORMS, Surroundings, read_name
from weigh.project.discover.roles import role_of
from weigh.project.discover.special_loaders import SPECIAL


def test_every_row_has_a_form_that_is_read():
    for loader in loader_table().loaders:
        assert loader.form.partition(":")[0] in {*FORMS, *SPECIAL}, loader.id


@pytest.mark.parametrize(
    ("name", "loader"),
    [
        ("transformers.AutoModel.from_pretrained", "transformers.from_pretrained"),
        ("transformers.models.bert.BertModel.from_pretrained", "transformers.from_pretrained"),
        ("?.from_pretrained", "from_pretrained"),
        ("peft.PeftModel.from_pretrained", "peft.from_pretrained"),
        ("torch.hub.load", "torch.hub.load"),
        ("torchvision.models.resnet18", "torchvision"),
        ("openai.OpenAI().chat.completions.create", "openai.call"),
        ("sentence_transformers.SentenceTransformer", "sentence_transformers"),
    ],
)
def test_a_callee_finds_its_row(name, loader):
    match = loader_table().match((name,))
    assert match is not None
    assert match.loader.id == loader


@pytest.mark.parametrize("name", ["json.load", "torchaudio.load", "?.load", "AutoModel.from_config", "open"])
def test_other_calls_find_none(name):
    assert loader_table().match((name,)) is None


def test_arguments_are_positions_and_keywords():
    assert argument("1,model").position == 1
    assert argument("1,model").keywords == ("model",)
    assert not argument("-")


@given(st.text(max_size=60), st.sampled_from(sorted({row.form for row in loader_table().loaders})))
def test_whatever_a_name_is_its_ref_can_be_read_or_is_refused(text, form):
    if form.partition(":")[0] not in FORMS:
        return
    loader = next(row for row in loader_table().loaders if row.form == form)
    reading = read_name(text, loader, Surroundings())
    if reading.ref:
        try:
            parse_ref(reading.ref)
        except UsageError:
            assert (
                "@" in text
                or "#" in text
                or "==" in text
                or ":" in text
                or not text.isprintable()
                or "/" in text
            )


@pytest.mark.parametrize(
    ("path", "role"),
    [
        ("app/main.py", Role.RUNTIME),
        ("tests/test_a.py", Role.TEST),
        ("src/conftest.py", Role.TEST),
        ("docs/conf.py", Role.DOCS),
        ("examples/use.py", Role.DOCS),
        ("train_lora.py", Role.TRAINING),
        ("scripts/finetune.sh", Role.TRAINING),
        ("demo.py", Role.RUNTIME),
        ("src/latest.py", Role.RUNTIME),
    ],
)
def test_the_role_is_told_by_the_path(path, role):
    assert role_of(path) is role


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("a.py", "python"),
        ("Dockerfile.gpu", "dockerfile"),
        ("compose.yaml", "compose"),
        (".github/workflows/ci.yml", "workflow"),
        ("requirements-dev.txt", "requirements"),
        ("k8s/deploy.yaml", "kubernetes"),
        ("weights/a.safetensors", "weight files"),
        ("adapter_config.json", "adapter files"),
        ("web/app.tsx", "javascript"),
        (".env.local", "configuration"),
        ("Makefile", "shell"),
    ],
)
def test_the_kind_is_told_by_the_name(path, name):
    kind = kind_of(path)
    assert kind is not None
    assert kind.name == name


@pytest.mark.parametrize("path", ["package-lock.json", "a.png", "tokenizer.json", "README", "models.lock"])
def test_other_files_have_no_reader(path):
    assert kind_of(path) is None


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind.reader], ids=lambda kind: kind.name)
def test_every_kind_has_its_reader(kind):
    found = reader_of(kind)(b"", "x", Role.RUNTIME)
    assert found.uses == ()

import tomllib

import pytest
from hypothesis import given, settings, strategies as st

from weigh.core.errors import NotFoundError, UsageError
from weigh.core.ref import parse_ref
from weigh.project.manifest import read_manifest
from weigh.project.manifest_edit import (
    NewModel,
    add_models,
    name_for,
    remove_model,
    with_models,
    without_model,
)

TEXT = """# ours
[project]
name = "shop"   # the shop

# the encoder
[models.encoder]
ref = "hf:org/encoder@main"

# the ranker, composed
[models."rank er"]
files = [
  { from = "hf:org/rank#a.bin", to = "a.bin" },  # weights
]

[models."rank er".expect]
licence = "mit"

# rows
[data.rows]
files = [{ from = "file:r.csv", to = "r.csv" }]
"""


@pytest.fixture
def path(tmp_path):
    place = tmp_path / "models.toml"
    place.write_text(TEXT, encoding="utf-8")
    return place


def test_adding_touches_no_line_of_a_person(path):
    added = add_models(path, [NewModel("hf:org/new.v2", used_by=("a.py:1", "b.py:2", "c.py:3"), title="new")])
    text = path.read_text(encoding="utf-8")
    assert added == ("new-v2",)
    left = iter(text.splitlines())
    assert all(line in left for line in TEXT.splitlines())
    declared = read_manifest(path).models["new-v2"]
    assert declared.used_by == ("a.py:1", "b.py:2", "c.py:3")
    assert declared.title == "new"
    # the comment of the next section stays with it
    assert "\n# rows\n[data.rows]" in text


def test_what_is_declared_is_not_declared_again(path):
    entries = [
        NewModel("hf:org/encoder@main"),
        NewModel("hf:org/x", name="encoder"),
        NewModel("hf:o/encoder"),
    ]
    assert add_models(path, entries) == ("encoder-2",)
    assert add_models(path, entries) == ()


@pytest.mark.parametrize("name", ["encoder", "rank er"])
def test_removing_is_the_inverse_of_what_a_person_wrote(path, name):
    remove_model(path, name)
    text = path.read_text(encoding="utf-8")
    assert set(read_manifest(path).models) == {"encoder", "rank er"} - {name}
    assert ("the encoder" in text) == (name != "encoder")
    assert "# rows\n[data.rows]" in text
    assert "# the shop" in text
    with pytest.raises(NotFoundError):
        remove_model(path, name)


def test_line_ends_of_a_person_are_kept(path):
    path.write_bytes(TEXT.replace("\n", "\r\n").encode())
    add_models(path, [NewModel("hf:org/new")])
    data = path.read_bytes()
    assert data.count(b"\n") == data.count(b"\r\n")
    remove_model(path, "new")
    assert path.read_bytes().decode() == TEXT.replace("\n", "\r\n")


@pytest.mark.parametrize(
    "text",
    [
        "models = { a = { ref = 'hf:x/y' } }\n",
        "[models]\na = { ref = 'hf:x/y' }\n",
        "models.a.ref = 'hf:x/y'\n",
        "[project]\nname = '''\n[models.a]\n'''\n[models.a]\nref = 'hf:x/y'\n",
    ],
)
def test_unusual_writing_is_edited_rightly_or_not_at_all(tmp_path, text):
    path = tmp_path / "models.toml"
    before = tomllib.loads(text)
    for edit in (
        lambda: with_models(path, text, [NewModel("hf:a/b")])[0],
        lambda: without_model(path, text, "a"),
    ):
        try:
            after = tomllib.loads(edit())
        except UsageError:
            continue
        assert {k: v for k, v in after.items() if k != "models"} == {
            k: v for k, v in before.items() if k != "models"
        }


def test_a_missing_manifest_is_begun(tmp_path):
    add_models(tmp_path / "models.toml", [NewModel("hf:org/new")])
    assert list(read_manifest(tmp_path / "models.toml").models) == ["new"]


@pytest.mark.parametrize(
    ("ref", "name"),
    [
        ("hf:sentence-transformers/all-MiniLM-L6-v2@main", "all-MiniLM-L6-v2"),
        ("tfhub:https://tfhub.dev/google/nnlm-en-dim50/2", "nnlm-en-dim50"),
        ("kaggle:google/nnlm/tensorFlow2/en-dim50/1", "en-dim50"),
        ("catalogue:torchvision/resnet50@IMAGENET1K_V2", "resnet50"),
        ("torchhub:pytorch/vision:v0.10.0#resnet50", "vision"),
        ("endpoint:openai/gpt-4o", "gpt-4o"),
        ("pypi:a.b==1#x/y.onnx", "a-b"),
        ("https://host.example/w/model%20x.pth?download=1", "model-20x"),
        ("weights/m.pt", "m"),
    ],
)
def test_a_name_is_the_last_word_of_a_ref(ref, name):
    assert name_for(ref) == name


@settings(max_examples=80, deadline=None)
@given(st.text(min_size=1, max_size=30))
def test_any_name_needs_no_quotes(text):
    try:
        parse_ref(text)
    except UsageError:
        return
    found = name_for(text)
    assert tomllib.loads(f"[models.{found}]") == {"models": {found: {}}}


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.from_regex(r"[a-z][a-z0-9.-]{0,8}/[a-z][a-z0-9.-]{0,8}", fullmatch=True),
            st.text(st.characters(exclude_categories=["Cs"]), max_size=12),
        ),
        max_size=4,
        unique_by=lambda pair: pair[0],
    )
)
def test_adding_and_removing_all_gives_the_text_back(tmp_path_factory, pairs):
    path = tmp_path_factory.mktemp("edit") / "models.toml"
    text, names = with_models(path, TEXT, [NewModel(f"hf:x-{ref}", title=title) for ref, title in pairs])
    assert len(names) == len(pairs)
    for name in names:
        text = without_model(path, text, name)
    assert text == TEXT

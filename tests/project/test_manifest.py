import pytest

from weigh.core.errors import UsageError
from weigh.core.ref import RefKind
from weigh.project.manifest import find_manifest, read_manifest

GOOD = """
[project]
name = "shop"
requires-weigh = ">=0.1"

[models.encoder]
title = "an encoder"
files = [
  { from = "pypi:a==1#pkg/model.onnx", to = "model.onnx" },
  { from = "pypi:b==2#pkg/model", only = ["config.json", "1_Pooling/config.json"] },
]

[data.reviews]
files = [{ from = "file:data/r.tsv", to = "r.tsv", constants = { domain = "shop" } }]
format = "tsv"
columns = ["id", "text"]
quote = ""
where = "length(text) > 3"
group = "before(id, '_')"
"""


def write(folder, text):
    path = folder / "models.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_manifest_declares_models_and_data(tmp_path):
    manifest = read_manifest(write(tmp_path, GOOD))
    model, data = manifest.models["encoder"], manifest.data["reviews"]
    assert [p.to for p in model.parts] == ["model.onnx", ""]
    assert model.parts[1].only == ("config.json", "1_Pooling/config.json")
    assert model.spec is None
    assert data.spec is not None
    assert data.spec.files[0].constants == (("domain", "shop"),)
    assert data.spec.quote == ""
    assert data.parts[0].ref.kind is RefKind.FILE
    assert data.parts[0].ref.name == str(tmp_path / "data/r.tsv")


def test_the_manifest_is_found_from_a_folder_below(tmp_path):
    path = write(tmp_path, GOOD)
    (tmp_path / "src" / "deep").mkdir(parents=True)
    assert find_manifest(tmp_path / "src" / "deep") == path


def test_the_shipped_demo_is_an_ordinary_manifest():
    from importlib.resources import files

    manifest = read_manifest(files("weigh") / "demo" / "models.toml")
    assert set(manifest.models) == {"minilm"}
    assert manifest.data["reviews"].spec.group


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("[models", "models.toml"),
        ("[models.a]\nfiles = []", "lists no files"),
        ("[models.a]\nfiles = [{ from = 'x', too = 'y' }]", "too"),
        ("[models.a]\ntoken = 'secret'\nfiles = [{ from = 'x' }]", "token"),
        ("[models.a]\nfiles = [{ from = 'http://example.org/x' }]", "plain http"),
        ("[models.a]\nfiles = [{ from = 'x', to = '../out' }]", "outside its folder"),
        ("[models.a]\nfiles = [{ from = 'x', only = ['/etc/passwd'] }]", "outside its folder"),
        ("[data.a]\nfiles = 3", "array"),
        ("nothing = 1", "nothing"),
    ],
)
def test_a_bad_manifest_is_one_clear_message(tmp_path, text, part):
    with pytest.raises(UsageError) as caught:
        read_manifest(write(tmp_path, text))
    assert part in str(caught.value)


def test_bytes_that_are_no_text_are_refused(tmp_path):
    (tmp_path / "models.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageError):
        read_manifest(tmp_path / "models.toml")


@pytest.mark.parametrize(
    "name", ["/etc/passwd", "../up.csv", "a/../../up.csv", "~/secret", "link/inside.csv"]
)
def test_a_manifest_names_no_file_outside_its_project(tmp_path, name):
    (tmp_path / "outside").mkdir()
    (tmp_path / "project").mkdir()
    (tmp_path / "project/link").symlink_to(tmp_path / "outside")
    text = f'[data.d]\nfiles = [{{ from = "file:{name}", to = "d.csv" }}]\n'
    with pytest.raises(UsageError, match="outside its own folder"):
        read_manifest(write(tmp_path / "project", text))


def test_a_manifest_nested_without_end_is_one_message(tmp_path):
    with pytest.raises(UsageError, match="nested too deeply"):
        read_manifest(write(tmp_path, "a = " + "[" * 5000))


APPROVE = """
[[approve]]
sha256 = "{sha256}"
names = [{names}]
because = "{because}"
date = 2026-11-21
"""


def approving(**changes):
    return APPROVE.format(**{"sha256": "a" * 64, "names": '"acme.Layer"', "because": "read it", **changes})


def test_a_manifest_approves_callables_of_a_file(tmp_path):
    (said,) = read_manifest(write(tmp_path, GOOD + approving())).approvals
    assert (said.sha256, said.names, said.because, said.by) == ("a" * 64, ("acme.Layer",), "read it", "")
    assert said.date.isoformat() == "2026-11-21"


@pytest.mark.parametrize(
    "changes",
    [{"sha256": "A" * 64}, {"sha256": "a" * 63}, {"names": ""}, {"names": '" "'}, {"because": " "}],
)
def test_an_approval_that_says_nothing_is_refused(tmp_path, changes):
    with pytest.raises(UsageError):
        read_manifest(write(tmp_path, approving(**changes)))


SHORT = """
[models.encoder]
ref = "hf:org/name@main"
include = ["*.safetensors", "tokenizer/"]
exclude = ["*.bin"]
remote-code = "pinned"
groups = ["runtime"]
aliases = ["name"]
used-by = ["src/a.py:3"]
signer = "release@org.example"
as = ["hf", "torch-checkpoint:a.pth"]

[models.encoder.expect]
licence = "mit"
params = "< 1.5B"
library = "transformers"
"""


def test_the_short_form_says_the_same_as_files(tmp_path):
    model = read_manifest(write(tmp_path, SHORT)).models["encoder"]
    (part,) = model.parts
    assert str(part.ref) == "hf:org/name@main"
    assert (part.only, part.exclude) == (("*.safetensors", "tokenizer/*"), ("*.bin",))
    assert (model.remote_code, model.groups, model.aliases) == ("pinned", ("runtime",), ("name",))
    assert (model.used_by, model.signer) == (("src/a.py:3",), "release@org.example")
    assert [(p.family, p.key) for p in model.put_as] == [("hf", ""), ("torch-checkpoint", "a.pth")]
    assert (model.expect.licences, model.expect.library) == (("mit",), "transformers")
    assert model.expect.params == ("<", 1_500_000_000)


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("[models.a]\nreff = 'hf:a/b'", "did you mean 'ref'?"),
        ("[models.a]\nref = 'hf:a/b'\nremote_code = 'deny'", "did you mean 'remote-code'?"),
        ("[models.a]\nref = 'hf:a/b'\n[models.a.expect]\nlicense = 'mit'", "did you mean 'licence'?"),
        ("[model.a]\nref = 'hf:a/b'", "did you mean 'models'?"),
        ("[project]\nrequires = '1'", "requires-weigh"),
        ("[data.a]\nfiles = []\ncolumn = ['a']", "did you mean 'columns'?"),
        ("[models.a]\nref = 'hf:a/b'\ntoken = 'x'", "it knows: "),
        ("[models.a]\nref = 'hf:a/b'\nfiles = [{ from = 'x' }]", "both files and ref"),
        ("[models.a]\nfiles = [{ from = 'x' }]\ninclude = ['*']", "short form"),
        ("[models.a]\nref = 'hf:a/b'\nremote-code = 'allow'", "remote-code"),
        ("[models.a]\nref = 'hf:a/b'\ninclude = ['../*']", "outside its folder"),
        ("[models.a]\nref = 'file:../x'", "outside its own folder"),
        ("[models.'../a']\nref = 'hf:a/b'", "name of a folder"),
        ("[models.'a/b']\nref = 'hf:a/b'", "name of a folder"),
        ("[project]\nrequires-weigh = '>=99'", "for another weigh"),
        ("[project]\nrequires-weigh = 'new'", "requires-weigh"),
    ],
)
def test_a_bad_model_is_one_clear_message(tmp_path, text, part):
    with pytest.raises(UsageError) as caught:
        read_manifest(write(tmp_path, text))
    assert part in str(caught.value)

"""What a model's own files say of its licence, its origin and its code."""

import json

import pytest

from weigh.core.events import Silent
from weigh.project.edges import parameters, same_artifact, told_by
from weigh.project.lock import Edge, Lock
from weigh.project.resolve import ad_hoc, resolve
from weigh.sources.file import FileSource
from weigh.store.blobs import Blobs


@pytest.fixture
def told(tmp_path):
    blobs = Blobs(tmp_path / "store")

    def read(files, ask=told_by):
        folder = tmp_path / "model"
        for path, content in files.items():
            place = folder / path
            place.parent.mkdir(parents=True, exist_ok=True)
            text = content if isinstance(content, str) else json.dumps(content)
            place.write_text(text, encoding="utf-8")
        declaration = ad_hoc("model", section="models.m", folder=tmp_path)
        lines = resolve(declaration, Lock(), lambda _: FileSource(events=Silent()), blobs).files
        return ask(lines, blobs)

    return read


def card(**fields):
    return "---\n" + "".join(f"{k}: {json.dumps(v)}\n" for k, v in fields.items()) + "---\n# A model\n"


@pytest.mark.parametrize(
    ("fields", "licence"),
    [
        ({"license": "mit"}, "mit"),
        ({"license": ["mit", "apache-2.0"]}, "mit, apache-2.0"),
        ({"license": "other", "license_name": "acme-community"}, "acme-community"),
        ({}, ""),
    ],
)
def test_the_card_declares_the_licence(told, fields, licence):
    found = told({"README.md": card(**fields), "LICENSE": "Do as you like.\n", "licences.py": "x = 1\n"})
    assert found.licence == licence
    assert [path for path, _ in found.licence_files] == ["LICENSE"]


def test_a_card_an_adapter_and_a_sentence_encoder_name_what_they_are_made_of(told):
    assert told({"README.md": card(base_model=["org/a", "org/b"], base_model_relation="merge")}).base == (
        Edge("merge", "hf:org/a"),
        Edge("merge", "hf:org/b"),
    )
    adapter = {"base_model_name_or_path": "org/base", "revision": "v2"}
    assert told({"README.md": card(base_model="org/base"), "adapter_config.json": adapter}).base == (
        Edge("adapter", "hf:org/base@v2"),
    )


def test_the_inner_model_of_a_sentence_encoder_tells_its_origin(told):
    files = {"modules.json": [], "config.json": {"_name_or_path": "nreimers/MiniLM-L6-H384-uncased"}}
    assert told(files).base == (Edge("initialised-from", "hf:nreimers/MiniLM-L6-H384-uncased"),)


@pytest.mark.parametrize(
    "name", ["/srv/me/model", "./out", "a/b/c", "../x/y", "x y", "", 3, None, "org/\x1b[31m"]
)
def test_what_is_no_name_of_a_hub_is_no_edge(told, name):
    assert told({"adapter_config.json": {"base_model_name_or_path": name}}).base == ()


def test_code_is_what_the_settings_name_and_what_that_imports(told):
    found = told(
        {
            "config.json": {
                "auto_map": {"AutoModel": "net.Net", "AutoConfig": ["conf.Conf", None], "AutoX": "gone.X"}
            },
            "net.py": "from .parts.layer import Layer\nfrom . import shared\nimport os\n",
            "conf.py": "class Conf: pass\n",
            "parts/layer.py": "from ..deep import thing\n",
            "shared.py": "",
            "deep.py": "",
            "train.py": "",
            "unet/config.json": {"auto_map": {"AutoModel": "unet_net.Net"}},
            "unet/unet_net.py": "",
            "model_index.json": {
                "_class_name": ["pipe", "Pipe"],
                "unet": ["own", "Unet"],
                "vae": ["diffusers", "V"],
            },
            "pipe.py": "",
            "unet/own.py": "",
            "modules.json": [{"type": "pool.Pooling", "path": "1"}],
            "pool.py": "",
            "custom_generate/generate.py": "",
        }
    )
    assert found.code == (
        "conf.py", "custom_generate/generate.py", "deep.py", "net.py", "parts/layer.py", "pipe.py", "pool.py",
        "shared.py", "unet/own.py", "unet/unet_net.py",
    )  # fmt: skip


def test_code_that_cannot_be_read_may_import_everything(told):
    found = told({"config.json": {"auto_map": {"A": "net.Net"}}, "net.py": "def (:\n", "other.py": ""})
    assert found.code == ("net.py", "other.py")


def test_code_of_another_repository_is_an_edge(told):
    found = told({"config.json": {"auto_map": {"AutoModel": "org/other--sub.net.Net"}}})
    assert found.base == (Edge("remote-code", "hf:org/other#sub/net.py"),)
    assert found.code == ()


@pytest.mark.parametrize(
    "text", ["{", "[" * 5000, '{"auto_map": 3}', '{"auto_map": {"A": {"B": 1}}}', "\x00", "NaN"]
)
def test_settings_that_are_broken_say_nothing(told, text):
    found = told({"config.json": text, "adapter_config.json": text, "modules.json": text, "README.md": text})
    assert (found.base, found.code, found.licence) == ((), (), "")


def test_parameters_are_counted_without_loading(told):
    header = json.dumps({"w": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}})
    text = len(header).to_bytes(8, "little").decode("latin-1") + header + "\0" * 24
    assert told({"model.safetensors": text}, ask=parameters) == 6
    assert told({"model.safetensors": "no", "a.txt": ""}, ask=parameters) is None


def test_files_of_two_folders_are_not_one_artifact():
    assert same_artifact("hf:a/b@main", "hf:a/b/" + "c" * 40 + "#x")
    assert not same_artifact("hf:a/b", "hf:datasets/a/b")
    assert not same_artifact("file:a", "file:a")

"""The local hub is one: the hub's own client, unmodified, downloads from it. And from it weigh the same."""

import hashlib

import pytest

pytestmark = pytest.mark.clients
huggingface_hub = pytest.importorskip("huggingface_hub")

FILES = {
    "README.md": b"---\nlicense: mit\n---\n",
    "config.json": b"{}",
    "model.safetensors": bytes(range(256)) * 4096,
    "onnx/model.onnx": b"graph",
}


@pytest.fixture(autouse=True)
def _content_network_of_another_name(hub):
    # Releases 1.x follow a redirect that stays on one host name, whatever its port, as the hub's own.
    hub.cdn_host = "localhost"


@pytest.mark.parametrize("page", [2, 1000])
def test_a_snapshot_is_downloaded_whole(hub, tmp_path, page):
    hub.page = page
    hub.repo("acme/tiny", FILES)
    place = huggingface_hub.snapshot_download("acme/tiny", endpoint=hub.endpoint, cache_dir=tmp_path / "c")
    for path, data in FILES.items():
        with open(f"{place}/{path}", "rb") as file:
            assert file.read() == data
    assert place.endswith(hub.repos["acme/tiny"].refs["main"])
    print(f"\nhuggingface_hub {huggingface_hub.__version__}: {len(FILES)} files, {len(hub.seen)} requests")


def test_one_file_of_an_older_commit(hub, tmp_path):
    repo = hub.repo("acme/tiny", FILES)
    old = repo.refs["main"]
    repo.commit(FILES | {"config.json": b"[]"})
    for revision, expected in ((old, b"{}"), ("main", b"[]")):
        place = huggingface_hub.hf_hub_download(
            "acme/tiny", "config.json", revision=revision, endpoint=hub.endpoint, cache_dir=tmp_path / "c"
        )
        with open(place, "rb") as file:
            assert file.read() == expected


def test_a_gate_opens_with_the_token_which_stays_at_home(hub, tmp_path):
    from huggingface_hub.errors import GatedRepoError

    hub.repo("acme/tiny", FILES).gated = True
    ask = {"endpoint": hub.endpoint, "cache_dir": tmp_path / "c"}
    with pytest.raises(GatedRepoError):
        huggingface_hub.hf_hub_download("acme/tiny", "model.safetensors", token=False, **ask)
    place = huggingface_hub.hf_hub_download("acme/tiny", "model.safetensors", token=hub.token, **ask)
    with open(place, "rb") as file:
        assert hashlib.sha256(file.read()).digest() == hashlib.sha256(FILES["model.safetensors"]).digest()
    assert {s.token for s in hub.asked("cdn")} <= {""}


def test_a_data_set_and_what_is_not_there(hub, tmp_path):
    from huggingface_hub.errors import EntryNotFoundError, RepositoryNotFoundError, RevisionNotFoundError

    hub.repo("datasets/acme/rows", {"train.csv": b"a\n"})
    hub.repo("acme/tiny", FILES)
    ask = {"endpoint": hub.endpoint, "cache_dir": tmp_path / "c"}
    assert huggingface_hub.hf_hub_download("acme/rows", "train.csv", repo_type="dataset", **ask)
    with pytest.raises(EntryNotFoundError):
        huggingface_hub.hf_hub_download("acme/tiny", "nothing.json", **ask)
    with pytest.raises(RevisionNotFoundError):
        huggingface_hub.snapshot_download("acme/tiny", revision="v9", **ask)
    with pytest.raises(RepositoryNotFoundError):
        huggingface_hub.hf_hub_download("acme/none", "config.json", token=False, **ask)

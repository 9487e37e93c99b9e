"""obstore itself talks to a small S3 here: lists, heads, ranges, versions, conditions."""

import contextlib
import hashlib
from urllib.parse import parse_qs, quote, unquote, urlsplit
from xml.sax.saxutils import escape

import pytest
from tests.sources.disk_sink import DiskSink
from tests.sources.loopback import Answer, Loopback

from weigh.core.errors import (
    IntegrityError,
    NotFoundError,
    OfflineError,
    RefusedError,
    UnknownAnswerError,
    UsageError,
    WeighError,
)
from weigh.core.ref import RefKind, parse_ref
from weigh.sources.object_settings import read_store_settings
from weigh.sources.object_store import ObjectStoreSource, _at, _place
from weigh.sources.source import Locked

pytest.importorskip("obstore", reason="the extra [objects] is not installed")

WEIGHTS = bytes(range(256)) * 4096
FILES = {"models/tiny/model.onnx": WEIGHTS, "models/tiny/conf/a b.json": b"{}", "models/tiny2/other": b"x"}


class Bucket(Loopback):
    """The bucket `acme`; `versions` keeps every version of a key, the last is the newest."""

    def __init__(self):
        super().__init__(self.answer)
        self.versions = {key: [data] for key, data in FILES.items()}
        self.versioned = False
        self.also_listed = []
        self.tamper = None
        self.secret = False
        self.page = 1000
        self.headers = {}

    def answer(self, asked):
        parts = urlsplit(asked.path)
        query = {k: v[0] for k, v in parse_qs(parts.query, keep_blank_values=True).items()}
        if self.secret and "AWS4-HMAC-SHA256" not in asked.login:
            return Answer(b"<Error><Code>AccessDenied</Code></Error>", 403)
        _, bucket, *rest = unquote(parts.path).split("/", 2)
        if bucket != "acme":
            return Answer(b"<Error><Code>NoSuchBucket</Code></Error>", 404)
        if "list-type" in query:
            return self.listing(query)
        return self.object(asked, rest[0], query)

    def listing(self, query):
        keys = sorted(k for k in self.versions if k.startswith(query.get("prefix", "")))
        keys += self.also_listed
        at = int(query.get("continuation-token", "0"))
        items = "".join(
            f"<Contents><Key>{escape(k)}</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified>"
            f'<ETag>"{self.tag(k)}"</ETag><Size>{len(self.versions.get(k, [b""])[-1])}</Size></Contents>'
            for k in keys[at : at + self.page]
        )
        more = at + self.page < len(keys)
        token = f"<NextContinuationToken>{at + self.page}</NextContinuationToken>" if more else ""
        cut = f"<IsTruncated>{str(more).lower()}</IsTruncated>"
        return Answer(f"<ListBucketResult>{cut}{token}{items}</ListBucketResult>".encode())

    def tag(self, key):
        return hashlib.md5(self.versions.get(key, [b""])[-1]).hexdigest()

    def object(self, asked, key, query):
        kept = self.versions.get(key)
        if not kept:
            return Answer(b"<Error><Code>NoSuchKey</Code></Error>", 404)
        number = int(query.get("versionId", f"v{len(kept) - 1}")[1:])
        data = kept[number]
        tag = f'"{hashlib.md5(data).hexdigest()}"'
        if asked.headers.get("if-match", tag) != tag:
            return Answer(b"<Error><Code>PreconditionFailed</Code></Error>", 412)
        headers = {"ETag": tag, "Last-Modified": "Thu, 01 Jan 2026 00:00:00 GMT"}
        if self.versioned:
            headers["x-amz-version-id"] = f"v{number}"
        if self.tamper and asked.method == "GET":
            data = self.tamper(data)
        return Answer(data, headers=headers | self.headers)


@pytest.fixture
def bucket(monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "http_proxy", "HTTP_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with Bucket() as server:
        yield server


@pytest.fixture
def make(bucket, sink, recorder, tmp_path):
    def build(**environ):
        offline = environ.pop("offline", False)
        given = {"AWS_ENDPOINT_URL": bucket.url, "HOME": str(tmp_path)} | environ
        return ObjectStoreSource(RefKind.S3, environ=given, events=recorder, sink=sink, offline=offline)

    return build


@pytest.mark.parametrize("text", ["s3:acme/models/tiny", "s3://acme/models/tiny/"])
def test_a_prefix_is_a_folder_and_every_object_is_hashed_here(make, sink, text):
    source = make()
    entries = source.entries(parse_ref(text))
    assert [(e.path, e.size) for e in entries] == [("conf/a b.json", 2), ("model.onnx", len(WEIGHTS))]
    for entry in entries:
        got = source.fetch(parse_ref(str(entry.ref)), sink)
        assert sink.path(got.sha256).read_bytes() == FILES["models/tiny/" + entry.path]
        assert not got.promised


def test_one_object_and_pages_of_a_list(make, bucket):
    bucket.page = 1
    assert [e.path for e in make().entries(parse_ref("s3:acme/models/tiny/model.onnx"))] == ["model.onnx"]
    assert len(make().entries(parse_ref("s3:acme/models"))) == 3
    assert len(make().entries(parse_ref("s3:acme"))) == 3


def test_versions_are_kept_in_the_refs_and_outlive_an_overwrite(make, bucket, sink):
    bucket.versioned = True
    ref = parse_ref("s3:acme/models/tiny/model.onnx")
    before = make().origin(ref)
    assert (str(before.exact), before.moving, before.declared_version) == (f"{ref}?version=v0", True, "v0")
    listed = make().entries(parse_ref("s3:acme/models/tiny"))
    assert all(str(e.ref).endswith("?version=v0") for e in listed)
    bucket.versions["models/tiny/model.onnx"].append(b"new")
    again = make().origin(parse_ref(str(before.exact)))
    assert (again.moving, again.exact) == (False, before.exact)
    assert make().origin(ref).declared_version == "v1"
    assert sink.path(make().fetch(before.exact, sink).sha256).read_bytes() == WEIGHTS


def test_a_lock_notices_other_bytes(make, bucket, sink):
    ref = parse_ref("s3:acme/models/tiny/model.onnx")
    locked = Locked("", "", len(WEIGHTS), hashlib.sha256(WEIGHTS).hexdigest())
    assert make().fetch(ref, sink, locked=locked).promised
    for other in (WEIGHTS[:-1] + b"!", WEIGHTS + b"more", b""):
        bucket.versions["models/tiny/model.onnx"] = [other]
        fresh = DiskSink(sink.root / f"fresh{len(other)}{other[-1:].hex()}")
        with pytest.raises(IntegrityError, match="not what was promised"):
            make().fetch(ref, fresh, locked=locked)
        assert fresh.blobs() == []


def test_an_interrupted_object_goes_on_where_it_broke(make, bucket, sink):
    locked = Locked("", "", len(WEIGHTS), hashlib.sha256(WEIGHTS).hexdigest())
    key = f"object/{locked.sha256}"
    with (
        contextlib.suppress(KeyboardInterrupt),
        sink.writer(sha256=locked.sha256, size=locked.size, resume_key=key) as writer,
    ):
        writer.write(WEIGHTS[:500_000])
        raise KeyboardInterrupt
    got = make().fetch(parse_ref("s3:acme/models/tiny/model.onnx"), sink, locked=locked)
    assert got.transferred == len(WEIGHTS) - 500_000
    assert sink.path(got.sha256).read_bytes() == WEIGHTS


@pytest.mark.parametrize("tamper", [lambda d: d[:-1], lambda d: d + b"more"])
def test_a_store_that_sends_another_number_of_bytes_than_it_states(make, bucket, sink, tamper):
    bucket.tamper = tamper
    with pytest.raises(WeighError):
        make().fetch(parse_ref("s3:acme/models/tiny/model.onnx"), sink)
    assert sink.blobs() == []


@pytest.mark.parametrize(
    "key", ["models/tiny/../../up", "models/tiny//x", "models/tiny/a#b", "models/tiny/a?b"]
)
def test_keys_that_leave_are_refused(make, bucket, key):
    bucket.also_listed = [key]
    with pytest.raises(WeighError) as caught:
        make().entries(parse_ref("s3:acme/models/tiny"))
    assert isinstance(caught.value, RefusedError | OfflineError | IntegrityError)


def test_a_store_that_lists_what_was_not_asked_for(make, bucket):
    bucket.also_listed = ["elsewhere/secret"]
    with pytest.raises(IntegrityError, match="asked was only"):
        make().entries(parse_ref("s3:acme/models/tiny"))


def test_keys_come_from_the_environment_or_the_users_own_file(make, bucket, tmp_path):
    bucket.secret = True
    ref = parse_ref("s3:acme/models/tiny/model.onnx")
    with pytest.raises(UnknownAnswerError, match="AWS_ACCESS_KEY_ID"):
        make().entries(ref)
    assert make(AWS_ACCESS_KEY_ID="a", AWS_SECRET_ACCESS_KEY="b").entries(ref)
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws" / "credentials").write_text(
        "[default]\naws_access_key_id=x\n[work]\naws_access_key_id = a\naws_secret_access_key = s3cret\n"
    )
    assert make(AWS_PROFILE="work").entries(ref)
    found = read_store_settings(RefKind.S3, {"HOME": str(tmp_path), "AWS_PROFILE": "work"})
    assert found.config["secret_access_key"] == "s3cret"
    assert "s3cret" not in repr(found)


def test_what_is_not_there(make):
    for text in ("s3:acme/nope", "s3:other/nope"):
        with pytest.raises(NotFoundError):
            make().entries(parse_ref(text))
    with pytest.raises(NotFoundError):
        make().origin(parse_ref("s3:acme/nope"))


def test_offline_asks_nobody(make, bucket):
    with pytest.raises(OfflineError):
        make(offline=True).entries(parse_ref("s3:acme/models"))
    assert bucket.seen == []


@pytest.mark.parametrize(
    "text", ["s3:", "s3:a b/c", "s3:acme/../x", "s3:acme/a//b", "s3:UPPER/x", "s3:http://evil/x"]
)
def test_what_is_no_object_is_told(make, text):
    with pytest.raises(UsageError):
        make().entries(parse_ref(text))


@pytest.mark.parametrize("url", ["http://10.0.0.1:9000", "https://u:pw@store.example", "ftp://x"])
def test_addresses_of_stores_that_are_refused(make, url):
    with pytest.raises(UsageError) as caught:
        make(AWS_ENDPOINT_URL=url).entries(parse_ref("s3:acme/models"))
    assert "pw" not in str(caught.value)


def test_settings_of_the_other_clouds():
    with pytest.raises(UsageError, match="AZURE_STORAGE_ACCOUNT_NAME"):
        read_store_settings(RefKind.AZ, {})
    found = read_store_settings(
        RefKind.AZ, {"AZURE_STORAGE_ACCOUNT": "a", "AZURE_STORAGE_SAS_TOKEN": "s3cret"}
    )
    assert found.config == {"account_name": "a", "sas_key": "s3cret"}
    assert "s3cret" not in repr(found)
    assert read_store_settings(RefKind.AZ, {"AZURE_STORAGE_ACCOUNT": "a"}).config["skip_signature"]
    assert read_store_settings(RefKind.GS, {}).config == {"skip_signature": True}
    key = {"GOOGLE_APPLICATION_CREDENTIALS": "key.json"}
    assert read_store_settings(RefKind.GS, key).config == {"service_account": "key.json"}


def test_a_version_with_odd_characters_survives_the_ref():
    place = _place(parse_ref("s3:acme/k"))
    ref = parse_ref(str(_at(parse_ref("s3:acme/k"), place, "k", "a/b+c=")))
    assert _place(ref).version == "a/b+c="
    assert quote("a/b+c=", safe="") in str(ref)

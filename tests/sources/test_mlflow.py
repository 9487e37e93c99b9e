import json
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from tests.sources.loopback import Answer, Loopback

from weigh.core.errors import (
    IntegrityError,
    MalformedError,
    NotFoundError,
    RefusedError,
    UnknownAnswerError,
    UsageError,
    WeighError,
)
from weigh.core.ref import parse_ref
from weigh.sources.host_http import HostHttp
from weigh.sources.mlflow import MlflowSource, read_mlflow_settings
from weigh.sources.source import Locked
from weigh.system.credentials import Credentials

WEIGHTS = bytes(range(256)) * 500
FILES = {"MLmodel": b"flavors: {}\n", "data/weights é.bin": WEIGHTS}
ROOT = "0/models/m-1/artifacts"


class Tracking(Loopback):
    """A tracking server with the model `churn`, versions 1 and 2, as MLflow 3 answers."""

    def __init__(self):
        super().__init__(self.answer)
        self.files = {f"{ROOT}/{path}": data for path, data in FILES.items()}
        self.champion = "1"
        self.uri = f"mlflow-artifacts:/{ROOT}"
        self.version = {}
        self.listed = None
        self.login = ""
        self.location = ""

    def answer(self, asked):
        if self.login and asked.login != self.login:
            return Answer(b"who are you", 401)
        parts = urlsplit(asked.path)
        query = {k: v[0] for k, v in parse_qs(parts.query).items()}
        path = unquote(parts.path)
        if path.endswith("registered-models/alias"):
            known = query == {"name": "churn", "alias": "champion"}
            return self.said(self.champion) if known else Answer(b"{}", 404)
        if path.endswith("model-versions/get"):
            known = query["name"] == "churn" and query["version"] in {"1", "2"}
            return self.said(query["version"]) if known else Answer(b"{}", 404)
        if path.endswith("get-download-uri"):
            return json.dumps({"artifact_uri": self.uri}).encode()
        if path.endswith("runs/get"):
            return json.dumps({"run": {"info": {"artifact_uri": self.uri, "user_id": "ada"}}}).encode()
        if path.endswith("mlflow-artifacts/artifacts"):
            return self.listing(query.get("path", ""))
        if self.location:
            return Answer(b"", 302, {"Location": self.location})
        return self.files.get(path.rpartition("mlflow-artifacts/artifacts/")[2])

    def said(self, version):
        named = {"name": "churn", "version": version, "user_id": "ada"} | self.version
        return json.dumps({"model_version": named}).encode()

    def listing(self, path):
        if self.listed is not None:
            return json.dumps({"files": self.listed}).encode()
        found = {}
        for file, data in self.files.items():
            if file.startswith(path + "/"):
                name, slash, _ = file.removeprefix(path + "/").partition("/")
                found[name] = {
                    "path": name,
                    "is_dir": bool(slash),
                    **({} if slash else {"file_size": len(data)}),
                }
        return json.dumps({"files": list(found.values())} if found else {}).encode()


@pytest.fixture
def tracking():
    with Tracking() as server:
        yield server


@pytest.fixture
def make(tracking, sink, recorder):
    opened = []

    def build(*, private=(), **environ):
        settings = read_mlflow_settings({"MLFLOW_TRACKING_URI": tracking.url + "/"} | environ)
        http = HostHttp(
            lambda url: settings.header(Credentials(), url),
            allowed_private_hosts=frozenset({tracking.host, *private}),
        )
        http.pause = lambda seconds: None
        opened.append(http)
        return MlflowSource(http=http, server=settings.server, events=recorder, sink=sink)

    yield build
    for http in opened:
        http.close()


@pytest.mark.parametrize(
    "text", ["mlflow:models/churn/1", "mlflow:models/churn@champion", "mlflow:churn@champion"]
)
def test_every_file_of_a_version(make, sink, text):
    source = make()
    entries = source.entries(parse_ref(text))
    assert [(e.path, e.size) for e in entries] == [("MLmodel", 12), ("data/weights é.bin", len(WEIGHTS))]
    for entry in entries:
        got = source.fetch(parse_ref(str(entry.ref)), sink)
        assert sink.path(got.sha256).read_bytes() == FILES[entry.path]


def test_a_folder_a_file_and_a_run(make, sink):
    assert [e.path for e in make().entries(parse_ref("mlflow:models/churn/1#data"))] == ["weights é.bin"]
    assert [e.path for e in make().entries(parse_ref("mlflow:models/churn/1#MLmodel"))] == ["MLmodel"]
    (entry,) = make().entries(parse_ref("mlflow:runs/abc123/data/weights é.bin"))
    assert sink.path(make().fetch(entry.ref, sink).sha256).read_bytes() == WEIGHTS
    run = make().origin(parse_ref("mlflow:runs/abc123"))
    assert (run.moving, run.owner) == (False, "ada")


def test_an_alias_is_found_at_a_version_and_the_lock_stays_there(make, tracking):
    ref = parse_ref("mlflow:models/churn@champion")
    before = make().origin(ref)
    assert (str(before.exact), before.moving, before.declared_version, before.owner) == (
        "mlflow:models/churn@champion/1", True, "1", "ada",
    )  # fmt: skip
    tracking.champion = "2"
    again = make().origin(parse_ref(str(before.exact)))
    assert (again.exact, again.moving, again.declared_version) == (before.exact, False, "1")
    assert make().origin(ref).declared_version == "2"


def test_other_bytes_than_locked_are_never_visible(make, sink):
    with pytest.raises(IntegrityError, match="not what was promised"):
        make().fetch(parse_ref("mlflow:models/churn/1#MLmodel"), sink, locked=Locked("", "", 12, "1" * 64))
    assert sink.blobs() == []


def test_the_login_goes_to_the_server_alone(make, tracking, sink):
    tracking.login = "Bearer t0"
    ref = parse_ref("mlflow:models/churn/1#MLmodel")
    with pytest.raises(UnknownAnswerError):
        make().fetch(ref, sink)
    with Loopback(lambda asked: b"flavors: {}\n") as store:
        tracking.location = store.url + "/x"
        make(private=[store.host], MLFLOW_TRACKING_TOKEN="t0").fetch(ref, sink)
        assert [a.login for a in store.seen] == [""]
    tracking.login = "Basic YTpi"
    assert make(MLFLOW_TRACKING_USERNAME="a", MLFLOW_TRACKING_PASSWORD="b").origin(ref)


def test_files_in_a_cloud_are_named_and_not_followed(make, tracking):
    tracking.uri = "s3://acme/models/churn"
    with pytest.raises(UnknownAnswerError, match="s3:acme/models/churn"):
        make().entries(parse_ref("mlflow:models/churn/1"))
    tracking.uri = "mlflow-artifacts://evil.example:80/x"
    with pytest.raises(RefusedError):
        make().entries(parse_ref("mlflow:models/churn/1"))


@pytest.mark.parametrize("uri", ["file:///etc", "/etc", "dbfs:/x", "mlflow-artifacts:/a/../../b"])
def test_places_that_are_refused(make, tracking, uri):
    tracking.uri = uri
    with pytest.raises(WeighError):
        make().entries(parse_ref("mlflow:models/churn/1"))


@pytest.mark.parametrize("path", ["../up", "/root", "a/../../b", f"{ROOT}/a/b", "x!/y", "a#b", "\x1b[2J"])
def test_names_that_leave_are_refused(make, tracking, path):
    tracking.listed = [{"path": path, "file_size": 1}]
    with pytest.raises(RefusedError, match="a file of it is called"):
        make().entries(parse_ref("mlflow:models/churn/1"))


def test_a_folder_that_holds_itself_for_ever_comes_to_an_end(make, tracking):
    tracking.listed = [{"path": "again", "is_dir": True}]
    with pytest.raises(RefusedError, match="more than a model"):
        make().entries(parse_ref("mlflow:models/churn/1"))


@pytest.mark.parametrize(
    "version", [{"name": "other"}, {"version": "9"}, {"version": "x"}, {"version": 1}, {"name": None}]
)
def test_answers_that_cannot_be(make, tracking, version):
    tracking.version = version
    with pytest.raises(MalformedError):
        make().entries(parse_ref("mlflow:models/churn/1"))


def test_what_is_not_there(make):
    for text in ("mlflow:models/nope/1", "mlflow:models/churn@nope", "mlflow:models/churn/1#nope"):
        with pytest.raises(NotFoundError):
            make().entries(parse_ref(text))


@pytest.mark.parametrize(
    "text", ["mlflow:models/churn", "mlflow:models/churn/x", "mlflow:runs/a:b", "mlflow:a/b/c"]
)
def test_what_names_no_version_is_told(make, text):
    with pytest.raises(UsageError):
        make().entries(parse_ref(text))


@pytest.mark.parametrize("uri", ["", "sqlite:///x.db", "https://u:pw@host", "file:///tmp"])
def test_settings_that_cannot_be(uri):
    with pytest.raises(UsageError) as caught:
        read_mlflow_settings({"MLFLOW_TRACKING_URI": uri})
    assert "pw" not in str(caught.value)

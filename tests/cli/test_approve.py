import hashlib
import json
import tomllib
from datetime import date

import pytest
from click.testing import CliRunner

from weigh.cli.approve import approve
from weigh.core.errors import NotFoundError, RefusedError, UsageError
from weigh.core.gate import Word
from weigh.formats.reader import BytesReader
from weigh.formats.table import read_file
from weigh.jobs.approve import approved_findings
from weigh.project.manifest import Approval, read_manifest

UNKNOWN = b"\x80\x02cacme.layers\nAttention\n)\x81}b0cacme.layers\nScale\n)\x81."
"""Two instances of classes nobody knows."""
ATTACK = b"\x80\x02cos\nsystem\nX\x04\x00\x00\x00true\x85R0cacme.layers\nScale\n)\x81."
BEFORE = "# ours\n[project]\nname = 'shop'  # kept\n"


@pytest.fixture
def call(tmp_path, monkeypatch):
    """Call the command in a fresh project that holds a file; returns what it printed."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "models.toml").write_text(BEFORE, encoding="utf-8")
    (tmp_path / "model.pkl").write_bytes(UNKNOWN)

    def run(*arguments):
        ended = CliRunner().invoke(approve, arguments, standalone_mode=False)
        if ended.exception is not None:
            raise ended.exception
        assert ended.return_value == 0
        return ended.stdout

    return run


def test_an_approval_is_written_and_the_rest_stays(call, tmp_path):
    said = call("model.pkl", "acme.layers.Attention", "--because", 'read "it"\nall', "--by", "Ada, platform")
    text = (tmp_path / "models.toml").read_text(encoding="utf-8")
    assert "Attention  approved" in said
    assert "not approved: acme.layers.Scale" in said
    assert text.startswith(BEFORE)
    (kept,) = read_manifest(tmp_path / "models.toml").approvals
    assert kept.sha256 == hashlib.sha256(UNKNOWN).hexdigest()
    assert (kept.names, kept.because, kept.by) == (
        ("acme.layers.Attention",),
        'read "it"\nall',
        "Ada, platform",
    )
    assert tomllib.loads(text)["project"]["name"] == "shop"


def test_approving_twice_changes_nothing(call, tmp_path):
    line = ("model.pkl", "acme.layers.Attention", "acme.layers.Scale", "--because", "read", "--json")
    assert json.loads(call(*line))["changed"] is True
    before = (tmp_path / "models.toml").read_bytes()
    assert json.loads(call(*line)) == {
        "sha256": hashlib.sha256(UNKNOWN).hexdigest(),
        "names": ["acme.layers.Attention", "acme.layers.Scale"],
        "changed": False,
        "left": [],
    }
    assert (tmp_path / "models.toml").read_bytes() == before


@pytest.mark.parametrize(
    "arguments",
    [
        ("model.pkl", "--because", "read"),
        ("model.pkl", "acme.layers.Attention"),
        ("model.pkl", "acme.layers.Other", "--because", "read"),
        ("model.pkl", " ", "--because", "read"),
        ("model.pkl", "acme.layers.Attention", "--because", "x" * 5000),
    ],
)
def test_what_says_nothing_is_refused(call, tmp_path, arguments):
    with pytest.raises(UsageError):
        call(*arguments)
    assert (tmp_path / "models.toml").read_text(encoding="utf-8") == BEFORE


def test_what_does_harm_cannot_be_approved(call, tmp_path):
    (tmp_path / "model.pkl").write_bytes(ATTACK)
    with pytest.raises(RefusedError, match=r"os\.system"):
        call("model.pkl", "os.system", "--because", "read")


def test_a_project_and_a_file_are_needed(call, tmp_path):
    with pytest.raises(NotFoundError):
        call("model.pkl", "a.B", "--because", "read", "--project", str(tmp_path / "nowhere"))
    with pytest.raises((NotFoundError, Exception), match="nothing"):
        call("nothing.pkl", "a.B", "--because", "read")


def approval(data, *names):
    return Approval(hashlib.sha256(data).hexdigest(), names, "read", date(2026, 11, 21))


def judged(data, *approvals):
    facts = read_file(BytesReader(data), "model.pkl")
    return approved_findings(facts, hashlib.sha256(data).hexdigest(), approvals)


def test_approvals_leave_only_what_is_not_approved():
    both = ("acme.layers.Attention", "acme.layers.Scale")
    assert judged(UNKNOWN)[1] is Word.REVIEW
    assert judged(UNKNOWN, approval(UNKNOWN, both[0]))[1] is Word.REVIEW
    assert judged(UNKNOWN, approval(UNKNOWN, *both)) == ((), Word.CLEAN)
    assert judged(UNKNOWN, approval(b"another file", *both))[1] is Word.REVIEW


def test_no_approval_covers_an_attack():
    assert judged(ATTACK, approval(ATTACK, "os.system", "acme.layers.Scale"))[1] is Word.MALICIOUS

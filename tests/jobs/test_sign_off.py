import json
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from weigh.core.errors import NotFoundError, UsageError
from weigh.core.events import Silent
from weigh.core.sign_off import MAX_TEXT
from weigh.jobs.adopt.bring import bring, open_project
from weigh.jobs.lock import lock
from weigh.jobs.sign_off import SignOffOptions, list_sign_offs, sign_off, sign_offs_for
from weigh.jobs.workbench import open_workbench

REASON = "reviews only, no names"


@pytest.fixture
def model(tmp_path, monkeypatch):
    """A folder with a model, a fresh store, and the working folder beside it."""
    monkeypatch.setenv("WEIGH_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps({"model_type": "bert"}), encoding="utf-8")
    return folder


def signed(model="model", question="misuse", by="Ada Okafor, product", because=REASON, **more):
    return sign_off(SignOffOptions(question, str(model), by, because, **more), Silent())


def digest_of(model):
    with closing(open_workbench(Silent(), offline=True)) as bench:
        return bring(bench, open_project(None), str(model), data=False).snapshot.digest


def found_for(digest):
    with closing(open_workbench(Silent(), offline=True)) as bench:
        return sign_offs_for(bench, digest)


def today():
    return datetime.now(tz=UTC).date()


def test_a_sign_off_is_found_again_by_the_digest_of_the_model(model):
    kept = signed(model)
    found = found_for(digest_of(model))
    assert [one.sign_off for one in found] == [kept.sign_off]
    assert found[0].evidence.digest == kept.evidence.digest
    assert kept.evidence.subject.digest == digest_of(model)


def test_other_bytes_are_another_model_that_nobody_signed_for(model):
    signed(model)
    (model / "config.json").write_text("{}", encoding="utf-8")
    assert found_for(digest_of(model)) == ()


def test_signing_the_same_again_changes_nothing(model):
    first, second = signed(model), signed(model)
    assert first.evidence.digest == second.evidence.digest
    assert len(found_for(digest_of(model))) == 1


def test_of_one_person_the_newest_answer_to_a_question_counts(model):
    signed(model, because="first thought")
    signed(model, because="second thought", expires=today().isoformat())
    signed(model, by="Bo Lind, legal", because="read it")
    found = found_for(digest_of(model))
    assert [one.sign_off.because for one in found] == ["second thought", "read it"]


def test_who_returns_to_the_first_answer_is_taken_at_the_last_word(model):
    first = signed(model, because="first thought")
    signed(model, because="second thought")
    again = signed(model, because="first thought")
    assert [one.sign_off.because for one in found_for(digest_of(model))] == ["first thought"]
    assert again.evidence.digest != first.evidence.digest
    assert signed(model, because="first thought").evidence.digest == again.evidence.digest
    signed(model, because="second thought")
    assert [one.sign_off.because for one in found_for(digest_of(model))] == ["second thought"]


def test_questions_are_answered_apart(model):
    signed(model)
    signed(model, question="licence")
    assert {one.sign_off.question for one in found_for(digest_of(model))} == {"misuse", "licence"}


def test_a_locked_model_is_signed_for_without_a_network(model, tmp_path):
    (tmp_path / "models.toml").write_text('[models.m]\nfiles = [{ from = "file:model" }]\n', encoding="utf-8")
    with closing(open_workbench(Silent())) as bench:
        lock(bench, tmp_path)
    kept = signed("m", offline=True)
    assert kept.model == "m"
    assert kept.sign_off.subject == digest_of("m")


def test_a_sign_off_about_data_names_its_digest(model, tmp_path):
    (tmp_path / "rows.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    kept = signed(model, question="data-consent", data="rows.csv")
    assert kept.sign_off.data.startswith("sha256:")
    assert kept.evidence.measure("sign_off", question="data-consent", data=kept.sign_off.data)


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"question": "everything"}, "no question 'everything'"),
        ({"because": "  \n"}, "--because says nothing"),
        ({"by": "A "}, "--by says nothing"),
        ({"by": "x" * 201}, "--by is too long"),
        ({"because": "x" * (MAX_TEXT + 1)}, "--because is too long"),
        ({"because": "\udcff"}, "--because is not UTF-8 text"),
        ({"model": "\udcff"}, "--model is not UTF-8 text"),
        ({"expires": "soon"}, "cannot read the date 'soon'"),
        ({"expires": "2020-02-30"}, "cannot read the date"),
        ({"expires": "2020-01-01"}, "is past"),
        ({"because": "token ghp_" + "a" * 36}, "a credential"),
        ({"because": "see https://me:pass@localhost/x"}, "a credential"),
        ({"by": "hf_" + "A" * 34}, "a credential"),
    ],
    ids=str,
)
def test_what_cannot_stand_is_refused_and_nothing_is_kept(model, change, what):
    with pytest.raises(UsageError) as caught:
        signed(**{"model": model, **change})
    assert what in caught.value.what
    assert "ghp_" not in str(caught.value)
    assert list_sign_offs("", Silent()).signed == ()


def test_today_is_not_past_and_tomorrow_it_holds_no_more(model):
    signed(model, expires=today().isoformat())
    listing = list_sign_offs(str(model), Silent(), offline=True)
    assert listing.signed[0].sign_off.holds(listing.today)
    assert not listing.signed[0].sign_off.holds(listing.today + timedelta(days=1))


def test_a_model_that_is_not_there_cannot_be_signed_for(model):
    with pytest.raises(NotFoundError):
        signed("elsewhere")


def test_a_list_without_a_model_shows_all(model, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    (other / "config.json").write_text("[]", encoding="utf-8")
    signed(model)
    signed(other)
    assert len(list_sign_offs("", Silent()).signed) == 2
    assert len(list_sign_offs(str(other), Silent()).signed) == 1

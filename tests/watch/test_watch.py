"""`weigh watch check` against what `weigh adopt` left in the store."""

import json
import shutil
from dataclasses import replace

import pytest
from tests.cli import conftest as program
from tests.jobs import tiny_models as tiny

from weigh.cli.watch import watch as command
from weigh.core.errors import UsageError
from weigh.core.events import Silent
from weigh.core.profile import MAX_BYTES, Answering
from weigh.datasets.prepare import load_prepared
from weigh.jobs.watch import WatchOptions, watch
from weigh.jobs.workbench import open_workbench
from weigh.store.keeper import BlobKeeper
from weigh.watch.build import Reference, build_profile
from weigh.watch.encoding import to_bytes

weigh = program.weigh


def kept_profile(arm, *, model=""):
    """The profile of a fitted arm, from the answers in the ledger."""
    bench = open_workbench(Silent(), offline=True)
    keep = BlobKeeper(bench.blobs)
    prepared = load_prepared([r.evidence for r in bench.ledger.of_check("data")][-1], keep)
    trials = [r for r in bench.ledger.of_check("trial") if r.request.parameters["arm"] == arm]
    full = [r.evidence for r in trials if r.evidence.artifact("predictor")]
    trial = max(full, key=lambda e: e.measure("labels").value)
    fitted = trial.artifact("predictor")
    shown = [r.evidence for r in bench.ledger.of_check("features")]
    snapshot = shown[-1].subject.digest if shown else ""
    embeddings = None
    if model:
        embeddings = keep.load_arrays(shown[-1].artifact("embeddings"))[0]["embeddings"]
    held = build_profile(
        Reference(
            data=prepared.digest,
            classes=prepared.table.classes,
            labels=prepared.table.labels,
            train=prepared.ladder[-1],
            held_out=prepared.tests[0].rows,
            texts=prepared.table.texts,
            features=prepared.table.features,
            embeddings=embeddings,
            proba=keep.load_arrays(trial.artifact("probabilities"))[0]["0"],
            answering=Answering(model, (), snapshot, arm, trial.subject.digest, fitted.sha256, fitted.size),
            text="body" if prepared.table.texts is not None else "",
            label="stars",
        )
    )
    bench.close()
    return held


@pytest.fixture
def check(monkeypatch, capsys):
    """Call the command; returns exit code and output."""

    def call(*arguments):
        capsys.readouterr()
        code = command.main(["check", *arguments], standalone_mode=False)
        said = capsys.readouterr()
        return code, said.out + said.err

    return call


def save(profile, path):
    path.write_bytes(to_bytes(profile))
    return str(path)


@pytest.fixture
def opinions(weigh, tmp_path):
    """An adoption of reviews without a model, its profile, and two files of new rows."""
    everything = tiny.shared_opinions(2000, share=0.95)
    tiny.Reviews(everything.rows[:1200], ()).save(tmp_path / "reviews.csv")
    tiny.Reviews(everything.rows[1200:], ()).save(tmp_path / "fresh.csv")
    shouted = tuple((f"{text.upper()} !!! www.shop.example", label) for text, label in everything.rows[1200:])
    tiny.Reviews(shouted, ()).save(tmp_path / "shouted.csv")
    ended = weigh("adopt", "none", "--data", "reviews.csv", "--text", "body", "--label", "stars")
    assert ended.code == 0, ended.err
    return save(kept_profile("tfidf_linear"), tmp_path / "profile.json")


def test_fresh_rows_are_quiet_and_changed_ones_an_alarm(opinions, check, tmp_path):
    code, said = check(opinions, "--data", "fresh.csv")
    assert code == 0, said
    assert "QUIET" in said
    assert "estimated (CBPE)" in said
    assert "WGH-W009" in said
    code, said = check(opinions, "--data", "shouted.csv", "--out", str(tmp_path / "told.json"))
    assert code == 1
    assert "ALARM" in said
    told = json.loads((tmp_path / "told.json").read_text(encoding="utf-8"))
    assert told["schema"] == "weigh.watch/1"
    assert told["exit_code"] == 1
    assert {"web addresses", "upper case"} <= {f["where"] for f in told["evidence"]["findings"]}


def test_labels_are_measured_beside_the_estimate(opinions, check, tmp_path):
    lines = (tmp_path / "fresh.csv").read_text(encoding="utf-8")
    turned = lines.replace(",good", ",BAD").replace(",bad", ",good").replace(",BAD", ",bad")
    (tmp_path / "turned.csv").write_text(turned, encoding="utf-8")
    assert check(opinions, "--data", "fresh.csv", "--label", "stars")[0] == 0
    code, said = check(opinions, "--data", "turned.csv", "--label", "stars")
    assert code == 1
    assert "measured" in said
    # The words are the same: without labels nobody can tell.
    assert check(opinions, "--data", "turned.csv")[0] == 0


def test_a_predictor_that_is_not_here_leaves_the_answer_open_unless_columns_are_enough(
    opinions, check, tmp_path, monkeypatch
):
    monkeypatch.setenv("WEIGH_HOME", str(tmp_path / "elsewhere"))
    code, said = check(opinions, "--data", "fresh.csv")
    assert code == 3
    assert "not on this machine" in said
    assert check(opinions, "--data", "fresh.csv", "--columns-only")[0] == 0
    assert check(opinions, "--data", "shouted.csv", "--columns-only")[0] == 1
    assert check(opinions, "--data", "shouted.csv")[0] == 1


def test_few_rows_are_no_answer(opinions, check, tmp_path):
    lines = (tmp_path / "shouted.csv").read_text(encoding="utf-8").splitlines()
    (tmp_path / "few.csv").write_text("\n".join(lines[:150]) + "\n", encoding="utf-8")
    code, said = check(opinions, "--data", "few.csv")
    assert code == 3
    assert "200 rows would tell" in said


def test_embeddings_and_answers_come_from_the_model_in_its_sandbox(weigh, check, tmp_path):
    everything = tiny.private_opinions(1600)
    tiny.Reviews(everything.rows[:900], ()).save(tmp_path / "reviews.csv")
    tiny.Reviews(everything.rows[900:], ()).save(tmp_path / "fresh.csv")
    positive = {word for word, sign in everything.opinions if sign > 0}
    only = tuple(row for row in everything.rows[900:] if positive & set(row[0].split()))
    tiny.Reviews(only, ()).save(tmp_path / "good.csv")
    tiny.knowing_model(tmp_path / "model", everything)
    assert (
        weigh("adopt", "./model", *("--data", "reviews.csv", "--text", "body", "--label", "stars")).code == 0
    )
    place = save(kept_profile("probe", model="./model"), tmp_path / "profile.json")
    code, said = check(place, "--data", "fresh.csv")
    assert code == 0, said
    code, said = check(place, "--data", "good.csv", "--json")
    assert code == 1
    found = {f["rule"] for f in json.loads(said)["evidence"]["findings"]}
    assert {"WGH-W002", "WGH-W003"} <= found
    # Another model under the same name is not the one that was judged.
    shutil.rmtree(tmp_path / "model")
    tiny.ignorant_model(tmp_path / "model")
    code, said = check(place, "--data", "fresh.csv")
    assert code == 3
    assert "not the one the profile was made with" in said


def test_a_profile_that_names_other_arrays_of_the_store_is_not_believed(opinions, tmp_path):
    held = kept_profile("tfidf_linear")
    other = kept_profile("majority")
    lying = replace(held, answering=replace(other.answering, arm="tfidf_linear"))
    save(lying, tmp_path / "lying.json")
    found = watch(WatchOptions(tmp_path / "lying.json", "fresh.csv", offline=True), Silent())
    assert found.exit_code == 3
    unknown = replace(held, answering=replace(held.answering, arm="no such arm"))
    save(unknown, tmp_path / "unknown.json")
    assert watch(WatchOptions(tmp_path / "unknown.json", "fresh.csv", offline=True), Silent()).exit_code == 3


def test_a_second_look_is_read_from_the_ledger(opinions, tmp_path):
    asked = WatchOptions(tmp_path / "profile.json", "fresh.csv", offline=True)
    first, second = watch(asked, Silent()), watch(asked, Silent())
    assert first.answers[-1].envelope.fresh
    assert not second.answers[-1].envelope.fresh
    assert first.evidence.digest == second.evidence.digest


@pytest.mark.parametrize("data", [b"", b"{}", b" " * (MAX_BYTES + 1)])
def test_a_file_that_is_no_profile_is_wrong_usage_and_not_an_alarm(tmp_path, data):
    (tmp_path / "profile.json").write_bytes(data)
    with pytest.raises(UsageError, match="cannot use the profile"):
        watch(WatchOptions(tmp_path / "profile.json", "x.csv"), Silent())
    with pytest.raises(UsageError, match="cannot read the profile"):
        watch(WatchOptions(tmp_path / "none.json", "x.csv"), Silent())


def test_a_table_is_read_with_the_types_it_had(weigh, check, tmp_path):
    import random

    def write(name, seed, n, *, shift=0, town="Aix"):
        rng = random.Random(seed)
        lines = ["age,town,paid,stars"]
        for _ in range(n):
            age = round(rng.gauss(40 + shift, 9), 1)
            lines.append(
                f"{age},{rng.choice([town, 'Bonn', ''])},{rng.random():.3f},{'good' if age > 40 else 'bad'}"
            )
        (tmp_path / name).write_text("\n".join(lines) + "\n", encoding="utf-8")

    write("table.csv", 0, 2000)
    write("fresh.csv", 1, 900)
    write("older.csv", 2, 900, shift=6)
    write("moved.csv", 3, 900, town="\u202eCork")
    ended = weigh("adopt", "none", "--data", "table.csv", "--features", "age,town,paid", "--label", "stars")
    assert ended.code == 0, ended.err
    place = save(kept_profile("boosted"), tmp_path / "profile.json")
    assert check(place, "--data", "fresh.csv")[0] == 0
    code, said = check(place, "--data", "older.csv")
    assert code == 1
    assert "age" in said
    code, said = check(place, "--data", "moved.csv")
    assert code == 1
    assert "town" in said
    assert "\u202e" not in said

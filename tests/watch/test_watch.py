"""`weigh watch check` against a predictor that was fitted and kept as `weigh adopt` does it."""

import json
import random
import shutil
from contextlib import closing
from dataclasses import replace

import numpy as np
import pytest
from tests.jobs import tiny_models as tiny

from weigh.adapt.arm import Rows
from weigh.adapt.fitted import to_arrays
from weigh.adapt.table import arm_named
from weigh.cli.watch import watch as command
from weigh.core.data import Roles
from weigh.core.errors import UsageError
from weigh.core.events import Silent
from weigh.core.profile import MAX_BYTES, Answering
from weigh.datasets.prepare import Prepared
from weigh.datasets.read import read_table
from weigh.jobs.adopt.bring import bring, open_project
from weigh.jobs.adopt.model import put_to_use
from weigh.jobs.adopt.options import AdoptOptions
from weigh.jobs.watch import WatchOptions, watch
from weigh.jobs.workbench import open_workbench
from weigh.store.keeper import BlobKeeper
from weigh.watch.build import Reference, build_profile
from weigh.watch.encoding import to_bytes


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """A fresh folder with a fresh store."""
    monkeypatch.setenv("WEIGH_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)


def adopted(arm_id, data, *, text="", features=(), model=""):
    """Fit an arm on the first two thirds of a file, keep it, and return the profile."""
    roles = Roles(label="stars", text=text, features=features)
    with closing(open_workbench(Silent(), offline=True)) as bench:
        project = open_project(None)
        rows = bring(bench, project, data, data=True)
        place = rows.snapshot.files[0].sha256
        table = read_table(rows.spec, roles, lambda _: bench.blobs.path(place), events=Silent())
        seen = Rows(len(table), texts=table.texts, features=table.features)
        snapshot = ""
        if model:
            brought = bring(bench, project, model, data=False)
            snapshot = brought.snapshot.digest
            prepared = Prepared(table, (), (), (), (), "sha256:" + "0" * 64)
            options = AdoptOptions(model=model, data=data, roles=roles)
            with put_to_use(bench, brought, prepared, options, lambda *_: None) as used:
                seen = replace(seen, embeddings=used.embeddings)
        arm, keep = arm_named(arm_id), BlobKeeper(bench.blobs)
        train, held_out = np.split(np.arange(len(table)), [2 * len(table) // 3])
        fitted = arm.fit(seen.take(train), table.labels[train], len(table.classes), groups=None, seed=0)
        kept = keep.keep_arrays("predictor", to_arrays(fitted))
        return build_profile(
            Reference(
                data=table.digest,
                classes=table.classes,
                labels=table.labels,
                train=train,
                held_out=held_out,
                texts=table.texts,
                features=table.features,
                embeddings=seen.embeddings,
                proba=arm.predict(fitted, seen.take(held_out)),
                answering=Answering(model, snapshot, arm_id, table.digest, kept.sha256, kept.size),
                text=text,
                label="stars",
            )
        )


@pytest.fixture
def check(monkeypatch, capsys):
    """Call the command; returns exit code and output, in lines wide enough for what the tests look for."""
    monkeypatch.setenv("COLUMNS", "120")

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
def opinions(tmp_path):
    """The profile of a predictor of reviews, and two files of new ones."""
    everything = tiny.shared_opinions(2000, share=0.95)
    tiny.Reviews(everything.rows[:1200], ()).save(tmp_path / "reviews.csv")
    tiny.Reviews(everything.rows[1200:], ()).save(tmp_path / "fresh.csv")
    shouted = tuple((f"{text.upper()} !!! www.shop.example", label) for text, label in everything.rows[1200:])
    tiny.Reviews(shouted, ()).save(tmp_path / "shouted.csv")
    return save(adopted("tfidf_linear", "reviews.csv", text="body"), tmp_path / "profile.json")


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


def test_rows_without_labels_are_not_said_to_have_a_class(opinions, check):
    assert "800 of 800 rows · no labels given" in check(opinions, "--data", "fresh.csv")[1]
    said = check(opinions, "--data", "fresh.csv", "--label", "stars")[1]
    assert "2 classes" in said
    assert "no labels" not in said


def test_a_folder_with_a_profile_is_as_good_as_its_name(opinions, check, tmp_path):
    assert check(str(tmp_path), "--data", "fresh.csv")[0] == 0
    (tmp_path / "empty").mkdir()
    for place in ("empty", "nowhere", "nowhere/profile.json"):
        with pytest.raises(UsageError, match="cannot read the profile") as caught:
            check(place, "--data", "fresh.csv")
        assert "profile.json" in caught.value.hint
        assert "weigh watch check PROFILE" in caught.value.hint
        assert caught.value.why


def test_what_to_try_is_this_command_and_not_the_adoption(opinions, check, tmp_path):
    (tmp_path / "renamed.csv").write_text("id,bodytext,score\n1,x,good\n", encoding="utf-8")
    for option, more in (("--text", ()), ("--label", ("--text", "bodytext", "--label", "stars"))):
        with pytest.raises(UsageError, match="not found") as caught:
            check(opinions, "--data", "renamed.csv", *more)
        assert caught.value.hint.startswith(f"weigh watch check PROFILE … {option} ")


def test_few_rows_are_no_answer(opinions, check, tmp_path):
    lines = (tmp_path / "shouted.csv").read_text(encoding="utf-8").splitlines()
    (tmp_path / "few.csv").write_text("\n".join(lines[:150]) + "\n", encoding="utf-8")
    code, said = check(opinions, "--data", "few.csv")
    assert code == 3
    assert "200 rows would tell" in said


def test_embeddings_and_answers_come_from_the_model_in_its_sandbox(check, tmp_path):
    everything = tiny.private_opinions(1600)
    tiny.Reviews(everything.rows[:900], ()).save(tmp_path / "reviews.csv")
    tiny.Reviews(everything.rows[900:], ()).save(tmp_path / "fresh.csv")
    positive = {word for word, sign in everything.opinions if sign > 0}
    only = tuple(row for row in everything.rows[900:] if positive & set(row[0].split()))
    tiny.Reviews(only, ()).save(tmp_path / "good.csv")
    tiny.knowing_model(tmp_path / "model", everything)
    held = adopted("probe", "reviews.csv", text="body", model="./model")
    place = save(held, tmp_path / "profile.json")
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
    held = adopted("tfidf_linear", "reviews.csv", text="body")
    other = adopted("majority", "reviews.csv", text="body")
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


def test_a_table_is_read_with_the_types_it_had(check, tmp_path):
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
    held = adopted("boosted", "table.csv", features=("age", "town", "paid"))
    place = save(held, tmp_path / "profile.json")
    assert check(place, "--data", "fresh.csv")[0] == 0
    code, said = check(place, "--data", "older.csv")
    assert code == 1
    assert "age" in said
    code, said = check(place, "--data", "moved.csv")
    assert code == 1
    assert "town" in said
    assert "\u202e" not in said
    (tmp_path / "without.csv").write_text("age,paid\n4,1\n", encoding="utf-8")
    with pytest.raises(UsageError, match="town") as caught:
        check(place, "--data", "without.csv")
    assert "same names" in caught.value.hint

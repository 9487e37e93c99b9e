import numpy as np
import pytest

from weigh.adapt.arm import Rows
from weigh.datasets.table import FeatureColumns

GOOD = ["superb", "lovely", "brilliant", "charming"]
BAD = ["dreadful", "boring", "awful", "clumsy"]
FILLER = ["the", "film", "plot", "was", "a", "cast", "scene", "music", "and", "very", "rather", "story"]


def make_features(numeric, categorical=None, categories=()):
    n = numeric.shape[0]
    codes = np.zeros((n, 0), dtype=np.int64) if categorical is None else categorical
    return FeatureColumns(
        numeric=numeric,
        numeric_names=tuple(f"x{i}" for i in range(numeric.shape[1])),
        categorical=codes,
        categorical_names=tuple(f"c{i}" for i in range(codes.shape[1])),
        categories=tuple(tuple(names) for names in categories),
    )


@pytest.fixture
def text_rows():
    """Texts of two classes; `signal` is the share of texts with a word that tells."""

    def build(n, *, seed=0, signal=0.9):
        rng = np.random.default_rng(seed)
        labels = rng.integers(0, 2, n)
        texts = []
        for label in labels:
            words = list(rng.choice(FILLER, 8))
            if rng.random() < signal:
                words.insert(int(rng.integers(0, 8)), str(rng.choice(GOOD if label else BAD)))
            texts.append(" ".join(words) + ".")
        return Rows(n, texts=texts), labels

    return build


@pytest.fixture
def feature_rows():
    """Numbers with holes and two categorical columns; classes depend on them when `useful`."""

    def build(n, *, seed=0, classes=2, useful=True, numeric=4):
        rng = np.random.default_rng(seed)
        numbers = rng.normal(size=(n, numeric))
        colour = rng.integers(0, 3, n)
        code = rng.integers(-1, 12, n)
        score = 2 * numbers[:, 0] + (colour == 1) * 2.0 - (code % 2) + rng.normal(size=n) * 0.5
        if not useful:
            score = rng.normal(size=n)
        cuts = np.quantile(score, np.arange(1, classes) / classes)
        labels = np.searchsorted(cuts, score)
        numbers[rng.random((n, numeric)) < 0.1] = np.nan
        names = (["red", "green", "blue"], [f"k{i}" for i in range(12)])
        return Rows(n, features=make_features(numbers, np.stack([colour, code], axis=1), names)), labels

    return build


@pytest.fixture
def embedding_rows():
    def build(n, *, seed=0, classes=2, width=16, useful=True):
        rng = np.random.default_rng(seed)
        labels = rng.integers(0, classes, n)
        centres = np.random.default_rng(99).normal(size=(classes, width)) * (1.0 if useful else 0.0)
        vectors = centres[labels] + rng.normal(size=(n, width))
        return Rows(n, embeddings=vectors.astype(np.float32)), labels

    return build


@pytest.fixture
def features_of():
    return make_features

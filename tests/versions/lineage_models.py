"""Small models with everything that proves something about a descent, and everything that does not."""

import numpy as np
from tests.store.compare.model_files import safetensors, side

LAYERS = 4
WIDTH, INNER, WORDS = 64, 96, 400


def model(seed):
    """A network of its own: random matrices, and the tables that every model of the architecture has."""
    random = np.random.default_rng(seed)

    def drawn(*shape):
        return (random.standard_normal(shape) * 0.05).astype(np.float32)

    places = np.arange(WORDS)[:, None] / 10000 ** (np.arange(0, WIDTH, 2) / WIDTH)
    table = np.zeros((WORDS, WIDTH), np.float32)
    table[:, 0::2], table[:, 1::2] = np.sin(places), np.cos(places)
    tensors = {
        "words.weight": drawn(WORDS, WIDTH),
        "position_ids": np.arange(WORDS, dtype=np.int64),
        "places.weight": table,
        "mask": np.tril(np.ones((64, 64), np.float32)),
    }
    for i in range(LAYERS):
        tensors |= {
            f"layer.{i}.up.weight": drawn(INNER, WIDTH),
            f"layer.{i}.up.bias": drawn(INNER),
            f"layer.{i}.down.weight": drawn(WIDTH, INNER),
            f"layer.{i}.norm.weight": np.ones(512, np.float32),
        }
    return tensors


def learnt(name):
    """Whether a tensor of `model` has values of its own."""
    return name.endswith(("up.weight", "up.bias", "down.weight")) or name == "words.weight"


def tuned(tensors, *, by=0.03, seed=99, frozen=()):
    """Every value that can be learnt moved a little."""
    random = np.random.default_rng(seed)
    return {
        name: (t + by * t.std() * random.standard_normal(t.shape)).astype(np.float32)
        if learnt(name) and name not in frozen
        else t
        for name, t in tensors.items()
    }


def of(name, tensors, **files):
    """A side whose model file holds these."""
    more = {path.replace("__", "."): data for path, data in files.items()}
    return side(name, {"model.safetensors": safetensors(tensors), **more})


def count(tensors):
    return sum(t.size for t in tensors.values())

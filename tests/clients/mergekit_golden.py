"""Make tests/versions/strategies/mergekit.json: what mergekit 0.1.5 computes.

From the root of the repository, with a Python that has mergekit: `python -m tests.clients.mergekit_golden`.
"""

import json
from importlib.metadata import version
from pathlib import Path

import numpy as np
from tests.versions.strategies.golden_inputs import CASES, DENSITY, MANY, SHAPE, models

TARGET = Path(__file__).parents[1] / "versions" / "strategies" / "mergekit.json"
_METHODS = {"average": "linear", "slerp": "slerp", "task-arithmetic": "task_arithmetic", "ties": "ties"}


def merged(strategy, asked, arrays):
    """One case, as mergekit computes it."""
    import torch
    from mergekit.merge_methods import merge_tensors

    base, ours, theirs = (torch.from_numpy(array.copy()) for array in arrays)
    weight = asked["weight"]
    if strategy == "average":
        parameters = {"weight": [1 - weight, weight]}
        return merge_tensors([ours, theirs], "linear", parameters=parameters).numpy()
    if strategy == "slerp":
        return merge_tensors([ours, theirs], "slerp", parameters={"t": weight}, base_index=0).numpy()
    parameters = {"weight": {"ours": 1.0, "theirs": weight}}
    if "density" in asked:
        parameters["density"] = asked["density"]
    if "normalise" in asked:
        parameters["normalize"] = asked["normalise"]
    method = _METHODS.get(strategy, strategy)
    ids = ["base", "ours", "theirs"]
    made = merge_tensors([base, ours, theirs], method, parameters=parameters, ids=ids, base_index=0)
    return made.numpy()


def dare_statistics(move):
    """What can be told of a merge whose dropped values are drawn: `move` is what was added to the base."""
    values = move.astype(np.float64)
    return {
        "nothing": float((values == 0).mean()),
        "mean": float(values.mean()),
        "deviation": float(values.std()),
        "absolute": float(np.abs(values).mean()),
    }


def main():
    """Write the file."""
    import torch

    arrays = [array.reshape(SHAPE) for array in models()]
    cases = {
        name: [float(v) for v in merged(strategy, asked, arrays).reshape(-1)]
        for name, (strategy, asked) in CASES.items()
    }
    torch.manual_seed(0)
    many = models(MANY)
    made = merged("dare_linear", {"weight": 0.7, "density": DENSITY}, many)
    found = {"mergekit": version("mergekit"), "torch": torch.__version__, "cases": cases}
    found["dare_linear"] = dare_statistics(made - many[0])
    TARGET.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

"""Every arm that fits is fitted again without parts of its rows, and the intervals say so."""

import json
import os
import subprocess
import sys

import numpy as np

RUN = "import sys; from weigh.cli.main import run; sys.argv[0] = 'weigh'; run()"


def adopt(folder, rows):
    (folder / "data.csv").write_text("text,label\n" + "\n".join(rows) + "\n", encoding="utf-8")
    environ = {**os.environ, "WEIGH_HOME": str(folder / "home")}
    asked = ("adopt", "none", "--data=./data.csv", "--text=text", "--label=label", "--offline")
    command = [sys.executable, "-c", RUN, *asked]
    ended = subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, check=False)
    assert "defect" not in ended.stderr, ended.stderr
    return json.loads((folder / "weigh-report/report.json").read_text(encoding="utf-8"))["report"]


def table(n, *, rare=0):
    rng = np.random.default_rng(0)
    good = rng.random(n) < 0.5
    words = rng.integers(0, 40, (n, 6)) + np.where(good, 10, 0)[:, None]
    labels = np.where(good, "yes", "no").astype("<U4")
    labels[:rare] = "rare"
    return [f"{' '.join(f'word{w}' for w in row)},{label}" for row, label in zip(words, labels, strict=True)]


def refits(told):
    names = [a["evidence"]["subject"]["name"] for a in told["answers"] if a["evidence"]["check"] == "trial"]
    return sorted(name for name in names if "refit" in name)


def methods(told):
    scores = [a["score"]["method"] for a in told["recommendation"]["arms"] if a["score"]]
    return scores + [c["difference"]["method"] for c in told["recommendation"]["comparisons"]]


def test_every_arm_is_refitted_and_every_interval_covers_the_training_draw(tmp_path):
    told = adopt(tmp_path, table(400))
    arms = {a["arm"] for a in told["recommendation"]["arms"]}
    assert arms == {"majority", "tfidf_linear"}
    assert {name.split()[0] for name in refits(told)} == arms
    assert len(refits(told)) == 8 * len(arms)
    assert all(method.endswith("+refits") for method in methods(told))
    kept = {
        tuple(k["name"] for k in a["evidence"]["artifacts"])
        for a in told["answers"]
        if "refit" in a["evidence"]["subject"]["name"]
    }
    assert kept == {("probabilities",)}


def test_where_no_part_can_be_left_out_the_report_says_that_the_draw_is_not_covered(tmp_path):
    told = adopt(tmp_path, table(400, rare=1))
    assert not refits(told)
    assert all("training draw not included" in method for method in methods(told))
    limits = [limit for limit in told["limits"] if "which training rows were drawn" in limit]
    assert len(limits) == 1
    assert "losing a class" in limits[0]

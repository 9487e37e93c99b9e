"""Models, names and rows made by somebody who means harm: one answer, an exit code, nothing executed."""

import json
import os
import pickle
import re
import sys

import pytest
from onnx import TensorProto
from tests.hostile.hostile_onnx import CASES as ONNX_CASES
from tests.jobs import tiny_models as tiny

ASK = ("--data", "reviews.csv", "--text", "body", "--label", "stars")
ACTING = "\x1b]0;owned\x07\x1b[31m\u202etxt.exe\u2028</script><script>alert(1)</script>"
"""Sets a terminal's title and colour, turns the rest of the line round, breaks it, ends a script."""

FORMER = "the report of a former run"


@pytest.fixture
def reviews(tmp_path):
    made = tiny.private_opinions(240)
    made.save(tmp_path / "reviews.csv")
    return made


@pytest.fixture
def model(tmp_path, reviews):
    """A sound model that knows the reviews; tests spoil it."""
    return tiny.knowing_model(tmp_path / "model", reviews)


@pytest.fixture
def former(tmp_path):
    """A report that lies there already; gives a function that says whether it is untouched."""
    files = [tmp_path / "weigh-report" / name for name in ("report.json", "report.html")]
    files[0].parent.mkdir()
    for file in files:
        file.write_text(FORMER, encoding="utf-8")
    return lambda: (
        all(f.read_text(encoding="utf-8") == FORMER for f in files) and len(os.listdir(files[0].parent)) == 2
    )


def refused(ended, *words, code=1):
    """One message of what, why and try; nothing on standard output."""
    assert ended.code == code, ended.err
    assert ended.out == ""
    assert ended.err.count("weigh: ") == 1
    assert all(word in ended.err for word in words), ended.err


def reported(tmp_path):
    return json.loads((tmp_path / "weigh-report/report.json").read_text(encoding="utf-8"))["report"]


def findings(tmp_path, check="security"):
    answers = [a["evidence"] for a in reported(tmp_path)["answers"]]
    return {f["rule"]: f for e in answers if e["check"] == check for f in e["findings"]}


def external(model, reviews, location):
    """Point the graph's weights at a file; returns the bytes that belong there."""
    graph = tiny.encoder(tiny.embedding_table(reviews.opinions))
    table = graph.graph.initializer[0]
    raw = table.raw_data
    table.ClearField("raw_data")
    table.data_location = TensorProto.EXTERNAL
    entry = table.external_data.add()
    entry.key, entry.value = "location", location
    (model / "model.onnx").write_bytes(graph.SerializeToString())
    return raw


@pytest.mark.parametrize("location", ["../../etc/passwd", "/etc/passwd", "..\\..\\secret", "a/../../x"])
def test_weights_outside_the_models_folder_are_malicious(weigh, model, reviews, former, location):
    external(model, reviews, location)
    ended = weigh("adopt", "./model", *ASK)
    refused(ended, "malicious", "nothing was executed", "WGH-O001", "why", "try")
    assert former()


def test_a_malicious_file_is_refused_even_with_every_flag(weigh, model, reviews, former):
    external(model, reviews, "../../etc/passwd")
    ended = weigh("adopt", "./model", *ASK, "--accept-review", "--accept-sandbox-gaps")
    refused(ended, "malicious", "nothing was executed")
    assert former()


def test_a_malicious_file_is_refused_even_where_nothing_would_open_it(weigh, model, former):
    tiny.put(model, {"more/evil.onnx": ONNX_CASES["external-absolute"][0]})
    refused(weigh("adopt", "./model", *ASK), "more/evil.onnx is malicious", "nothing was executed")
    assert former()


def test_weights_beside_the_graph_are_read(weigh, tmp_path, model, reviews):
    (model / "w.onnx_data").write_bytes(external(model, reviews, "w.onnx_data"))
    ended = weigh("adopt", "./model", *ASK)
    assert ended.code == 0, ended.err
    assert "ADOPT WITH A PROBE" in ended.out


def test_weights_that_are_not_there_are_named(weigh, tmp_path, model, reviews):
    external(model, reviews, "w.bin")
    ended = weigh("adopt", "./model", *ASK)
    assert ended.code == 1
    assert "the external data 'w.bin'" in ended.out
    assert "WGH-O002" in findings(tmp_path)


def test_a_custom_operator_waits_for_a_look(weigh, model, reviews, former):
    graph = tiny.encoder(tiny.embedding_table(reviews.opinions), end="Evil", domain="evil.corp")
    (model / "model.onnx").write_bytes(graph.SerializeToString())
    ended = weigh("adopt", "./model", *ASK)
    refused(ended, "not clean", "nothing was executed", "WGH-O004", "evil.corp", "--accept-review")
    assert "loading runs no code" not in ended.err
    assert former()


def test_an_accepted_custom_operator_that_no_library_has_is_a_finding(weigh, tmp_path, model, reviews):
    graph = tiny.encoder(tiny.embedding_table(reviews.opinions), end="Evil", domain="evil.corp")
    (model / "model.onnx").write_bytes(graph.SerializeToString())
    ended = weigh("adopt", "./model", *ASK, "--accept-review")
    assert ended.code == 1, ended.err
    assert "the model does not run here" in ended.out
    assert "WGH-R001" in findings(tmp_path, "compatibility")
    assert "--accept-review: model.onnx" in reported(tmp_path)["limits"]


def test_a_graph_that_the_runtime_refuses_is_a_finding(weigh, tmp_path, model, reviews):
    graph = tiny.encoder(tiny.embedding_table(reviews.opinions), end="NoSuchOperator")
    (model / "model.onnx").write_bytes(graph.SerializeToString())
    ended = weigh("adopt", "./model", *ASK)
    assert ended.code == 1, ended.err
    assert "the model does not run here" in ended.out
    assert "NoSuchOperator" in findings(tmp_path, "compatibility")["WGH-R001"]["why"]
    arms = {a["arm"]: a["not_run"] for a in reported(tmp_path)["recommendation"]["arms"]}
    assert arms["probe"] == "the model does not run here"
    assert not arms["tfidf_linear"]


BROKEN = {
    "truncated safetensors": ("model.safetensors", lambda data: data[:-5], "WGH-S010"),
    "safetensors of 3 bytes": ("model.safetensors", lambda _: b"abc", "WGH-S0"),
    "truncated onnx": ("model.onnx", lambda data: data[:-200], "WGH-O008"),
    "no onnx at all": ("model.onnx", lambda _: b"\x08\x08 this is no graph", "WGH-O008"),
    "nested too deep": ("model.onnx", lambda _: b"\x3a\xff\xff\xff\xff\x0f", "WGH-O"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_broken_weights_fail_and_are_never_run(weigh, tmp_path, model, case):
    name, spoil, rule = BROKEN[case]
    if name.endswith(".safetensors"):
        (model / "model.onnx").unlink()
        tiny.weights_only(model)
    path = model / name
    path.write_bytes(spoil(path.read_bytes()))
    ended = weigh("adopt", "./model", *ASK)
    assert ended.code == 1, ended.err
    assert "POLICY FAILS" in ended.out
    assert "loading runs no code" not in ended.out
    assert any(found.startswith(rule) for found in findings(tmp_path))
    checks = [a["evidence"]["check"] for a in reported(tmp_path)["answers"]]
    assert "features" not in checks


def test_a_header_that_claims_2_to_the_60_bytes_keeps_the_gate_closed(weigh, model, former):
    (model / "model.onnx").unlink()
    tiny.weights_only(model)
    (model / "model.safetensors").write_bytes((1 << 60).to_bytes(8, "little") + b"{}")
    ended = weigh("adopt", "./model", *ASK)
    refused(ended, "model.safetensors", "malicious", "nothing was executed", "WGH-S002")
    assert former()


@pytest.mark.parametrize("text", ['{"version": "1.0"', '{"version": "1.0"}', "[" * 100_000, ""])
def test_a_broken_tokenizer_keeps_the_gate_closed(weigh, model, former, text):
    (model / "tokenizer.json").write_text(text, encoding="utf-8")
    refused(weigh("adopt", "./model", *ASK), "tokenizer.json", "nothing was executed")
    assert former()


class Touches:
    """A pickle whose loading leaves a trace."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (os.mkdir, (str(self.path),))


def test_a_pickle_that_calls_the_system_keeps_the_gate_closed(weigh, tmp_path, model, former):
    trace = tmp_path / "executed"
    (model / "optimizer.pkl").write_bytes(pickle.dumps(Touches(trace)))
    ended = weigh("adopt", "./model", *ASK)
    refused(ended, "optimizer.pkl", "malicious", "nothing was executed", "WGH-PK101")
    assert not trace.exists()
    assert former()


def test_a_file_beside_the_model_that_nobody_can_read_is_noted(weigh, tmp_path, model):
    (model / "optimizer.state").write_bytes(bytes(range(1, 256)) * 40)
    ended = weigh("adopt", "./model", *ASK)
    # What was not read is unknown to the policy line that requires it, and an unknown is never a pass.
    assert ended.code == 3, ended.err
    assert findings(tmp_path)["WGH-U001"]["where"] == "optimizer.state"
    assert "not read completely, first optimizer.state" in ended.out
    assert "loading runs no code" not in ended.out


def test_code_that_comes_with_a_model_is_noted_and_not_imported(weigh, tmp_path, model):
    trace = tmp_path / "executed"
    (model / "modeling.py").write_text(f"import os\nos.mkdir({str(trace)!r})\n", encoding="utf-8")
    config = json.loads((model / "config.json").read_text(encoding="utf-8"))
    tiny.put(model, {"config.json": config | {"auto_map": {"AutoModel": "modeling.Model"}}})
    ended = weigh("adopt", "./model", *ASK)
    assert ended.code == 1, ended.err
    assert not trace.exists()
    assert "modeling" not in sys.modules
    assert "POLICY FAILS" in ended.out
    assert "loading runs no code" not in ended.out


def harmless(*texts):
    for text in texts:
        assert not [c for c in text if c != "\n" and (ord(c) < 32 or c in "\x7f\u202e\u2028")]


def harmless_page(tmp_path):
    page = (tmp_path / "weigh-report/report.html").read_text(encoding="utf-8")
    # Our own scripts, which the page's policy admits by their hash, hold no text of the report.
    harmless(re.sub(r"<script>.*?</script>", "", page, flags=re.DOTALL))
    assert "<script>alert" not in page


def test_labels_and_rows_that_act_on_a_terminal_are_shown_and_do_not_act(weigh, tmp_path, reviews):
    lines = ["id,body,stars,shop"]
    for i, (text, label) in enumerate(reviews.rows):
        said = ACTING if label == "good" else "bad"
        lines.append(f'{i},"{text} {ACTING}","{said}","{ACTING}{i % 2}"')
    (tmp_path / "reviews.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    tiny.labelling_model(tmp_path / "model", reviews, ("bad", ACTING))
    ended = weigh("adopt", "./model", *ASK, "--slice", "shop", "--positive", ACTING)
    assert ended.code == 0, ended.err
    assert "ADOPT AS IT IS" in ended.out
    harmless(ended.out, ended.err)
    harmless_page(tmp_path)


def test_a_models_own_words_do_not_act(weigh, tmp_path, model):
    config = json.loads((model / "config.json").read_text(encoding="utf-8"))
    card = f'---\nlicense: "{"</script><script>alert(1)</script>"}"\n---\n{ACTING}\n'
    tiny.put(
        model,
        {
            "config.json": config | {"model_type": ACTING, "_name_or_path": ACTING},
            "README.md": card,
            "</script><script>alert(1)<": "a name",
        },
    )
    ended = weigh("adopt", "./model", *ASK)
    assert ended.code in {0, 1, 3}, ended.err
    harmless(ended.out, ended.err)
    harmless_page(tmp_path)


def test_a_models_name_that_turns_text_round_is_written_out(weigh, tmp_path, reviews):
    tiny.knowing_model(tmp_path / "m\u202etxt<b>", reviews)
    ended = weigh("adopt", "m\u202etxt<b>", *ASK)
    assert ended.code == 0, ended.err
    assert "\\u202e" in ended.err
    harmless(ended.out, ended.err)
    harmless_page(tmp_path)


def test_a_models_name_with_control_characters_is_refused(weigh, reviews, former):
    ended = weigh("adopt", "./\x1b[31mred", *ASK)
    refused(ended, "control characters", code=2)
    harmless(ended.err)
    assert former()


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such file names themselves")
def test_a_file_name_that_is_no_text_is_one_message(weigh, tmp_path, model, former):
    (model / os.fsdecode(b"\xff\xfe.txt")).write_text("x", encoding="utf-8")
    refused(weigh("adopt", "./model", *ASK), "not UTF-8", "\\udcff", code=2)
    (tmp_path / "models.toml").write_text('[models.m]\nfiles = [{ from = "file:model" }]\n', encoding="utf-8")
    refused(weigh("lock"), "not UTF-8", code=2)
    assert former()


@pytest.mark.parametrize("place", ["model", "data", "text", "label", "slice"])
def test_an_argument_that_is_no_text_is_one_message(weigh, reviews, former, place):
    asked = {"model": "none", "data": "reviews.csv", "text": "body", "label": "stars", "slice": "id"}
    asked[place] = os.fsdecode(b"b\xff")
    model = asked.pop("model")
    options = [word for name, value in asked.items() for word in (f"--{name}", value)]
    refused(weigh("adopt", model, *options), "not UTF-8", code=2)
    assert former()


@pytest.mark.parametrize(
    "part",
    [
        '{ from = "file:model/model.onnx", to = "../x" }',
        '{ from = "file:model/model.onnx", to = "/tmp/x" }',
        '{ from = "file:model", only = ["../reviews.csv"] }',
        '{ from = "file:wheel.zip#../x" }',
    ],
)
def test_a_manifest_that_leaves_its_folder_is_refused(weigh, tmp_path, model, former, part):
    (tmp_path / "models.toml").write_text(f"[models.m]\nfiles = [{part}]\n", encoding="utf-8")
    refused(weigh("adopt", "m", *ASK), code=2)
    refused(weigh("lock"), code=2)
    assert former()
    assert not (tmp_path / "models.lock").exists()


def test_a_link_out_of_the_models_folder_is_not_followed(weigh, tmp_path, model, former):
    (model / "vocab.txt").symlink_to(tmp_path / "reviews.csv")
    refused(weigh("adopt", "./model", *ASK), "leaves its folder", code=1)
    assert former()


@pytest.mark.skipif(os.name != "posix", reason="this system has no named pipes in folders")
def test_a_device_is_not_read(weigh, model, former):
    os.mkfifo(model / "pipe")
    refused(weigh("adopt", "./model", *ASK), "not a regular file", code=1)
    assert former()

"""Who needs a model, told by reading the code of the project."""

import json

from tests.cli.models.declared import declare, short

APP = 'from transformers import AutoModel\n\nNAME = "acme/tiny"\nmodel = AutoModel.from_pretrained(NAME)\n'


def test_the_calls_of_the_code_are_named(weigh, hub, tmp_path):
    declare(tmp_path, short())
    (tmp_path / "app.py").write_text(APP, encoding="utf-8")
    told = json.loads(weigh("why", "tiny", "--json").out)
    assert [(use["path"], use["line"]) for use in told["uses"]] == [("app.py", 4)]
    assert "app.py:4" in weigh("why", "app.py").out
    assert weigh("why", "hf:acme/tiny@v9").code == 0
    assert "app.py:4" in weigh("why", "acme/tiny").out


def test_a_model_that_nothing_needs_is_told(weigh, hub, tmp_path):
    declare(tmp_path, short())
    assert "nothing in the code" in weigh("why", "tiny").out

"""What models and authors say of where they came from is read, matched by name only, and bounded."""

import json

from tests.versions.lineage_models import model, of

from weigh.core.lineage import Declared
from weigh.versions.commit import Provenance
from weigh.versions.lineage_declared import MOST, declared_by, declared_in, names_it


def said_by(**files):
    return declared_by(of("child", model(1), **files).view)


def test_cards_adapters_and_configurations():
    card = b"---\nbase_model:\n- acme/one\n- acme/two\nbase_model_relation: merge\n---\ntext\n"
    found = said_by(README__md=card)
    assert {(d.base, d.relation) for d in found} == {("acme/one", "merge"), ("acme/two", "merge")}
    adapter = json.dumps({"peft_type": "LORA", "base_model_name_or_path": "acme/base"}).encode()
    assert Declared("acme/base", "adapter_config.json", "adapter") in said_by(adapter_config__json=adapter)
    config = json.dumps({"model_type": "bert", "_name_or_path": "acme/start"}).encode()
    assert Declared("acme/start", "config.json", "initialised-from") in said_by(config__json=config)


def test_what_is_no_text_or_too_much_is_left_out():
    many = "\n".join(f"- acme/m{i}" for i in range(3 * MOST))
    assert len(said_by(README__md=f"---\nbase_model:\n{many}\n---\n".encode())) <= MOST
    assert said_by(README__md=b"---\nbase_model: {a: [1]}\n---\n") == ()
    assert said_by(config__json=b'{"model_type": "bert", "_name_or_path": ""}') == ()


def test_an_author_names_bases():
    assert declared_in(Provenance(base=("hf:a/b@v1",))) == (Declared("hf:a/b@v1", "commit", "base"),)


def test_names_fit_by_their_last_part():
    statement = Declared("hf:org/Encoder@v1", "README.md")
    assert names_it(statement, "models/encoder")
    assert names_it(statement, "hf:else/encoder@v2")
    assert not names_it(statement, "models/encoder-small")
    assert not names_it(Declared("", "x"), "")

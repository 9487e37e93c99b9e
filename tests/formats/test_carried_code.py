import pytest
from hostile_safetensors import CARRYING, DESCRIBED

from weigh.checks.security.security import findings_of
from weigh.core.gate import Word, judge_file
from weigh.formats.carried_code import carried_code
from weigh.formats.reader import BytesReader
from weigh.formats.table import read_file


@pytest.mark.parametrize("text", DESCRIBED.values(), ids=DESCRIBED.keys())
def test_code_in_metadata_is_told(text):
    assert carried_code(["pt", text])


HONEST = [
    "call model.eval() before use, then model(x)",
    "from transformers import AutoModel; model = AutoModel.from_pretrained('x')",
    "trained with: python train.py --lr 1e-4 && python evaluate.py",
    "torch.save(model.state_dict(), path)",
    "see https://example.org/paper.pdf; retrieved 2024-01-01",
    "a" * 5000,
    "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9w",
    '{"ss_network_module": "networks.lora", "ss_optimizer": "adamw8bit", "ss_max_train_steps": "1500"}',
    "exec summary: the model evaluates (eval) on 3 sets",
]


@pytest.mark.parametrize("text", HONEST)
def test_honest_descriptions_are_no_code(text):
    assert not carried_code([text])


@pytest.mark.parametrize(("data", "rule"), CARRYING.values(), ids=CARRYING.keys())
def test_a_weight_file_that_carries_code_is_malicious(data, rule):
    facts = read_file(BytesReader(data), "model.safetensors")
    findings = tuple(findings_of(facts))
    assert [finding.rule for finding in findings] == [rule]
    assert judge_file(facts, findings) is Word.MALICIOUS

"""What the torch runtime answers, held against the libraries that people would use instead."""

import json

import numpy as np
import pytest
from tests.clients.conftest import MINILM, TWIN, opened, planned

from weigh.core.errors import WorkerError
from weigh.runtimes.spec import TORCH, Unplanned

pytestmark = [
    pytest.mark.clients,
    # The libraries warn about themselves; what they warn of is theirs to mend.
    pytest.mark.filterwarnings("ignore"),
]
torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

TEXTS = [
    "A short one.",
    "The quick brown fox jumps over the lazy dog, and nobody in the office is surprised any more.",
    "No!",
    "",
    "Übergrößenträger 漢字 und so weiter " * 40,
    "Costs rose by 4 percent in the third quarter, while 1,200 orders were cancelled.",
]


def cosines(a, b):
    return (a * b).sum(1) / (np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1))


def test_minilm_is_what_sentence_transformers_makes_it(packaged):
    library = pytest.importorskip("sentence_transformers")
    folder = packaged(MINILM)
    with opened(folder) as model:
        assert model.spec.runtime == TORCH
        assert not model.report.not_enforced
        ours = model.embed(TEXTS)
        alone = np.concatenate([model.embed([text]) for text in TEXTS])
        peak = model._worker.peak_bytes
    theirs = library.SentenceTransformer(str(folder), device="cpu").encode(TEXTS)
    apart = np.abs(ours - theirs).max()
    print(f"\nall-MiniLM-L6-v2: furthest from sentence-transformers {apart:.2e}, peak {peak / 1e6:.0f} MB")
    assert apart < 1e-5
    assert np.array_equal(ours, alone)


def test_minilm_is_close_to_its_int8_twin(packaged, tmp_path):
    pytest.importorskip("onnxruntime")
    folder = packaged(MINILM)
    for path in (p for p in folder.rglob("*") if p.is_file() and p.suffix != ".safetensors"):
        place = tmp_path / path.relative_to(folder)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(path.read_bytes())
    (tmp_path / "model.onnx").write_bytes((packaged(TWIN) / "model.onnx").read_bytes())
    texts = [t for t in TEXTS if t]
    with opened(folder) as model:
        ours = model.embed(texts)
    with opened(tmp_path) as model:
        assert model.spec.runtime == "onnx"
        twin = model.embed(texts)
    near = cosines(ours, twin)
    print(f"\nint8 twin: cosine {near.min():.4f} at least, {np.median(near):.4f} at the median")
    assert np.median(near) > 0.99
    assert near.min() > 0.97


WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "<s>", "</s>", "good", "bad", "film", "a", "not"]
SIZES = {"vocab_size": len(WORDS), "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2}
SIZES |= {"intermediate_size": 32, "max_position_embeddings": 40, "pad_token_id": 0}
KINDS = {
    "bert": SIZES,
    "mpnet": SIZES | {"pad_token_id": 1},
    "roberta": SIZES | {"pad_token_id": 1, "type_vocab_size": 1},
    "xlm-roberta": SIZES | {"pad_token_id": 1, "type_vocab_size": 1},
    "distilbert": {"vocab_size": len(WORDS), "dim": 16, "n_layers": 2, "n_heads": 2, "hidden_dim": 32,
                   "max_position_embeddings": 40},
    "electra": SIZES | {"embedding_size": 8},
    "albert": SIZES | {"embedding_size": 8},
    "deberta-v2": SIZES | {"relative_attention": True, "pos_att_type": ["p2c", "c2p"]},
    "camembert": SIZES | {"pad_token_id": 1, "type_vocab_size": 1},
}  # fmt: skip


def tokenizer():
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

    made = Tokenizer(models.WordLevel({w: i for i, w in enumerate(WORDS)}, unk_token="[UNK]"))
    made.normalizer = normalizers.Lowercase()
    made.pre_tokenizer = pre_tokenizers.Whitespace()
    made.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    return made


def save(folder, kind, *, table="AutoModel", shard="5GB", changes=None, **config):
    """A tiny model of an architecture, written by the library itself."""
    torch.manual_seed(3)
    settings = transformers.CONFIG_MAPPING[kind](**KINDS[kind], **config)
    model = getattr(transformers, table).from_config(settings).eval()
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    model.save_pretrained(folder, max_shard_size=shard)
    tokenizer().save(str(folder / "tokenizer.json"))
    (folder / "tokenizer_config.json").write_text('{"model_max_length": 24}')
    if table == "AutoModel":
        (folder / "modules.json").write_text(json.dumps([
            {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
            {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
        ]))  # fmt: skip
        (folder / "1_Pooling").mkdir()
        (folder / "1_Pooling/config.json").write_text('{"pooling_mode_mean_tokens": true}')
        (folder / "sentence_bert_config.json").write_text('{"max_seq_length": 24}')
    if changes:
        place = folder / "config.json"
        place.write_text(json.dumps(json.loads(place.read_text()) | changes))
    return model


SHORT = ["good film", "a bad film, not good", "film", "not a good not a bad film " * 9]


def reference(model, text):
    ids = tokenizer().encode(text).ids
    ids = ids if len(ids) <= 24 else [*ids[:23], ids[-1]]
    with torch.inference_mode():
        return model(input_ids=torch.tensor([ids]), attention_mask=torch.ones(1, len(ids)), return_dict=True)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_encoders_answer_as_their_library(kind, tmp_path):
    theirs = save(tmp_path, kind)
    expected = np.stack([reference(theirs, t).last_hidden_state[0].mean(0).numpy() for t in SHORT])
    with opened(tmp_path) as model:
        ours = model.embed(SHORT)
    print(f"\n{kind}: {np.abs(ours - expected).max():.1e}")
    assert np.abs(ours - expected).max() < 2e-5


@pytest.mark.parametrize("kind", ["bert", "roberta", "distilbert", "deberta-v2"])
def test_classifiers_answer_as_their_library(kind, tmp_path):
    names = ("bad", "good", "neutral")
    labels = {"id2label": dict(enumerate(names)), "label2id": {n: i for i, n in enumerate(names)}}
    theirs = save(tmp_path, kind, table="AutoModelForSequenceClassification", **labels)
    expected = np.concatenate([torch.softmax(reference(theirs, t).logits, -1).numpy() for t in SHORT])
    with opened(tmp_path) as model:
        assert model.spec.labels == ("bad", "good", "neutral")
        ours = model.classify(SHORT)
    assert np.abs(ours - expected).max() < 2e-5


def test_shards_give_the_same_answers_as_one_file(tmp_path):
    (tmp_path / "one").mkdir()
    (tmp_path / "many").mkdir()
    save(tmp_path / "one", "bert")
    save(tmp_path / "many", "bert", shard="9KB")
    assert len(list((tmp_path / "many").glob("model-*.safetensors"))) > 2
    with opened(tmp_path / "one") as whole, opened(tmp_path / "many", threads=1) as parts:
        assert np.array_equal(whole.embed(SHORT), parts.embed(SHORT))


def test_a_missing_shard_is_named_before_anything_is_opened(tmp_path):
    save(tmp_path, "bert", shard="9KB")
    next(tmp_path.glob("model-00002-*.safetensors")).unlink()
    spec, _ = planned(tmp_path)
    assert isinstance(spec, Unplanned)
    assert "model-00002" in spec.reason


def test_the_encoder_of_a_masked_language_model(tmp_path):
    theirs = save(tmp_path, "bert", table="AutoModelForMaskedLM")
    (tmp_path / "1_Pooling").mkdir()
    (tmp_path / "1_Pooling/config.json").write_text('{"pooling_mode_mean_tokens": true}')
    (tmp_path / "modules.json").write_text(json.dumps([
        {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
        {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
    ]))  # fmt: skip
    with opened(tmp_path) as model:
        ours = model.embed(SHORT)
    expected = np.stack([reference(theirs.bert, t).last_hidden_state[0].mean(0).numpy() for t in SHORT])
    assert np.abs(ours - expected).max() < 2e-5


def rewrite(folder, change):
    from safetensors.torch import load_file, save_file

    tensors = load_file(folder / "model.safetensors")
    change(tensors)
    save_file(tensors, folder / "model.safetensors")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            lambda t: t.pop("encoder.layer.1.output.dense.bias"),
            "missing: encoder.layer.1.output.dense.bias",
        ),
        (lambda t: t.update({"extra.weight": torch.zeros(1)}), "not known to the architecture: extra.weight"),
        (lambda t: t.update({"embeddings.LayerNorm.bias": torch.zeros(4)}), "has the shape (4,)"),
    ],
)
def test_tensors_that_are_not_those_of_the_configuration_are_told(tmp_path, change, said):
    save(tmp_path, "bert")
    rewrite(tmp_path, change)
    with pytest.raises(WorkerError) as told, opened(tmp_path):
        pass
    assert said in told.value.why


def test_half_precision_is_computed_in_float32(tmp_path):
    theirs = save(tmp_path, "bert")
    rewrite(tmp_path, lambda t: t.update({k: v.to(torch.bfloat16) for k, v in t.items()}))
    with torch.no_grad():
        for parameter in theirs.parameters():
            parameter.copy_(parameter.to(torch.bfloat16).float())
    expected = np.stack([reference(theirs, t).last_hidden_state[0].mean(0).numpy() for t in SHORT])
    with opened(tmp_path) as model:
        assert np.abs(model.embed(SHORT) - expected).max() < 2e-5


def test_old_names_of_normalisations_are_known(tmp_path):
    theirs = save(tmp_path, "bert")

    def age(tensors):
        for name in [n for n in tensors if "LayerNorm" in n]:
            old = name.replace(".weight", ".gamma").replace(".bias", ".beta")
            tensors[old] = tensors.pop(name)

    rewrite(tmp_path, age)
    expected = np.stack([reference(theirs, t).last_hidden_state[0].mean(0).numpy() for t in SHORT])
    with opened(tmp_path) as model:
        assert np.abs(model.embed(SHORT) - expected).max() < 2e-5


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"model_type": "no-such-thing"}, "no architecture called"),
        ({"quantization_config": {"quant_method": "bitsandbytes"}}, "quantised"),
    ],
)
def test_what_the_library_does_not_have_is_told(tmp_path, changes, said):
    save(tmp_path, "bert", changes=changes)
    with pytest.raises(WorkerError) as told, opened(tmp_path):
        pass
    assert said in told.value.why


def test_code_that_a_repository_brings_is_not_planned(tmp_path):
    save(tmp_path, "bert", changes={"auto_map": {"AutoModel": "modeling_evil.EvilModel"}})
    (tmp_path / "modeling_evil.py").write_text("raise SystemExit('it ran')\n")
    spec, _ = planned(tmp_path)
    assert isinstance(spec, Unplanned)
    assert "never run" in spec.reason

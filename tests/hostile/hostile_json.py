"""Hostile JSON of the Hugging Face layout: configurations that import, fetch, point elsewhere. Inert."""

import json
from typing import Any

Case = tuple[Any, str]

ATTACKS: dict[str, Case] = {
    "auto-map-leaves-the-folder": ({"auto_map": {"AutoModel": "../../evil.Net"}}, "WGH-J015"),
    "coreml-item-leaves-the-package": (
        {"itemInfoEntries": {"A": {"path": "../../x"}}, "rootModelIdentifier": "A"},
        "WGH-CM004",
    ),
    "kernel": ({"model_type": "llama", "_attn_implementation_internal": "evil/kernel"}, "WGH-J012"),
    "kernel-plain-key": ({"attn_implementation": "evil/kernel"}, "WGH-J012"),
    "kernel-revision": ({"_attn_implementation_internal": "evil/kernel@main:forward"}, "WGH-J012"),
    "kernel-nested": ({"text_config": {"_attn_implementation_internal": "evil/kernel"}}, "WGH-J012"),
    "kernel-paged": ({"_attn_implementation_internal": "paged|evil/kernel"}, "WGH-J012"),
    "kernel-object": ({"_attn_implementation": {"text_config": "evil/kernel"}}, "WGH-J012"),
    "kernel-experts": ({"_experts_implementation": "evil/kernel"}, "WGH-J012"),
    "trust-nested": (
        {
            "model_type": "lightglue",
            "trust_remote_code": True,
            "keypoint_detector_config": {"model_type": "x", "auto_map": {"AutoModel": "evil/repo--mod.Net"}},
        },
        "WGH-J014",
    ),
    "shard-up": ({"weight_map": {"a": "../../.ssh/id_rsa.bin"}}, "WGH-J015"),
    "shard-absolute": ({"weight_map": {"a": "/etc/passwd"}}, "WGH-J015"),
    "shard-address": ({"weight_map": {"a": "https://x.invalid/a.bin"}}, "WGH-J015"),
    "shard-windows": ({"weight_map": {"a": "..\\..\\a.safetensors"}}, "WGH-J015"),
    "shard-drive": ({"weight_map": {"a": "C:/a.safetensors"}}, "WGH-J015"),
    "module-up": (
        [{"idx": 0, "name": "0", "path": "../other", "type": "sentence_transformers.models.Transformer"}],
        "WGH-J015",
    ),
    "pickled-reduce": (
        {"a": {"py/reduce": [{"py/type": "os.system"}, {"py/tuple": ["id"]}]}},
        "WGH-J017",
    ),
    "pickled-object": ({"py/object": "subprocess.Popen", "args": ["id"]}, "WGH-J017"),
    "pickled-repr": ({"py/repr": "os/os.system('id')"}, "WGH-J017"),
    "pickled-function": ({"py/function": "builtins.eval"}, "WGH-J017"),
    "target-system": ({"model": {"_target_": "os.system", "_args_": ["id"]}}, "WGH-J019"),
    "target-eval": ({"_target_": "builtins.eval", "_args_": ["1"]}, "WGH-J019"),
    "target-exec-bare": ({"_target_": "exec"}, "WGH-J019"),
    "target-subprocess": ({"a": [{"_target_": "subprocess.check_output"}]}, "WGH-J019"),
    "target-torch-load": ({"_target_": "torch.load", "f": "x"}, "WGH-J019"),
    "target-get-method": ({"_target_": "importlib.import_module", "name": "x"}, "WGH-J019"),
    "activation-code": ({"hidden_act": "__import__('os').system('id')"}, "WGH-J020"),
    "dimension-code": ({"rope": {"factor": "eval(compile('x', 'y', 'exec'))"}}, "WGH-J020"),
    "value-subprocess": ({"hook": "subprocess.call(['id'])"}, "WGH-J020"),
    "value-subclasses": ({"act": "().__class__.__base__.__subclasses__()"}, "WGH-J020"),
    "template-path": ({"chat_template": [{"name": "../../x", "template": "{{ 1 }}"}]}, "WGH-J021"),
    "template-absolute": ({"chat_template": {"/etc/x": "{{ 1 }}"}}, "WGH-J021"),
    "key-twice": (b'{"auto_map": {}, "auto_map": {"AutoModel": "m.M"}}', "WGH-J002"),
}
"""Value or bytes → the rule that must fire; each must come out malicious."""

LOOKS: dict[str, Case] = {
    "pipeline-of-a-repository": ({"custom_pipelines": {"t": {"impl": "user/repo--pipe.P"}}}, "WGH-J011"),
    "cross-repository": ({"auto_map": {"AutoModel": "user/repo--modeling.Net"}}, "WGH-J011"),
    "cross-repository-list": ({"auto_map": {"AutoTokenizer": ["user/repo--tok.T", None]}}, "WGH-J011"),
    "trust": ({"trust_remote_code": True}, "WGH-J013"),
    "pickled-own": ({"py/object": "mypackage.Settings", "a": 1}, "WGH-J016"),
    "target-own": ({"_target_": "mypackage.nets.build"}, "WGH-J018"),
    "many-templates": (
        {"chat_template": [{"name": str(n), "template": "x"} for n in range(101)]},
        "WGH-J022",
    ),
    "file-address": ({"base_model_name_or_path": "file:///etc/passwd"}, "WGH-J023"),
    "network-share": ({"tokenizer_file": "\\\\host.invalid\\share\\x"}, "WGH-J023"),
    "shard-other": ({"weight_map": {"a": "run.sh"}}, "WGH-J024"),
}
"""Value → the rule that must fire; each is for a person to review."""

SOUND: dict[str, Any] = {
    "blocks-of-a-network": {
        "_class_name": "UNet2DModel",
        "_diffusers_version": "0.30.0",
        "down_block_types": ["DownBlock2D", "DownBlock2D"],
    },
    "own-pipeline": {"custom_pipelines": {"t": {"impl": "pipe.MyPipe", "pt": ["AutoModel"]}}},
    "coreml-manifest": {
        "fileFormatVersion": "1.0.0",
        "itemInfoEntries": {"A": {"path": "com.apple.CoreML/model.mlmodel", "name": "model.mlmodel"}},
        "rootModelIdentifier": "A",
    },
    "bert": {
        "architectures": ["BertModel"],
        "model_type": "bert",
        "hidden_act": "gelu",
        "_attn_implementation_autoset": True,
        "_attn_implementation": "sdpa",
        "_name_or_path": "nreimers/MiniLM-L6-H384-uncased",
        "trust_remote_code": False,
    },
    "kernels-community": {"attn_implementation": "kernels-community/flash-attn3"},
    "index": {
        "metadata": {"total_size": 8},
        "weight_map": {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"},
    },
    "index-folder": {"weight_map": {"a": "transformer/model-00001-of-00001.safetensors"}},
    "modules": [
        {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
        {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
    ],
    "adapter": {
        "base_model_name_or_path": "/srv/user/models/llama",
        "auto_mapping": {
            "base_model_class": "LlamaForCausalLM",
            "parent_library": "transformers.models.llama.modeling_llama",
        },
        "peft_type": "LORA",
    },
    "pipeline": {
        "_class_name": "StableDiffusionPipeline",
        "_diffusers_version": "0.30.0",
        "unet": ["diffusers", "UNet2DConditionModel"],
        "safety_checker": [None, None],
        "tokenizer": ["transformers", "CLIPTokenizer"],
    },
    "hydra": {"_target_": "torch.nn.Linear", "in_features": 4},
    "vocabulary": {"eval(": 0, "__import__('os').system": 1, "py/object": 2},
    "list": [1, 2, 3],
    "text": "plain",
    "nothing": None,
}
"""Honest values: clean."""


def encoded(value: Any) -> bytes:
    """The bytes of a case."""
    return value if isinstance(value, bytes) else json.dumps(value).encode()


CASES: dict[str, tuple[bytes, str]] = {
    name: (encoded(value), rule) for name, (value, rule) in {**ATTACKS, **LOOKS}.items()
}
NAMES: dict[str, str] = {
    **dict.fromkeys(CASES, "config.json"),
    **{name: "model.safetensors.index.json" for name in CASES if name.startswith("shard-")},
    **{name: "modules.json" for name in CASES if name.startswith("module-")},
}

TOKENIZERS: dict[str, Case] = {
    "no-model": ({"model": 1}, "WGH-T001"),
    "same-id": ({"model": {"type": "BPE", "vocab": {"a": 0, "b": 0}}}, "WGH-T002"),
    "no-id": ({"model": {"type": "BPE", "vocab": {"a": -1}}}, "WGH-T003"),
    "huge-id": ({"model": {"type": "BPE", "vocab": {"a": 2**40}}}, "WGH-T004"),
    "added-takes-id": (
        {"model": {"type": "BPE", "vocab": {"a": 0}}, "added_tokens": [{"id": 0, "content": "evil"}]},
        "WGH-T005",
    ),
    "slow-pattern": (
        {
            "model": {"type": "BPE", "vocab": {"a": 0}},
            "pre_tokenizer": {"type": "Split", "pattern": {"Regex": "(a+)+b"}, "behavior": "Removed"},
        },
        "WGH-T006",
    ),
}
"""tokenizer.json → the rule that must fire."""

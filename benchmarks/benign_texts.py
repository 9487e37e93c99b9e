# ruff: noqa: E501, ISC004, Q003 - tables of what is written: one thing a line reads best
"""Texts of honest model repositories: configurations, chat templates, cards, code; all written for this corpus."""

from typing import Any

_BERT = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64, "vocab_size": 300,
         "hidden_act": "gelu", "max_position_embeddings": 64, "type_vocab_size": 2, "layer_norm_eps": 1e-12,
         "torch_dtype": "float32", "transformers_version": "4.44.2", "pad_token_id": 0}  # fmt: skip


def _family(kind: str, head: str, **more: Any) -> dict[str, Any]:
    return {
        "_name_or_path": f"example/{kind}-tiny",
        "architectures": [head],
        "model_type": kind,
        **_BERT,
        **more,
    }


CONFIGS: dict[str, dict[str, Any]] = {
    "bert": _family("bert", "BertForSequenceClassification", id2label={"0": "NO", "1": "YES"}, label2id={"NO": 0, "YES": 1}),
    "roberta": _family("roberta", "RobertaForMaskedLM", classifier_dropout=None, use_cache=True),
    "distilbert": _family("distilbert", "DistilBertModel", tie_weights_=True, qa_dropout=0.1),
    "gpt2": _family("gpt2", "GPT2LMHeadModel", n_ctx=64, task_specific_params={"text-generation": {"do_sample": True, "max_length": 50}}),
    "llama": _family("llama", "LlamaForCausalLM", rope_scaling={"type": "linear", "factor": 2.0}, rms_norm_eps=1e-5, pretraining_tp=1),
    "llama_quantized": _family("llama", "LlamaForCausalLM", quantization_config={
        "quant_method": "gptq", "bits": 4, "group_size": 128, "desc_act": True, "sym": True, "dataset": "wikitext2"}),
    "llama_bnb": _family("llama", "LlamaForCausalLM", quantization_config={
        "_load_in_4bit": True, "bnb_4bit_compute_dtype": "bfloat16", "bnb_4bit_quant_type": "nf4", "llm_int8_skip_modules": None,
        "load_in_4bit": True, "quant_method": "bitsandbytes"}),
    "mistral": _family("mistral", "MistralForCausalLM", sliding_window=None, attn_implementation="sdpa"),
    "qwen2": _family("qwen2", "Qwen2ForCausalLM", use_sliding_window=False, max_window_layers=21),
    "gemma2": _family("gemma2", "Gemma2ForCausalLM", attn_logit_softcapping=50.0, cache_implementation="hybrid"),
    "t5": _family("t5", "T5ForConditionalGeneration", n_positions=512, feed_forward_proj="gated-gelu", is_encoder_decoder=True),
    "bart": _family("bart", "BartForConditionalGeneration", forced_eos_token_id=2, early_stopping=True),
    "whisper": _family("whisper", "WhisperForConditionalGeneration", begin_suppress_tokens=[220, 50257], suppress_tokens=list(range(40))),
    "vit": _family("vit", "ViTForImageClassification", image_size=224, patch_size=16, id2label={str(n): f"class, {n}" for n in range(99)}),
    "clip": _family("clip", "CLIPModel", projection_dim=8, text_config=dict(_BERT), vision_config={**_BERT, "image_size": 32}),
    "wav2vec2": _family("wav2vec2", "Wav2Vec2ForCTC", conv_dim=[8, 8], conv_kernel=[10, 3], conv_stride=[5, 2], ctc_loss_reduction="sum"),
    "mixtral": _family("mixtral", "MixtralForCausalLM", num_local_experts=8, num_experts_per_tok=2, router_aux_loss_coef=0.02),
    "vision_encoder_decoder": _family("vision-encoder-decoder", "VisionEncoderDecoderModel", encoder=dict(_BERT), decoder=dict(_BERT)),
    "timm": {"architecture": "resnet18", "num_classes": 10, "num_features": 512, "pretrained_cfg": {
        "tag": "a1_in1k", "custom_load": False, "input_size": [3, 224, 224], "mean": [0.485, 0.456, 0.406], "interpolation": "bicubic",
        "url": "https://example.org/resnet18.pth", "first_conv": "conv1", "classifier": "fc"}},
}  # fmt: skip

_TOKEN = {"content": "<s>", "lstrip": False, "normalized": False, "rstrip": False, "single_word": False}
JSON_FILES: dict[str, tuple[str, Any]] = {
    "generation": ("generation_config.json", {"bos_token_id": 1, "eos_token_id": [2, 3], "do_sample": True, "temperature": 0.6,
                   "top_p": 0.9, "max_new_tokens": 256, "transformers_version": "4.44.2", "_from_model_config": True}),
    "special_tokens": ("special_tokens_map.json", {"bos_token": _TOKEN, "eos_token": "</s>", "additional_special_tokens": ["<|im_start|>"]}),
    "added_tokens": ("added_tokens.json", {"<|im_end|>": 32001, "<|im_start|>": 32000}),
    "vocab": ("vocab.json", {f"Ġtoken{n}": n for n in range(2000)} | {"eval": 2000, "import": 2001, "__import__": 2002, "os.system": 2003}),
    "preprocessor": ("preprocessor_config.json", {"do_normalize": True, "feature_extractor_type": "ViTFeatureExtractor",
                     "image_processor_type": "ViTImageProcessor", "image_mean": [0.5] * 3, "resample": 2, "size": {"height": 224, "width": 224}}),
    "processor": ("processor_config.json", {"processor_class": "LlavaProcessor", "image_token": "<image>", "patch_size": 14}),
    "tokenizer_llama": ("tokenizer_config.json", {"add_bos_token": True, "bos_token": "<s>", "clean_up_tokenization_spaces": False,
                        "legacy": True, "model_max_length": 1000000000000000019884624838656, "sp_model_kwargs": {}, "tokenizer_class": "LlamaTokenizer",
                        "added_tokens_decoder": {"0": {**_TOKEN, "content": "<unk>", "special": True}}, "use_default_system_prompt": False}),
    "tokenizer_bert": ("tokenizer_config.json", {"do_lower_case": True, "strip_accents": None, "tokenizer_class": "BertTokenizer",
                       "name_or_path": "/srv/someone/models/bert", "special_tokens_map_file": None, "never_split": None}),
    "adapter": ("adapter_config.json", {"peft_type": "LORA", "base_model_name_or_path": "example/base-7b", "bias": "none", "lora_alpha": 16,
                "lora_dropout": 0.05, "r": 8, "target_modules": ["q_proj", "v_proj"], "task_type": "CAUSAL_LM", "inference_mode": True,
                "auto_mapping": None, "revision": None, "modules_to_save": None, "init_lora_weights": True}),
    "modules": ("modules.json", [{"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
                {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
                {"idx": 2, "name": "2", "path": "2_Normalize", "type": "sentence_transformers.models.Normalize"}]),
    "sentence_bert": ("sentence_bert_config.json", {"max_seq_length": 256, "do_lower_case": False}),
    "sentence_transformers": ("config_sentence_transformers.json", {"__version__": {"sentence_transformers": "3.0.1", "transformers": "4.44.2",
                              "pytorch": "2.3.0"}, "prompts": {"query": "Represent this: "}, "similarity_fn_name": "cosine"}),
    "diffusers_index": ("model_index.json", {"_class_name": "StableDiffusionPipeline", "_diffusers_version": "0.30.0",
                        "scheduler": ["diffusers", "PNDMScheduler"], "text_encoder": ["transformers", "CLIPTextModel"],
                        "unet": ["diffusers", "UNet2DConditionModel"], "vae": ["diffusers", "AutoencoderKL"], "safety_checker": [None, None]}),
    "scheduler": ("scheduler_config.json", {"_class_name": "DDIMScheduler", "_diffusers_version": "0.30.0", "beta_start": 0.00085,
                  "clip_sample": False, "trained_betas": None}),
    "trainer_state": ("trainer_state.json", {"best_metric": 0.9, "best_model_checkpoint": "./out/checkpoint-500", "epoch": 3.0,
                      "log_history": [{"epoch": n / 10, "loss": 1 / (n + 1), "step": n * 10} for n in range(40)], "is_local_process_zero": True}),
    "all_results": ("all_results.json", {"eval_accuracy": 0.91, "eval_loss": 0.3, "epoch": 3.0, "eval_runtime": 1.5}),
    "index": ("pytorch_model.bin.index.json", {"metadata": {"total_size": 8}, "weight_map": {"a.weight": "pytorch_model-00001-of-00001.bin"}}),
    "quantize": ("quantize_config.json", {"bits": 4, "group_size": 128, "damp_percent": 0.01, "model_file_base_name": "model"}),
    "dataset_infos": ("dataset_infos.json", {"default": {"description": "A data set.", "features": {"text": {"dtype": "string", "_type": "Value"}},
                      "splits": {"train": {"name": "train", "num_bytes": 10, "num_examples": 1}}, "download_checksums": None}}),
    "metrics": ("metrics.json", {"nan": None, "scores": [0.1, 0.2], "matrix": [[1, 0], [0, 1]]}),
    "spacy_meta": ("meta.json", {"lang": "en", "name": "core_web_sm", "version": "3.7.1", "pipeline": ["tok2vec", "ner"], "labels": {"ner": ["ORG"]}}),
    "label_list": ("labels.json", ["cat", "dog", "<b>bold</b>", "$(HOME)", "{{ name }}", "a\\b"]),
    "unet": ("config.json", {"_class_name": "UNet2DConditionModel", "_diffusers_version": "0.30.0", "act_fn": "silu",
             "block_out_channels": [32, 64], "down_block_types": ["DownBlock2D"], "sample_size": 32}),
    "wandb": ("wandb-metadata.json", {"os": "Linux-5.15", "python": "3.10.12", "program": "/workspace/train.py", "codePath": "train.py",
              "args": ["--learning_rate", "1e-4"], "executable": "/usr/bin/python3", "git": {"remote": "https://example.org/a.git"}}),
    "eleven_labels": ("id2label.json", {str(n): f"n{n:08d}" for n in range(1000)}),
    "coco": ("annotations.json", {"images": [{"id": 1, "file_name": "a.jpg"}], "annotations": [{"bbox": [0, 0, 9, 9], "image_id": 1}]}),
    "onnx_config": ("ort_config.json", {"opset": None, "optimization": {"optimization_level": 2}, "quantization": {"is_static": False}}),
    "package": ("package.json", {"name": "example", "version": "1.0.0", "dependencies": {"onnxruntime-web": "^1.17.0"}}),
    "openai_style": ("messages.json", [{"role": "system", "content": "You are a helpful assistant."}, {"role": "user", "content": "Hi"}]),
}  # fmt: skip

TEMPLATES: dict[str, str] = {
    "chatml": "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n'}}"
              "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}",
    "chatml_default": "{% if not add_generation_prompt is defined %}{% set add_generation_prompt = false %}{% endif %}{% for message in messages %}"
                      "{{ '<|im_start|>' ~ message.role ~ '\\n' ~ (message.content | trim) ~ '<|im_end|>\\n' }}{% endfor %}",
    "instruct": "{{ bos_token }}{% for message in messages %}{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}"
                "{{ raise_exception('Conversation roles must alternate user/assistant/user/assistant/...') }}{% endif %}"
                "{% if message['role'] == 'user' %}{{ '[INST] ' + message['content'] + ' [/INST]' }}{% elif message['role'] == 'assistant' %}"
                "{{ message['content'] + eos_token }}{% else %}{{ raise_exception('Only user and assistant roles are supported!') }}{% endif %}{% endfor %}",
    "system_first": "{% if messages[0]['role'] == 'system' %}{% set loop_messages = messages[1:] %}{% set system_message = messages[0]['content'] %}"
                    "{% else %}{% set loop_messages = messages %}{% set system_message = false %}{% endif %}{% for message in loop_messages %}"
                    "{% if loop.index0 == 0 and system_message != false %}{% set content = '<<SYS>>\\n' + system_message + '\\n<</SYS>>\\n\\n' + message['content'] %}"
                    "{% else %}{% set content = message['content'] %}{% endif %}{{ bos_token + '[INST] ' + content.strip() + ' [/INST]' }}{% endfor %}",
    "namespace": "{%- set ns = namespace(is_first=false, system='', tool_calls=[]) -%}{%- for message in messages -%}"
                 "{%- if message['role'] == 'system' -%}{%- set ns.system = ns.system + message['content'] -%}{%- endif -%}{%- endfor -%}"
                 "{{ bos_token }}{{ ns.system }}{%- for message in messages -%}{%- if message['role'] == 'assistant' and message['content'] is not none -%}"
                 "{%- set content = message['content'] -%}{%- if '</think>' in content -%}{%- set content = content.split('</think>')[-1].lstrip('\\n') -%}{%- endif -%}"
                 "{{ '<|Assistant|>' + content + '<|end|>' }}{%- elif message['role'] == 'user' -%}{{ '<|User|>' + message['content'] }}{%- endif -%}{%- endfor -%}",
    "tools": "{%- if tools %}\n    {{- '<|im_start|>system\\n# Tools\\n\\n<tools>' }}\n    {%- for tool in tools %}\n        {{- \"\\n\" }}\n"
             "        {{- tool | tojson }}\n    {%- endfor %}\n    {{- '\\n</tools><|im_end|>\\n' }}\n{%- endif %}\n{%- for message in messages %}\n"
             "    {%- if message.tool_calls %}\n        {%- for tool_call in message.tool_calls %}\n            {%- if tool_call.function is defined %}\n"
             "                {%- set tool_call = tool_call.function %}\n            {%- endif %}\n"
             "            {{- '{\"name\": \"' + tool_call.name + '\", \"arguments\": ' }}{{- tool_call.arguments | tojson }}{{- '}' }}\n        {%- endfor %}\n"
             "    {%- elif message.role == \"tool\" %}\n        {%- if loop.last or (messages[loop.index0 + 1].role != \"tool\") %}{{- '<|im_end|>\\n' }}{%- endif %}\n"
             "    {%- else %}\n        {{- message.content }}\n    {%- endif %}\n{%- endfor %}\n",
    "dated": "{%- if not date_string is defined %}{%- if strftime_now is defined %}{%- set date_string = strftime_now(\"%d %b %Y\") %}"
             "{%- else %}{%- set date_string = \"26 Jul 2024\" %}{%- endif %}{%- endif %}{{- \"Today Date: \" + date_string + \"\\n\\n\" }}"
             "{%- for message in messages %}{{- '<|start_header_id|>' + message['role'] + '<|end_header_id|>\\n\\n' + message['content'] | trim + '<|eot_id|>' }}{%- endfor %}",
    "macro": "{%- macro json_to_python_type(json_spec) %}\n{%- set basic = {\"string\": \"str\", \"number\": \"float\", \"integer\": \"int\"} %}\n"
             "{%- if basic[json_spec.type] is defined %}\n{{- basic[json_spec.type] }}\n{%- elif json_spec.type == \"array\" %}\n"
             "{{- \"List[\" + json_to_python_type(json_spec.items) + \"]\" }}\n{%- elif json_spec.type is iterable %}\n{{- \"Union[\" }}\n"
             "{%- for t in json_spec.type %}{{- json_to_python_type({\"type\": t}) }}{%- if not loop.last %}{{- \",\" }}{%- endif %}{%- endfor %}\n{{- \"]\" }}\n"
             "{%- endif %}\n{%- endmacro %}\n{%- for tool in tools %}{{ tool.name }}({% for name, field in tool.parameters.properties.items() %}"
             "{{ name }}: {{ json_to_python_type(field) }}{{ ', ' if not loop.last }}{% endfor %}){%- endfor %}",
    "roles": "{{ bos_token }}{% if messages[0]['role'] == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}"
             "{% for message in messages %}{% if (message['role'] == 'assistant') %}{% set role = 'model' %}{% else %}{% set role = message['role'] %}{% endif %}"
             "{{ '<start_of_turn>' + role + '\\n' + message['content'] | trim + '<end_of_turn>\\n' }}{% endfor %}",
    "content_parts": "{% for message in messages %}{% if message['content'] is string %}{{ message['content'] }}{% else %}{% for content in message['content'] %}"
                     "{% if content['type'] == 'image' or 'image' in content or 'image_url' in content %}<|vision_start|><|image_pad|><|vision_end|>"
                     "{% elif 'text' in content %}{{ content['text'] }}{% endif %}{% endfor %}{% endif %}{% endfor %}",
    "generation": "{% for message in messages %}{% if message['role'] == 'assistant' %}{% generation %}{{ message['content'] }}{% endgeneration %}"
                  "{% else %}{{ message['content'] }}{% endif %}{% endfor %}",
    "filters": "{% for m in messages | selectattr('role', 'equalto', 'user') | list %}{{ m.content | replace('\\n\\n', '\\n') | upper }}{% endfor %}"
               "{{ messages | map(attribute='role') | join(', ') }}{{ messages | length }}{{ (messages | last).content | default('none') }}",
    "comments": "{# A template for a chat model; import nothing here #}\n{%- for m in messages recursive %}{{ m.content|e }}{%- endfor %}\n",
    "loop_control": "{% for m in messages %}{% if m.role == 'tool' %}{% continue %}{% endif %}{% if loop.index > 20 %}{% break %}{% endif %}{{ m.content }}{% endfor %}",
    "alpaca": "{% for m in messages %}{% if m['role'] == 'user' %}{{ '### Instruction:\\n' + m['content'] + '\\n\\n' }}{% else %}"
              "{{ '### Response:\\n' + m['content'] + eos_token + '\\n\\n' }}{% endif %}{% endfor %}{% if add_generation_prompt %}{{ '### Response:\\n' }}{% endif %}",
    "dicts": "{% set args = {} %}{% for k, v in tool.arguments | items %}{{ '<parameter=' ~ k ~ '>' }}{{ v if v is string else v | tojson(indent=2) }}{% endfor %}"
             "{% set _ = seen.append(k) %}{{ d.get('name', '') }}{{ x['a'].startswith('b') and x.endswith('c') }}{{ namespace(a=1).a }}{{ range(3) | list }}",
    "thinking": "{%- if enable_thinking is defined and enable_thinking is false %}{{- '<think>\\n\\n</think>\\n\\n' }}{%- endif %}"
                "{%- set last = messages[::-1][0] %}{%- set ns = namespace(multi_step_tool=true, last_query_index=messages|length - 1) %}"
                "{%- for message in messages[::-1] %}{%- set index = (messages|length - 1) - loop.index0 %}"
                "{%- if ns.multi_step_tool and message.role == \"user\" and not(message.content.startswith('<tool_response>')) %}"
                "{%- set ns.multi_step_tool = false %}{%- set ns.last_query_index = index %}{%- endif %}{%- endfor %}{{ ns.last_query_index }}",
}  # fmt: skip

CARDS: dict[str, str] = {
    "plain": "# A model\n\nTrained on example data.\n",
    "front_matter": "---\nlicense: apache-2.0\nlanguage:\n- en\n- de\ntags:\n- text-classification\ndatasets:\n- imdb\nmetrics:\n- accuracy\n"
                    "pipeline_tag: text-classification\nwidget:\n- text: \"I like you. I love you\"\nmodel-index:\n- name: tiny\n  results:\n  - task:\n"
                    "      type: text-classification\n    dataset:\n      name: imdb\n      type: imdb\n    metrics:\n    - type: accuracy\n      value: 0.91\n---\n\n# Tiny\n\n"
                    "```python\nfrom transformers import pipeline\n\nclassifier = pipeline('text-classification', model='example/tiny')\n```\n",
    "code": "---\nlicense: mit\nlibrary_name: transformers\nbase_model: example/base\n---\n# Use\n\n```bash\npip install torch transformers\n"
            "wget https://example.org/data.zip && unzip data.zip\n```\n\n```python\nimport os, subprocess\nimport torch\nmodel = torch.load('model.pt', weights_only=False)\n```\n",
    "html": "---\nlicense: cc-by-4.0\n---\n<p align=\"center\"><img src=\"https://example.org/logo.png\" width=\"400\"/></p>\n\n<details><summary>More</summary>text</details>\n\n"
            "| a | b |\n|---|---|\n| 1 | 2 |\n",
    "unicode": "---\nlanguage: zh\nlicense: other\nlicense_name: custom\nlicense_link: LICENSE\n---\n# \u6a21\u578b\n\n\u8fd9\u662f\u4e00\u4e2a\u6a21\u578b \U0001f917\u3002\n",
    "trainer": "---\ntags:\n- generated_from_trainer\nmetrics: [f1]\nmodel-index: []\n---\n\n<!-- This model card has been generated automatically. -->\n\n"
               "# results\n\n- learning_rate: 2e-05\n- optimizer: Adam with betas=(0.9,0.999)\n\n| Epoch | Loss |\n|:--:|:--:|\n| 1.0 | 0.5 |\n",
}  # fmt: skip

CODE: dict[str, tuple[str, str]] = {
    "modeling": ("modeling_tiny.py", '"""A tiny model."""\n\nimport math\n\nimport torch\nfrom torch import nn\nfrom transformers import PreTrainedModel\n\n'
                 "from .configuration_tiny import TinyConfig\n\n\nclass TinyModel(PreTrainedModel):\n    config_class = TinyConfig\n\n    def __init__(self, config):\n"
                 "        super().__init__(config)\n        self.layer = nn.Linear(config.hidden_size, config.hidden_size)\n        self.scale = 1 / math.sqrt(config.hidden_size)\n"
                 "        self.post_init()\n\n    @torch.no_grad()\n    def predict(self, x):\n        self.eval()\n        return self.forward(x)\n\n"
                 "    def forward(self, x):\n        return torch.softmax(self.layer(x) * self.scale, dim=-1)\n"),
    "configuration": ("configuration_tiny.py", "from transformers import PretrainedConfig\n\n\nclass TinyConfig(PretrainedConfig):\n    model_type = 'tiny'\n\n"
                      "    def __init__(self, hidden_size=32, **kwargs):\n        self.hidden_size = hidden_size\n        super().__init__(**kwargs)\n"),
    "tokenization": ("tokenization_tiny.py", "import json\nimport os\nimport re\nfrom typing import List, Optional\n\nfrom transformers import PreTrainedTokenizer\n\n"
                     "VOCAB_FILES_NAMES = {'vocab_file': 'vocab.json'}\nPATTERN = re.compile(r\"'s|'t| ?\\w+\")\n\n\nclass TinyTokenizer(PreTrainedTokenizer):\n"
                     "    vocab_files_names = VOCAB_FILES_NAMES\n\n    def __init__(self, vocab_file, **kwargs):\n        with open(vocab_file, encoding='utf-8') as f:\n"
                     "            self.encoder = json.load(f)\n        super().__init__(**kwargs)\n\n    def _tokenize(self, text: str) -> List[str]:\n"
                     "        return PATTERN.findall(text)\n\n    def save_vocabulary(self, save_directory: str, filename_prefix: Optional[str] = None):\n"
                     "        path = os.path.join(save_directory, 'vocab.json')\n        with open(path, 'w', encoding='utf-8') as f:\n            json.dump(self.encoder, f)\n        return (path,)\n"),
    "optional": ("attention.py", "try:\n    from flash_attn import flash_attn_func\nexcept ImportError:\n    flash_attn_func = None\n\nimport torch.nn.functional as F\n\n\n"
                 "def attend(q, k, v):\n    if flash_attn_func is not None:\n        return flash_attn_func(q, k, v)\n    return F.scaled_dot_product_attention(q, k, v)\n"),
    "constants": ("constants.py", "IMAGENET_MEAN = (0.485, 0.456, 0.406)\nNAMES = {i: f'class {i}' for i in range(10)}\n__all__ = ['IMAGENET_MEAN', 'NAMES']\n"),
    "init": ("__init__.py", "from .modeling_tiny import TinyModel\n\n__all__ = ['TinyModel']\n"),
    "handler": ("handler.py", "from typing import Any, Dict, List\n\nfrom transformers import pipeline\n\n\nclass EndpointHandler:\n    def __init__(self, path=''):\n"
                "        self.pipeline = pipeline('text-classification', model=path)\n\n    def __call__(self, data: Dict[str, Any]) -> List[Dict[str, Any]]:\n"
                "        inputs = data.pop('inputs', data)\n        return self.pipeline(inputs)\n"),
    "train": ("train.py", "import argparse\n\nimport numpy as np\n\n\ndef main():\n    parser = argparse.ArgumentParser()\n    parser.add_argument('--lr', type=float, default=1e-3)\n"
              "    args = parser.parse_args()\n    rng = np.random.default_rng(0)\n    x, y = rng.normal(size=(100, 4)), rng.normal(size=100)\n    w = np.zeros(4)\n"
              "    for _ in range(100):\n        w -= args.lr * 2 * x.T @ (x @ w - y) / len(y)\n    np.save('weights.npy', w)\n\n\nif __name__ == '__main__':\n    main()\n"),
    "dataclass": ("outputs.py", "from dataclasses import dataclass, field\nfrom typing import Optional, Tuple\n\nimport torch\nfrom transformers.utils import ModelOutput\n\n\n"
                  "@dataclass\nclass TinyOutput(ModelOutput):\n    loss: Optional[torch.FloatTensor] = None\n    states: Tuple = field(default_factory=tuple)\n"),
    "quantization": ("quantization.py", "import torch\n\n\ndef quantize(w, bits=8):\n    scale = w.abs().max() / (2 ** (bits - 1) - 1)\n    return torch.round(w / scale).to(torch.int8), scale\n"),
    "streaming": ("generate.py", "from queue import Queue\nfrom threading import Thread\n\n\ndef stream(model, inputs):\n    queue = Queue()\n"
                  "    thread = Thread(target=model.generate, kwargs={**inputs, 'streamer': queue})\n    thread.start()\n    while (item := queue.get()) is not None:\n        yield item\n"),
}  # fmt: skip

OTHER: dict[str, tuple[str, str]] = {
    "attributes": (".gitattributes", "*.bin filter=lfs diff=lfs merge=lfs -text\n*.safetensors filter=lfs diff=lfs merge=lfs -text\n"),
    "ignore": (".gitignore", "__pycache__/\n*.pyc\ncheckpoint-*/\n"),
    "requirements": ("requirements.txt", "torch>=2.0\ntransformers==4.44.2\nnumpy<2\n# comment\nscikit-learn~=1.4\n"),
    "licence": ("LICENSE", "MIT License\n\nCopyright (c) 2024 Someone\n\nPermission is hereby granted, free of charge, to any person obtaining a copy\n"),
    "vocab": ("vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\n" + "\n".join(f"##tok{n}" for n in range(500)) + "\n"),
    "merges": ("merges.txt", "#version: 0.2\n\u0120 t\n\u0120 a\nh e\ni n\n"),
    "labels": ("labels.txt", "\n".join(f"{n} label {n}" for n in range(100))),
    "params": ("params.yaml", "train:\n  epochs: 10\n  lr: 0.001\n  layers: [64, 32]\ndata: &d\n  path: data/\ntest:\n  <<: *d\n"),
    "hydra": ("config.yaml", "defaults:\n  - _self_\n  - model: resnet\nmodel:\n  _target_: torch.nn.Linear\n  in_features: 4\n  out_features: 2\nseed: 42\n"),
    "yolo": ("data.yaml", "train: ../train/images\nval: ../valid/images\nnc: 2\nnames: ['cat', 'dog']\n"),
    "mlmodel": ("MLmodel", "artifact_path: model\nflavors:\n  python_function:\n    env:\n      conda: conda.yaml\n      virtualenv: python_env.yaml\n    loader_module: mlflow.sklearn\n"
                "    model_path: model.pkl\n    python_version: 3.10.12\n  sklearn:\n    pickled_model: model.pkl\n    serialization_format: cloudpickle\n    sklearn_version: 1.4.2\n"
                "mlflow_version: 2.12.1\nmodel_uuid: 0123456789abcdef0123456789abcdef\nrun_id: abc\n"),
    "conda": ("conda.yaml", "channels:\n- conda-forge\ndependencies:\n- python=3.10.12\n- pip<=23.1\n- pip:\n  - mlflow==2.12.1\n  - scikit-learn==1.4.2\nname: mlflow-env\n"),
    "python_env": ("python_env.yaml", "python: 3.10.12\nbuild_dependencies:\n- pip==23.1\n- setuptools\n- wheel\ndependencies:\n- -r requirements.txt\n"),
    "args": ("training_args.txt", "--lr 1e-4 --epochs 3\n"),
    "spacy_config": ("config.cfg", "[paths]\ntrain = null\n\n[nlp]\nlang = \"en\"\npipeline = [\"tok2vec\",\"ner\"]\n\n[components.ner]\nfactory = \"ner\"\n\n[components.ner.model]\n@architectures = \"spacy.TransitionBasedParser.v2\"\n"),
    "toml": ("pyproject.toml", "[project]\nname = \"example\"\nversion = \"1.0\"\ndependencies = [\"numpy\"]\n"),
    "citation": ("CITATION.cff", "cff-version: 1.2.0\ntitle: Example\nauthors:\n  - family-names: Doe\n    given-names: Jo\n"),
    "log": ("train.log", "2024-01-01 00:00:00 INFO epoch 1 loss 0.5\n2024-01-01 00:00:09 INFO epoch 2 loss 0.4\n"),
    "pointer": ("model.safetensors", "version https://git-lfs.github.com/spec/v1\noid sha256:" + "ab" * 32 + "\nsize 12345\n"),
    "notebook": ("example.ipynb", '{"cells": [{"cell_type": "markdown", "metadata": {}, "source": ["# Use"]}, {"cell_type": "code", "execution_count": 1, "metadata": {}, "outputs": [], '
                 '"source": ["import numpy as np\\n", "x = np.arange(3)\\n", "print(x)"]}], "metadata": {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}, "nbformat": 4, "nbformat_minor": 5}'),
    "pmml": ("model.pmml", '<?xml version="1.0" encoding="UTF-8"?>\n<PMML xmlns="http://www.dmg.org/PMML-4_4" version="4.4"><Header><Application name="JPMML"/></Header>'
             '<DataDictionary><DataField name="x" optype="continuous" dataType="double"/><DataField name="y" optype="continuous" dataType="double"/></DataDictionary>'
             '<RegressionModel functionName="regression"><MiningSchema><MiningField name="x"/><MiningField name="y" usageType="target"/></MiningSchema>'
             '<RegressionTable intercept="1.0"><NumericPredictor name="x" coefficient="2.0"/></RegressionTable></RegressionModel></PMML>\n'),
    "xml_annotation": ("annotation.xml", "<annotation><folder>images</folder><filename>a.jpg</filename><object><name>cat</name></object></annotation>\n"),
    "cascade": ("haar.xml", '<?xml version="1.0"?>\n<opencv_storage>\n<cascade type_id="opencv-cascade-classifier"><stageType>BOOST</stageType><height>24</height></cascade>\n</opencv_storage>\n'),
    "html": ("index.html", "<!DOCTYPE html>\n<html><head><title>Demo</title></head><body><p>Hello</p></body></html>\n"),
    "bibtex": ("citation.bib", "@article{a, title={A}, year={2024}}\n"),
    "dockerfile": ("Dockerfile", "FROM python:3.11-slim\nCOPY requirements.txt .\nRUN pip install -r requirements.txt\nCMD [\"python\", \"app.py\"]\n"),
}  # fmt: skip

SAFETENSORS_METADATA: dict[str, dict[str, str]] = {
    "torch": {"format": "pt"}, "tensorflow": {"format": "tf"}, "flax": {"format": "flax"}, "mlx": {"format": "mlx"}, "numpy": {"format": "np"},
    "kohya": {"ss_network_module": "networks.lora", "ss_base_model_version": "sd_v1", "ss_tag_frequency": '{"img": {"cat": 3}}', "ss_optimizer": "bitsandbytes.optim.adamw.AdamW8bit",
              "ss_output_name": "cat", "ss_dataset_dirs": '{"10_cat": {"n_repeats": 10, "img_count": 9}}', "sshs_model_hash": "ab" * 32, "ss_training_comment": "None",
              "ss_network_args": '{"conv_dim": "8"}', "ss_bucket_info": "null", "ss_session_id": "123", "ss_lr_scheduler": "cosine"},
    "modelspec": {"modelspec.sai_model_spec": "1.0.0", "modelspec.architecture": "stable-diffusion-xl-v1-base/lora", "modelspec.title": "A style", "modelspec.author": "Someone",
                  "modelspec.date": "2024-05-01T12:00:00", "modelspec.license": "CC-BY-4.0", "modelspec.description": "Drawn; see https://example.org/style.",
                  "modelspec.thumbnail": "data:image/jpeg;base64,/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAgGBgcGBQ=="},
    "merge": {"sd_merge_recipe": '{"type": "webui", "primary_model_hash": "ab"}', "format": "pt", "sd_merge_models": "{}"},
    "total": {"total_size": "123456", "format": "pt"}, "comfy": {"prompt": '{"1": {"class_type": "KSampler", "inputs": {"seed": 1}}}', "workflow": '{"nodes": []}'},
    "bnb": {"quant_state": '{"quant_type": "nf4", "blocksize": 64, "dtype": "bfloat16", "shape": [8, 8]}'},
}  # fmt: skip

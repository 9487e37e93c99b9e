"""Words of the Hugging Face layout: what class names, module names and flags mean."""

from types import MappingProxyType

TASKS = (
    # ending of an architecture's class name → task name of the hub; longest endings first
    ("ForSequenceClassification", "text-classification"),
    ("ForTokenClassification", "token-classification"),
    ("ForQuestionAnswering", "question-answering"),
    ("ForMultipleChoice", "multiple-choice"),
    ("ForMaskedLM", "fill-mask"),
    ("ForCausalLM", "text-generation"),
    ("LMHeadModel", "text-generation"),
    ("ForConditionalGeneration", "text2text-generation"),
    ("ForSpeechSeq2Seq", "automatic-speech-recognition"),
    ("ForCTC", "automatic-speech-recognition"),
    ("ForAudioClassification", "audio-classification"),
    ("ForImageClassification", "image-classification"),
    ("ForObjectDetection", "object-detection"),
    ("ForSemanticSegmentation", "image-segmentation"),
    ("Model", "feature-extraction"),
)

SENTENCE_CONFIGS = (
    "sentence_bert_config.json",
    "sentence_roberta_config.json",
    "sentence_distilbert_config.json",
    "sentence_camembert_config.json",
    "sentence_albert_config.json",
    "sentence_xlm-roberta_config.json",
    "sentence_xlnet_config.json",
)
"""Names under which sentence-transformers looks for the settings of its first module."""

POOLING_FLAGS = MappingProxyType(
    {
        "pooling_mode_cls_token": "cls",
        "pooling_mode_mean_tokens": "mean",
        "pooling_mode_max_tokens": "max",
        "pooling_mode_mean_sqrt_len_tokens": "mean_sqrt_len",
        "pooling_mode_weightedmean_tokens": "weightedmean",
        "pooling_mode_lasttoken": "lasttoken",
    }
)
"""Flags of sentence-transformers' Pooling module → its names for the modes."""

SIZES = MappingProxyType(
    {
        "hidden_size": ("hidden_size", "d_model", "n_embd", "dim"),
        "layers": ("num_hidden_layers", "n_layer", "n_layers", "num_layers"),
        "vocab_size": ("vocab_size",),
        "max_position_embeddings": ("max_position_embeddings", "n_positions"),
    }
)
"""Our fact → the keys of config.json that mean it, first that stands there counts."""

OFFSET_POSITIONS = frozenset(
    {
        "camembert",
        "data2vec-text",
        "ibert",
        "longformer",
        "mpnet",
        "roberta",
        "roberta-prelayernorm",
        "xlm-roberta",
        "xlm-roberta-xl",
        "xmod",
    }
)
"""Model types that count positions from `pad_token_id + 1`, so that many fewer tokens fit."""

NO_LIMIT = 1_000_000
"""tokenizer_config.json says 1e30 where nobody set a limit; no tokenizer means more than this."""

"""Models that transformers.js and other packages take when none is named: a reviewed table.

Source: transformers.js, `SUPPORTED_TASKS` and `TASK_ALIASES` of its releases 2.17.2, 3.0.0, 3.8.1, 4.0.0 and
4.2.0. The packages of TensorFlow.js are a reviewed list of names below `@tensorflow-models`.
"""

import re

from weigh.code.word_lists import words

_DEFAULTS = {
    "text-classification": "Xenova/distilbert-base-uncased-finetuned-sst-2-english",
    "token-classification": "Xenova/bert-base-multilingual-cased-ner-hrl",
    "question-answering": "Xenova/distilbert-base-cased-distilled-squad",
    "fill-mask": "Xenova/bert-base-uncased",
    "summarization": "Xenova/distilbart-cnn-6-6",
    "translation": "Xenova/t5-small",
    "text2text-generation": "Xenova/flan-t5-small",
    "text-generation": "Xenova/gpt2",
    "zero-shot-classification": "Xenova/distilbert-base-uncased-mnli",
    "audio-classification": "Xenova/wav2vec2-base-superb-ks",
    "zero-shot-audio-classification": "Xenova/clap-htsat-unfused",
    "automatic-speech-recognition": "Xenova/whisper-tiny.en",
    "text-to-audio": "Xenova/speecht5_tts",
    "image-to-text": "Xenova/vit-gpt2-image-captioning",
    "image-classification": "Xenova/vit-base-patch16-224",
    "image-segmentation": "Xenova/detr-resnet-50-panoptic",
    "background-removal": "Xenova/modnet",
    "zero-shot-image-classification": "Xenova/clip-vit-base-patch32",
    "object-detection": "Xenova/detr-resnet-50",
    "zero-shot-object-detection": "Xenova/owlvit-base-patch32",
    "document-question-answering": "Xenova/donut-base-finetuned-docvqa",
    "image-to-image": "Xenova/swin2SR-classical-sr-x2-64",
    "depth-estimation": "Xenova/dpt-large",
    "feature-extraction": "Xenova/all-MiniLM-L6-v2",
    "image-feature-extraction": "Xenova/vit-base-patch16-224-in21k",
}
_SINCE_FOUR = {
    "fill-mask": "onnx-community/ettin-encoder-32m-ONNX",
    "text-generation": "onnx-community/Qwen3-0.6B-ONNX",
    "text-to-audio": "onnx-community/Supertonic-TTS-ONNX",
    "depth-estimation": "onnx-community/depth-anything-v2-small",
    "feature-extraction": "onnx-community/all-MiniLM-L6-v2-ONNX",
    "image-feature-extraction": "onnx-community/dinov3-vits16-pretrain-lvd1689m-ONNX",
}
"""Where version 4 takes another model than 2 and 3."""
_ALIASES = {
    "sentiment-analysis": "text-classification",
    "ner": "token-classification",
    "asr": "automatic-speech-recognition",
    "text-to-speech": "text-to-audio",
    "embeddings": "feature-extraction",
}
_VERSION = re.compile(r"@huggingface/transformers@[\^~v]?(\d+)")


def is_task(text: str) -> bool:
    """Whether a text is the name of a task of transformers.js."""
    return _ALIASES.get(text, text) in _DEFAULTS


def models_of_task(task: str, script: str) -> tuple[str, ...]:
    """The models that a task takes when none is named.

    Where the versions differ and the script does not say which one it uses, there are two.

    Args:
        task: its name.
        script: the text of the file that asks for it.
    """
    task = _ALIASES.get(task, task)
    older, newer = _DEFAULTS.get(task, ""), _SINCE_FOUR.get(task, "")
    if not older or not newer:
        return (older,) if older else ()
    named = _VERSION.search(script)
    if named is None:
        return (older,) if "@xenova/transformers" in script else (older, newer)
    return (newer,) if int(named[1]) >= 4 else (older,)


_TENSORFLOW = words(
    """
    mobilenet coco-ssd posenet body-pix toxicity universal-sentence-encoder speech-commands blazeface
    handpose facemesh face-landmarks-detection hand-pose-detection pose-detection qna deeplab
    body-segmentation depth-estimation face-detection
    """
)
PACKAGES = {
    **{f"@tensorflow-models/{name}": f"npm:@tensorflow-models/{name}" for name in sorted(_TENSORFLOW)},
    "nsfwjs": "npm:nsfwjs",
    "ml5": "npm:ml5",
}
"""Packages whose `load` fetches models of their own."""

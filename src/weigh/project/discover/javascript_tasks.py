"""Models that transformers.js and other packages take when none is named: a reviewed table.

Source: transformers.js, SUPPORTED_TASKS in src/pipelines.js of version 2.17 and 3 (the defaults are the same
where both have the task), and the README files of the packages of TensorFlow.js.
"""

DEFAULTS = {
    "text-classification": "Xenova/distilbert-base-uncased-finetuned-sst-2-english",
    "sentiment-analysis": "Xenova/distilbert-base-uncased-finetuned-sst-2-english",
    "token-classification": "Xenova/bert-base-multilingual-cased-ner-hrl",
    "ner": "Xenova/bert-base-multilingual-cased-ner-hrl",
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
    "asr": "Xenova/whisper-tiny.en",
    "text-to-audio": "Xenova/speecht5_tts",
    "text-to-speech": "Xenova/speecht5_tts",
    "image-to-text": "Xenova/vit-gpt2-image-captioning",
    "image-classification": "Xenova/vit-base-patch16-224",
    "image-segmentation": "Xenova/detr-resnet-50-panoptic",
    "zero-shot-image-classification": "Xenova/clip-vit-base-patch32",
    "object-detection": "Xenova/detr-resnet-50",
    "zero-shot-object-detection": "Xenova/owlvit-base-patch32",
    "document-question-answering": "Xenova/donut-base-finetuned-docvqa",
    "image-to-image": "Xenova/swin2SR-classical-sr-x2-64",
    "depth-estimation": "Xenova/dpt-large",
    "feature-extraction": "Xenova/all-MiniLM-L6-v2",
    "embeddings": "Xenova/all-MiniLM-L6-v2",
    "image-feature-extraction": "Xenova/vit-base-patch16-224-in21k",
}

PACKAGES = {
    f"@tensorflow-models/{name}": f"npm:@tensorflow-models/{name}"
    for name in (
        "mobilenet", "coco-ssd", "posenet", "body-pix", "toxicity", "universal-sentence-encoder", "speech-commands",  # noqa: E501 - reads best in one piece
        "blazeface", "handpose", "facemesh", "face-landmarks-detection", "hand-pose-detection", "pose-detection",  # noqa: E501 - reads best in one piece
        "qna", "deeplab", "body-segmentation", "depth-estimation", "face-detection", "knn-classifier", "gpt2",
    )
    if name != "knn-classifier"
} | {"nsfwjs": "npm:nsfwjs", "ml5": "npm:ml5"}  # fmt: skip
"""Packages whose `load` fetches one fixed model."""

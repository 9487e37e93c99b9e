"""Models made of papers: a card, configurations, and weights small enough to write down."""

import json

import numpy as np
from safetensors.numpy import save

FULL = """---
license: apache-2.0
language: en
library_name: transformers
pipeline_tag: text-classification
base_model: acme/base
base_model_relation: finetune
datasets: [acme/reviews]
co2_eq_emissions: 12
model-index:
- name: m
  results:
  - task: {type: text-classification}
    dataset: {name: Held out, type: acme/held-out, split: test}
    metrics: [{type: accuracy, value: 0.9}]
---
# acme/stars
Developed by the reviews team of Acme.

## Uses
Reviews of films in English.
### Out-of-scope use
Medical or clinical texts.
## Bias, risks and limitations
Irony.
## Training procedure
Three epochs on one GPU for 2 hours.
## Training data
Reviews, collected with the consent of their authors; personal data was removed.
## Model details
Version 1.2.0, released in May 2026. 1.2k parameters.
"""


def weights(count=1200, dtype=np.float32):
    return save({"w": np.zeros(count, dtype=dtype)})


def model(card=FULL, *, config=None, files=None):
    """Files of a small classifier with a card; `files` adds to them, None takes one away."""
    settings = {"architectures": ["BertForSequenceClassification"], "model_type": "bert", **(config or {})}
    found = {
        "README.md": card.encode() if isinstance(card, str) else card,
        "config.json": json.dumps(settings).encode(),
        "model.safetensors": weights(),
        **(files or {}),
    }
    return {path: data for path, data in found.items() if data is not None}

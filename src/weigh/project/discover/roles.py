"""What a file is for, told by where it lies and what it is called."""

import re
from pathlib import PurePosixPath

from weigh.core.usage import Role

_TEST_FOLDERS = frozenset(
    """
    test tests testing unittest unittests test_utils __tests__ spec e2e fixtures testdata
    """.split()  # noqa: SIM905 - words
)
_DOCS_FOLDERS = frozenset(
    """
    doc docs documentation example examples tutorial tutorials demo demos sample samples notebook
    notebooks cookbook cookbooks quickstart quickstarts recipes playground showcase blog
    """.split()  # noqa: SIM905 - words
)
_TRAINING_FOLDERS = frozenset(
    """
    train training trainer trainers finetune finetuning fine_tune fine_tuning fine-tuning pretraining
    pretrain experiments
    """.split()  # noqa: SIM905 - words
)
_TEST_FILE = re.compile(r"test_.*|.*_tests?|conftest|.*\.(?:test|spec)|tests?|.*-test", re.IGNORECASE)
_TRAINING_FILE = re.compile(
    r"(?:.*[_-])?(?:train|training|trainer|finetune|finetuning|fine_?tune|fine_?tuning|pretrain|pretraining|sft|dpo)"
    r"(?:[_-].*)?|run_(?:glue|squad|ner|clm|mlm|qa|swag|summarization|translation|seq2seq|classifier)\w*",
    re.IGNORECASE,
)
_DOCS_FILE = re.compile(r"(?:.*[_-])?(?:tutorial|example|quickstart|demo)(?:[_-].*)?|readme", re.IGNORECASE)


def role_of(path: str) -> Role:
    """What the file at a relative POSIX path is for.

    Tests come first: a test of the training code is a test. A demo application that stands alone at the top
    of a repository is its program, so its file name alone does not make it documentation.
    """
    place = PurePosixPath(path)
    folders = {part.lower() for part in place.parts[:-1]}
    stem = place.name.rpartition(".")[0] or place.name
    if folders & _TEST_FOLDERS or _TEST_FILE.fullmatch(stem):
        return Role.TEST
    if folders & _DOCS_FOLDERS:
        return Role.DOCS
    if folders & _TRAINING_FOLDERS or _TRAINING_FILE.fullmatch(stem):
        return Role.TRAINING
    if folders and _DOCS_FILE.fullmatch(stem):
        return Role.DOCS
    return Role.DOCS if place.suffix.lower() in {".md", ".rst"} else Role.RUNTIME

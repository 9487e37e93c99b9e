"""Lines of notebooks that a shell runs."""

import pytest

from weigh.project.discover.python_files import shell_lines


@pytest.mark.parametrize(
    ("source", "script"),
    [
        ("a = 1\n!hf download acme/one", "\nhf download acme/one"),
        ("out = !hf download acme/one", "hf download acme/one"),
        ("a != b", ""),
        ("%%bash\nhf download acme/one", "\nhf download acme/one"),
        ("%%sh\n# x\nhf download acme/one", "\n# x\nhf download acme/one"),
        ("!hf download \\\n  acme/one", "hf download \\\n  acme/one"),
        ("%run train.py --model acme/one", "train.py --model acme/one"),
        ("%env MODEL_ID=acme/one", "MODEL_ID=acme/one"),
        ("%matplotlib inline", ""),
    ],
)
def test_lines_keep_their_numbers(source, script):
    assert shell_lines(source) == script

"""Python inside of shell text."""

import pytest

from weigh.core.usage import Role
from weigh.project.discover.shell import read_shell


def refs(read, text, path):
    return [use.ref for use in read(text.encode(), path, Role.RUNTIME).uses]


def _script(python):
    return f"python - <<'EOF'\n{python}\nEOF\n"


@pytest.mark.parametrize(
    ("python", "found"),
    [
        ("A.from_pretrained('acme/one', revision='v1')", ["hf:acme/one@v1"]),
        ("ID = 'acme/one'\nsnapshot_download(repo_id=ID)", ["hf:acme/one"]),
        ("pipeline('ner', model='acme/one')", ["hf:acme/one"]),
        ("SentenceTransformer('all-MiniLM-L6-v2')", ["hf:sentence-transformers/all-MiniLM-L6-v2"]),
        (
            "import nltk; nltk.download(['punkt', 'stopwords'])",
            ["catalogue:nltk/punkt", "catalogue:nltk/stopwords"],
        ),
        ("import whisper; whisper.load_model('base')", ["catalogue:whisper/base"]),
        ("snapshot_download('acme/data', repo_type='dataset')", []),
        ("print('acme/one')", []),
        ("open('acme/one').read()", []),
        ("this is no python", []),
    ],
)
def test_calls(python, found):
    assert refs(read_shell, _script(python), "a.sh") == found


def test_what_is_not_known_is_reported():
    found = read_shell(_script("A.from_pretrained(name)").encode(), "a.sh", Role.RUNTIME)
    assert [row.place.line for row in found.unresolved] == [2]

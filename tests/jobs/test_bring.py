"""What is brought onto this machine, and how a refusal ends for a model and for data."""

import pytest
from tests.cli import conftest as program

weigh = program.weigh

ASK = ("--text", "body", "--label", "stars")


@pytest.fixture
def rows(tmp_path):
    """A folder of rows, and one file outside that it links to."""
    (tmp_path / "rows").mkdir()
    (tmp_path / "rows/a.csv").write_text("body,stars\ngood,1\nbad,0\n", encoding="utf-8")
    (tmp_path / "secret.csv").write_text("body,stars\nhidden,1\n", encoding="utf-8")
    return tmp_path / "rows"


@pytest.mark.parametrize(
    ("target", "why"), [("../secret.csv", "a link that leaves its folder"), (".", "a link")]
)
def test_a_link_among_the_rows_is_wrong_usage_and_says_nothing_about_a_model(weigh, rows, target, why):
    (rows / "link").symlink_to(target)
    ended = weigh("adopt", "none", "--data", "rows", *ASK)
    assert ended.code == 2
    assert "will not" in ended.err
    assert why in ended.err
    assert "copy the folder with its links resolved" in ended.err


def test_a_link_in_the_folder_of_a_model_stays_refused(weigh, rows):
    (rows / "link").symlink_to("../secret.csv")
    assert weigh("adopt", "./rows", "--data", "secret.csv", *ASK).code == 1

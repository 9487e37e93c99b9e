from datetime import date

import pytest

from weigh.core.errors import NotFoundError, UsageError
from weigh.core.scan import Suppression
from weigh.jobs.suppressions import read_suppressions

GOOD = f'[[suppress]]\nsha256 = "{"a" * 64}"\nrule = "WGH-C001"\nbecause = "read"\nuntil = 2027-01-31\n'


def test_an_entry_is_read_as_written(tmp_path):
    (tmp_path / "s.toml").write_text(GOOD)
    assert read_suppressions(tmp_path / "s.toml") == (
        Suppression("a" * 64, "WGH-C001", "read", date(2027, 1, 31)),
    )


BAD = {
    "no toml": "[[suppress",
    "another table": GOOD + "[more]\n",
    "a key too many": GOOD + "who = 'me'\n",
    "a key too few": GOOD.replace('because = "read"\n', ""),
    "no digest": GOOD.replace("a" * 64, "abc"),
    "no rule": GOOD.replace("WGH-C001", "all"),
    "no reason": GOOD.replace('"read"', '" "'),
    "a quoted day": GOOD.replace("2027-01-31", '"2027-01-31"'),
    "a time": GOOD.replace("2027-01-31", "2027-01-31T00:00:00"),
    "a list": "suppress = 3\n",
}


@pytest.mark.parametrize("text", BAD.values(), ids=BAD.keys())
def test_anything_else_is_refused(tmp_path, text):
    (tmp_path / "s.toml").write_text(text)
    with pytest.raises(UsageError):
        read_suppressions(tmp_path / "s.toml")


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(NotFoundError):
        read_suppressions(tmp_path / "s.toml")

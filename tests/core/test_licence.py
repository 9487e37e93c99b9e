import pytest

from weigh.core.errors import UsageError
from weigh.core.licence import Use, check_uses


def test_uses_come_sorted_and_each_once():
    assert check_uses(["medical", "commercial", "medical"]) == ("commercial", "medical")
    assert check_uses([]) == ()


@pytest.mark.parametrize("name", ["comercial", "", "Commercial", "commercial,medical"])
def test_an_unknown_use_is_an_error_that_lists_the_known_ones(name):
    with pytest.raises(UsageError) as told:
        check_uses([name])
    assert all(use.value in told.value.why for use in Use)

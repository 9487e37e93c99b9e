from pathlib import Path

import platformdirs
import pytest

from weigh.core.errors import UsageError
from weigh.system.clock import SystemClock
from weigh.system.places import places


def test_the_environment_names_every_folder(tmp_path):
    found = places({"WEIGH_HOME": str(tmp_path / "w"), "WEIGH_CONFIG_HOME": str(tmp_path / "c")})
    assert found.home == tmp_path / "w"
    assert found.store == tmp_path / "w" / "store"
    assert found.ledger == tmp_path / "w" / "ledger"
    assert found.config == tmp_path / "c"


@pytest.mark.parametrize("environ", [{}, {"WEIGH_HOME": "", "WEIGH_CONFIG_HOME": ""}])
def test_without_it_the_platform_does(environ):
    found = places(environ)
    assert found.home == Path(platformdirs.user_data_dir("weigh", appauthor=False))
    assert found.config == Path(platformdirs.user_config_dir("weigh", appauthor=False))


def test_home_and_configuration_are_chosen_apart(tmp_path):
    found = places({"WEIGH_HOME": str(tmp_path)})
    assert found.home == tmp_path
    assert tmp_path not in found.config.parents


@pytest.mark.parametrize("name", ["WEIGH_HOME", "WEIGH_CONFIG_HOME"])
def test_a_relative_override_is_refused(name):
    with pytest.raises(UsageError, match=name):
        places({name: "models"})


def test_nothing_is_made_by_asking(tmp_path):
    places({"WEIGH_HOME": str(tmp_path / "w"), "WEIGH_CONFIG_HOME": str(tmp_path / "c")})
    assert list(tmp_path.iterdir()) == []


def test_the_clock_goes_on():
    clock = SystemClock()
    assert clock.now() > 1_700_000_000
    first = clock.monotonic()
    assert clock.monotonic() >= first

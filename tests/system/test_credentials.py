import os

import pytest

from weigh.core.errors import UsageError
from weigh.system.credentials import Credentials, Login, read_credentials


def written(tmp_path, text, mode=0o600, name="credentials.toml"):
    path = tmp_path / name
    path.write_text(text)
    path.chmod(mode)
    return path


HOSTS = """
[hosts."models.example.com"]
token = "s3cret"
[hosts."git.example.com:8443"]
username = "ada"
password = "s3cret"
"""


def test_a_login_goes_to_the_host_it_stands_beside_and_to_no_other(tmp_path):
    written(tmp_path, HOSTS)
    found = read_credentials(tmp_path, {})
    assert found.for_url("https://models.example.com/x").header() == "Bearer s3cret"
    assert found.for_url("https://MODELS.example.com:9/x").header() == "Bearer s3cret"
    assert found.for_url("https://git.example.com:8443/x").header() == "Basic YWRhOnMzY3JldA=="
    for url in (
        "https://git.example.com/x",
        "https://models.example.com.evil.example/x",
        "https://evil.example/models.example.com",
        "https://sub.models.example.com/",
        "http://models.example.com/x",
    ):
        assert found.for_url(url) is None


def test_nothing_of_it_is_ever_shown(tmp_path):
    written(tmp_path, HOSTS)
    found = read_credentials(tmp_path, {})
    assert "s3cret" not in repr(found) + repr(found.for_url("https://models.example.com")) + repr(vars(found))


@pytest.mark.skipif(os.name != "posix", reason="file modes mean nothing here")
@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660])
def test_a_file_that_others_can_read_is_not_used(tmp_path, mode):
    written(tmp_path, HOSTS, mode)
    with pytest.raises(UsageError, match="chmod 600"):
        read_credentials(tmp_path, {})
    written(tmp_path, "machine models.example.com login a password b\n", mode, ".netrc")
    (tmp_path / "credentials.toml").unlink()
    with pytest.raises(UsageError, match="lets others at it"):
        read_credentials(tmp_path, {"HOME": str(tmp_path)}).for_url("https://models.example.com")


@pytest.mark.parametrize(
    "text",
    [
        "s3cret = ",
        's3cret = "x"',
        '[hosts."a"]\ntoken = "s3cret"\nusername = "x"',
        '[hosts."a"]\npassword = "s3cret"',
        '[hosts."a"]\ntoken = 1',
        '[hosts."a"]\ntoken = "s3cret\\n"',
        '[hosts."a"]\nheader = "s3cret"',
        'hosts = "s3cret"',
    ],
)
def test_malformed_files_are_told_without_their_content(tmp_path, text):
    written(tmp_path, text)
    with pytest.raises(UsageError) as caught:
        read_credentials(tmp_path, {})
    assert "s3cret\\n" not in str(caught.value)
    assert '"s3cret"' not in str(caught.value)


def test_netrc_is_asked_after_it_and_its_default_never(tmp_path):
    text = "machine models.example.com login a password netrc\nmachine b.example login a password b\n"
    path = written(tmp_path, text + "default login a password all\n", name="netrc")
    written(tmp_path, HOSTS)
    found = read_credentials(tmp_path, {"NETRC": str(path)})
    assert found.for_url("https://models.example.com").header() == "Bearer s3cret"
    assert found.for_url("https://b.example") == Login("a", "b")
    assert found.for_url("https://other.example") is None
    assert found.for_url("https://default") is None
    written(tmp_path, "machine b.example s3cret x", name="netrc")
    with pytest.raises(UsageError) as caught:
        found.for_url("https://b.example")
    assert "s3cret" not in str(caught.value)


def test_a_host_may_be_configured_without_a_login(tmp_path):
    written(tmp_path, '[hosts."git.intern"]\n[hosts."store.intern:9000"]\ntoken = "x"\n')
    found = read_credentials(tmp_path, {})
    assert found.hosts == frozenset({"git.intern", "store.intern:9000"})
    assert found.for_url("https://git.intern/x") is None


def test_no_file_is_no_login(tmp_path):
    assert read_credentials(tmp_path, {"HOME": str(tmp_path)}).for_url("https://a.example") is None
    assert Credentials().for_url("https://a.example") is None

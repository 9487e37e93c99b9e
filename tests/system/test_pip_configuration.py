import ast
import os
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st

from weigh.core.errors import UsageError
from weigh.system import index_default
from weigh.system.pip_configuration import PipConfiguration, read_pip_configuration

INDEX = "https://one.example/simple"


@pytest.fixture
def places(tmp_path):
    """An environment whose every configuration file lies below tmp_path."""
    for name in ("xdg/pip", "home/.config/pip", "home/.pip", "site"):
        (tmp_path / name).mkdir(parents=True)
    return {
        "global": tmp_path / "xdg/pip/pip.conf",
        "legacy": tmp_path / "home/.pip/pip.conf",
        "user": tmp_path / "home/.config/pip/pip.conf",
        "site": tmp_path / "site/pip.conf",
        "named": tmp_path / "named.conf",
    }


def read(places, **environ):
    root = places["named"].parent
    known = {"HOME": str(root / "home"), "XDG_CONFIG_DIRS": str(root / "xdg"), **environ}
    return read_pip_configuration(known, prefix=root / "site", platform="linux", root=root)


def index_in(path, url, section="global"):
    path.write_text(f"[{section}]\nindex-url = {url}\n")


def test_later_files_override_earlier_ones(places):
    for name in ("global", "legacy", "user", "site"):
        index_in(places[name], f"https://{name}.example/simple")
        assert read(places).index_url == f"https://{name}.example/simple"


def test_a_named_file_comes_last_and_hides_the_users(places):
    index_in(places["user"], "https://user.example/simple")
    places["user"].write_text(places["user"].read_text() + "extra-index-url = https://extra.example\n")
    index_in(places["named"], "https://named.example/simple")
    found = read(places, PIP_CONFIG_FILE=str(places["named"]))
    assert (found.index_url, found.extra_index_urls) == ("https://named.example/simple", ())
    absent = read(places, PIP_CONFIG_FILE=str(places["named"]) + ".absent")
    assert absent.index_url == "https://user.example/simple"


def test_the_null_device_turns_all_files_off(places):
    index_in(places["global"], INDEX)
    assert read(places, PIP_CONFIG_FILE=os.devnull) == PipConfiguration()


def test_a_command_section_beats_global_in_whatever_file(places):
    index_in(places["global"], "https://download.example/simple", "download")
    index_in(places["site"], "https://global.example/simple")
    assert read(places).index_url == "https://download.example/simple"


def test_variables_beat_every_file_and_replace_lists(places):
    places["site"].write_text(
        "[global]\nfind-links =\n    /a\n    ~/b\nextra-index-url = https://x https://y\n"
    )
    home = places["user"].parent.parent.parent
    assert read(places).find_links == ("/a", str(home / "b"))
    assert read(places).extra_index_urls == ("https://x", "https://y")
    assert read(places, PIP_EXTRA_INDEX_URL="https://z").extra_index_urls == ("https://z",)
    assert read(places, PIP_EXTRA_INDEX_URL="").extra_index_urls == ("https://x", "https://y")


def test_every_setting_is_read(places):
    places["site"].write_text(
        "[global]\nindex_url = https://i/simple\ncert = /ca.pem\nclient-cert = /me.pem\n"
        "trusted-host = a.example\n  b.example:8080\nproxy = http://p:1\nno-index = yes\ntimeout = 7.5\n"
        "[list]\nindex-url = https://ignored\n"
    )
    assert read(places) == PipConfiguration(
        "https://i/simple",
        (),
        (),
        "/ca.pem",
        "/me.pem",
        ("a.example", "b.example:8080"),
        "http://p:1",
        True,
        7.5,
    )


def test_certificates_of_the_http_library_count_when_pip_names_none(places):
    assert read(places, REQUESTS_CA_BUNDLE="/r.pem", CURL_CA_BUNDLE="/c.pem").cert == "/r.pem"
    assert read(places, CURL_CA_BUNDLE="/c.pem").cert == "/c.pem"
    assert read(places, PIP_CERT="/p.pem", REQUESTS_CA_BUNDLE="/r.pem").cert == "/p.pem"


def test_percent_signs_in_passwords_are_kept(places):
    index_in(places["site"], "https://u:p%40ss@i.example/simple")
    assert read(places).index_url == "https://u:p%40ss@i.example/simple"
    assert "p%40ss" not in repr(read(places))


@pytest.mark.parametrize("text", [b"no section\n", b"[global\n", b"\xff\xfe\x00", b"[global]\na=1\na=2\n"])
def test_a_broken_file_is_a_usage_error_naming_it(places, text):
    places["site"].write_bytes(text)
    with pytest.raises(UsageError, match=r"pip\.conf") as told:
        read(places)
    assert told.value.hint


@pytest.mark.parametrize(
    "setting", [{"PIP_NO_INDEX": "perhaps"}, {"PIP_TIMEOUT": "soon"}, {"PIP_TIMEOUT": "-1"}]
)
def test_values_that_mean_nothing_are_usage_errors(places, setting):
    with pytest.raises(UsageError, match="cannot read pip's setting"):
        read(places, **setting)


@pytest.mark.parametrize("platform", ["darwin", "win32", "linux"])
def test_other_platforms_have_their_own_places(tmp_path, platform):
    environ = {
        "HOME": str(tmp_path),
        "APPDATA": str(tmp_path / "roaming"),
        "PROGRAMDATA": str(tmp_path / "all"),
    }
    folder = {
        "darwin": tmp_path / "Library/Application Support/pip",
        "win32": tmp_path / "roaming/pip",
        "linux": tmp_path / ".config/pip",
    }[platform]
    folder.mkdir(parents=True)
    index_in(folder / ("pip.ini" if platform == "win32" else "pip.conf"), INDEX)
    environ["XDG_CONFIG_DIRS"] = str(tmp_path / "none")
    found = read_pip_configuration(environ, prefix=tmp_path / "site", platform=platform, root=tmp_path)
    assert found.index_url == INDEX


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(["https://a/simple", "https://b/simple", "file:///c"]), max_size=4))
def test_lists_keep_their_order_from_file_and_variable(urls):
    environ = {"PIP_CONFIG_FILE": os.devnull, "PIP_EXTRA_INDEX_URL": " ".join(urls), "HOME": "/"}
    assert read_pip_configuration(environ, prefix=Path("/")).extra_index_urls == tuple(urls)


# pip's own default


def test_the_default_is_the_one_that_pip_itself_uses():
    from pip._internal.models.index import PyPI

    index_default.default_index_url.cache_clear()
    assert index_default.default_index_url() == PyPI.simple_url


def test_no_source_file_of_weigh_holds_the_default_address():
    host = index_default.default_index_url().split("/")[2]
    root = Path(index_default.__file__).parents[1]
    assert [p for p in root.rglob("*.py") if host in p.read_text(encoding="utf-8")] == []


def test_the_constant_is_read_without_running_the_module():
    source = 'raise SystemExit\nPyPI = PackageIndex("https://i.example/", file_storage_domain="f")\n'
    assert index_default.constant_in(source) == "https://i.example/simple"


@pytest.mark.parametrize(
    "source", ["", "PyPI = 3", "PyPI = f()", "PyPI = f(x)", "Other = f('https://i')", "def (", "\0", "x" * 10]
)
def test_a_pip_that_keeps_it_elsewhere_gives_nothing(source):
    assert index_default.constant_in(source) == ""


@pytest.fixture
def without_installed_pip(monkeypatch):
    monkeypatch.setattr(index_default, "_installed", lambda: iter(()))
    index_default.default_index_url.cache_clear()
    yield
    index_default.default_index_url.cache_clear()


def test_a_bundled_wheel_is_read_when_no_pip_is_installed(without_installed_pip, monkeypatch, tmp_path):
    with zipfile.ZipFile(tmp_path / "pip-99.whl", "w") as wheel:
        wheel.writestr("pip/_internal/models/index.py", 'PyPI = P("https://bundled.example/")')
    monkeypatch.setattr(index_default, "_bundled", lambda: iter([tmp_path / "pip-99.whl"]))
    assert index_default.default_index_url() == "https://bundled.example/simple"


def test_damaged_or_other_wheels_are_passed_over(without_installed_pip, monkeypatch, tmp_path):
    (tmp_path / "pip-1.whl").write_bytes(b"damaged")
    with zipfile.ZipFile(tmp_path / "pip-2.whl", "w") as wheel:
        wheel.writestr("pip/other.py", "")
    monkeypatch.setattr(index_default, "_bundled", lambda: iter(sorted(tmp_path.iterdir())))
    monkeypatch.setattr(index_default, "_ask_pip", lambda: "")
    with pytest.raises(UsageError, match="no package index is known") as told:
        index_default.default_index_url()
    assert "PIP_INDEX_URL" in told.value.hint


def test_pip_can_be_asked_for_its_help_text_as_a_last_resort():
    index_default.default_index_url.cache_clear()
    assert index_default._ask_pip() == index_default.default_index_url()


def test_the_help_pattern_survives_line_breaks():
    text = "  -i, --index-url <url>   Base URL (default\n       https://i.example/simple). This"
    assert index_default._HELP_DEFAULT.search(text).group(1) == "https://i.example/simple"


def test_the_module_imports_nothing_of_pip():
    tree = ast.parse(Path(index_default.__file__).read_text(encoding="utf-8"))
    names = {a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}
    assert not any(name.split(".")[0] == "pip" for name in names)

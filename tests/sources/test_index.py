import json

import pytest
from hypothesis import given, settings, strategies as st
from tests.sources.index_server import JSON_FORM

from weigh.core.errors import IntegrityError, MalformedError, UsageError
from weigh.sources.index import PackageIndexes, merged, version_of
from weigh.sources.pages import Distribution, parse_page
from weigh.system.http import Http
from weigh.system.pip_configuration import PipConfiguration

PAGE = "https://index.example/simple/foo/"
A, B = "aa" * 32, "bb" * 32


def parse_html(text, url=PAGE):
    return parse_page(url, "text/html", text.encode(), index="index")


def parse_json(value, url=PAGE):
    return parse_page(url, JSON_FORM, json.dumps(value).encode(), index="index")


def test_relative_links_base_and_fragments_are_resolved():
    (one,) = parse_html(f'<a href="../../f/foo-1.0.tar.gz#sha256={A}">x</a>')
    assert (one.url, one.sha256, one.size) == ("https://index.example/f/foo-1.0.tar.gz", A, -1)
    (two,) = parse_html('<base href="https://files.example/d/"><a href="foo-1.0.tar.gz#md5=1">x</a>')
    assert (two.url, two.sha256) == ("https://files.example/d/foo-1.0.tar.gz", "")


def test_entities_and_escapes_in_links_are_undone():
    (one,) = parse_html('<A HREF="https://f.example/foo-1.0%2Blocal.tar.gz?a=1&amp;b=2">x</A>')
    assert one.filename == "foo-1.0+local.tar.gz"
    assert one.url.endswith("?a=1&b=2")


def test_yanked_is_read_from_both_forms():
    assert parse_html('<a href="foo-1.tar.gz" data-yanked="">x</a>')[0].yanked
    files = [
        {"filename": f"foo-{n}.tar.gz", "url": f"foo-{n}.tar.gz", "hashes": {}, "yanked": y}
        for n, y in enumerate([False, True, "broken", ""])
    ]
    found = parse_json({"meta": {"api-version": "1.0"}, "name": "foo", "files": files})
    assert [d.yanked for d in found] == [False, True, True, True]


@pytest.mark.parametrize(
    "value",
    [
        {},
        [],
        {"meta": {"api-version": "2.0"}, "files": []},
        {"meta": {"api-version": "1.0"}, "files": [{"filename": 3}]},
        {"meta": {"api-version": "1.0"}, "files": {}},
    ],
)
def test_json_of_another_form_is_malformed_and_names_the_page(value):
    with pytest.raises(MalformedError, match="index page") as told:
        parse_json(value)
    assert told.value.hint


@pytest.mark.parametrize(
    "link",
    [
        "file:///srv/foo-1.tar.gz",
        "ftp://h/foo-1.tar.gz",
        "data:,x",
        "javascript:foo-1.tar.gz",
        "http://[/foo-1.tar.gz",
        "https://h/foo-1.tar.gz/",
        "https://h/..%2Ffoo-1.tar.gz",
        "https://h/foo%00-1.tar.gz",
        "https://h/",
        "#",
    ],
)
def test_links_that_are_no_plain_files_on_the_network_are_dropped(link):
    assert parse_html(f'<a href="{link}">x</a>') == ()


@pytest.mark.parametrize("digest", ["", "zz" * 32, "aa" * 31, "AA" * 32])
def test_only_a_whole_hex_sha256_counts_as_a_promise(digest):
    (one,) = parse_html(f'<a href="foo-1.tar.gz#sha256={digest}">x</a>')
    assert one.sha256 == (A if digest.lower() == A else "")


def test_json_names_may_not_leave_their_place():
    files = [{"filename": "../foo-1.tar.gz", "url": "x", "hashes": {}}]
    assert parse_json({"meta": {"api-version": "1.0"}, "files": files}) == ()


def test_addresses_with_passwords_do_not_show_in_a_representation():
    (one,) = parse_html('<a href="foo-1.tar.gz">x</a>', "https://user:hunter2@index.example/simple/foo/")
    assert "hunter2" in one.url
    assert "hunter2" not in repr(one)


def test_a_password_does_not_go_to_another_host():
    (one,) = parse_html(
        '<a href="https://files.example/foo-1.tar.gz">x</a>', "https://u:hunter2@index.example/simple/foo/"
    )
    assert one.url == "https://files.example/foo-1.tar.gz"


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=300), st.sampled_from(["text/html", JSON_FORM, "", "application/json; charset=x"]))
def test_any_text_is_a_page_or_malformed(text, kind):
    try:
        found = parse_page(PAGE, kind, text.encode("utf-8", "surrogatepass"), index="i")
    except MalformedError:
        return
    assert all("/" not in d.filename for d in found)


offers = st.builds(
    Distribution,
    filename=st.sampled_from(["foo-1.tar.gz", "foo-2.tar.gz", "foo-3.tar.gz"]),
    url=st.sampled_from(["https://a/x", "https://b/x"]),
    sha256=st.sampled_from(["", A, B]),
    size=st.sampled_from([-1, 1, 2]),
    index=st.sampled_from(["one", "two"]),
)


@settings(max_examples=50, deadline=None)
@given(st.lists(offers, max_size=6))
def test_merging_keeps_the_first_place_and_never_two_digests(found):
    by_name: dict = {}
    for offer in found:
        by_name.setdefault(offer.filename, []).append(offer)
    conflicting = any(
        len({o.sha256 for o in group} - {""}) > 1 or len({o.size for o in group} - {-1}) > 1
        for group in by_name.values()
    )
    if conflicting:
        with pytest.raises(IntegrityError, match="different bytes") as told:
            merged(found)
        assert told.value.why
        assert told.value.hint
        return
    result = merged(found)
    assert {d.filename: d.url for d in result} == {n: g[0].url for n, g in by_name.items()}
    assert all(d.sha256 == max(o.sha256 for o in by_name[d.filename]) for d in result)
    assert merged(result) == result


@pytest.mark.parametrize("name", ["foo.whl", "foo-1.egg", "foo-x.tar.gz", "foo-1-py3.whl", "README"])
def test_files_that_state_no_version_have_none(name):
    assert version_of(name) is None


def test_a_file_index_lists_by_normalised_name(tmp_path):
    folder = tmp_path / "foo-bar"
    folder.mkdir()
    (folder / "index.html").write_text(
        '<a href="../Foo_Bar-1.0.tar.gz">x</a><a href="../other-1.tar.gz">y</a>'
    )
    for place in (tmp_path.as_uri(), str(tmp_path), tmp_path.as_uri() + "/"):
        listed = PackageIndexes(Http(offline=True), PipConfiguration(index_url=place)).listing("Foo.Bar")
        assert [d.filename for d in listed.distributions] == ["Foo_Bar-1.0.tar.gz"]


@pytest.mark.parametrize("place", ["git+https://h/x", "ssh://h/x", "file://otherhost/simple"])
def test_an_index_by_another_scheme_is_a_usage_error(place):
    with pytest.raises(UsageError, match="cannot use"):
        PackageIndexes(Http(offline=True), PipConfiguration(index_url=place)).listing("foo")


def test_the_default_index_is_asked_for_only_when_none_is_configured(tmp_path):
    asked = []
    (tmp_path / "foo-1.0.tar.gz").write_bytes(b"")

    def default():
        asked.append(1)
        return tmp_path.as_uri()

    links = (str(tmp_path),)
    PackageIndexes(Http(), PipConfiguration(str(tmp_path), find_links=links), default).listing("foo")
    PackageIndexes(Http(), PipConfiguration(no_index=True, find_links=links), default).listing("foo")
    assert asked == []
    PackageIndexes(Http(), PipConfiguration(find_links=links), default).listing("foo")
    assert asked == [1]


def test_hidden_files_of_a_link_folder_that_belong_elsewhere_are_left_out(tmp_path):
    for name in ("foo-1.0.tar.gz", "foobar-1.0.tar.gz", "notes.txt", "page.html", "foo-2.0-py3-none-any.whl"):
        (tmp_path / name).write_bytes(b"x")
    listing = PackageIndexes(Http(), PipConfiguration(no_index=True, find_links=(str(tmp_path),))).listing(
        "foo"
    )
    assert [d.filename for d in listing.distributions] == ["foo-1.0.tar.gz", "foo-2.0-py3-none-any.whl"]

import contextlib
import hashlib
import re

import pytest
from tests.sources.archive_making import demo_wheel, noise, tarred, zipped
from tests.sources.disk_sink import DiskSink

from weigh.core.errors import (
    IntegrityError,
    MalformedError,
    NotFoundError,
    OfflineError,
    RefusedError,
    UnknownAnswerError,
    UsageError,
)
from weigh.core.events import Progress, Warned
from weigh.core.ref import parse_ref
from weigh.sources.source import Locked

WHEEL = "demo_model-1.0-py3-none-any.whl"
MEMBER = "demo_model/model/tokenizer.json"
REF = f"pypi:demo-model==1.0#{MEMBER}"


def sha(data):
    return hashlib.sha256(data).hexdigest()


def lock(data, *, file=WHEEL, around=""):
    return Locked(file, around, len(data), sha(data))


def interrupt(sink, key, data):
    """Leave `data` behind as the bytes of an earlier attempt that was stopped."""
    with contextlib.suppress(KeyboardInterrupt), sink.writer(resume_key=key) as writer:
        writer.write(data)
        raise KeyboardInterrupt


def read(sink, fetched):
    return sink.path(fetched.sha256).read_bytes()


@pytest.mark.parametrize("form", ["json", "html"])
def test_both_index_forms_lead_to_the_same_member(index, make_source, sink, form):
    index.behaviour.form = form
    source = make_source()
    (entry,) = source.entries(parse_ref(REF))
    assert entry.path == "tokenizer.json"
    assert entry.size == len(index.members[MEMBER])
    assert str(entry.ref) == f"pypi:demo-model==1.0/{WHEEL}#{MEMBER}"
    fetched = source.fetch(entry.ref, sink)
    assert read(sink, fetched) == index.members[MEMBER]
    assert (fetched.method, fetched.file) == ("whole", WHEEL)
    assert fetched.file_sha256 == sha(index.files[WHEEL])
    assert fetched.promised


def test_a_folder_lists_its_files_below_it_in_path_order(make_source):
    found = make_source().entries(parse_ref("pypi:demo-model==1.0#demo_model/model"))
    assert [e.path for e in found] == ["config.json", "tokenizer.json"]


def test_a_ref_without_a_path_is_the_distribution_file_itself(index, make_source, sink):
    source = make_source()
    (entry,) = source.entries(parse_ref("pypi:demo-model==1.0"))
    assert (entry.path, entry.sha256) == (WHEEL, sha(index.files[WHEEL]))
    assert read(sink, source.fetch(entry.ref, sink)) == index.files[WHEEL]


def test_a_locked_member_costs_only_its_own_bytes(index, make_source, sink, recorder):
    data = index.members[MEMBER]
    fetched = make_source().fetch(parse_ref(REF), sink, locked=lock(data))
    assert read(sink, fetched) == data
    assert fetched.method == "range"
    assert fetched.transferred < 40_000 < len(index.files[WHEEL])
    assert "" not in index.ranges_of(WHEEL)
    assert recorder.of(Progress)[-1] == Progress("fetch", len(data), len(data), "bytes")


@pytest.mark.parametrize("member", ["demo_model/weights.bin", "demo_model/model/config.json", MEMBER])
@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("method", [0, 8])
def test_every_member_reads_alike_by_range_and_whole(index, make_source, tmp_path, member, streamed, method):
    index.files[WHEEL], members = demo_wheel(streamed=streamed, method=method)
    ref = parse_ref(f"pypi:demo-model==1.0#{member}")
    by_range, whole = DiskSink(tmp_path / "a"), DiskSink(tmp_path / "b")
    one = make_source().fetch(ref, by_range, locked=lock(members[member]))
    other = make_source().fetch(ref, whole)
    assert one.method == "range"
    assert read(by_range, one) == read(whole, other) == members[member]


def test_the_directory_of_a_wheel_is_read_once_for_all_its_members(index, make_source, sink):
    source = make_source()
    names = [MEMBER, "demo_model/model/config.json", "demo_model/weights.bin"]
    done = [
        source.fetch(parse_ref(f"pypi:demo-model==1.0#{n}"), sink, locked=lock(index.members[n]))
        for n in names
    ]
    assert len(index.ranges_of(WHEEL)) <= 1 + len(names)
    assert sum(f.transferred for f in done) <= len(index.files[WHEEL]) + 20_000


def test_a_member_of_a_nested_archive_reads_by_range_too(index, make_source, sink):
    rows = b"1\t0.5\tgood\n" * 50
    ref = parse_ref("pypi:demo-model==1.0#demo_model/nested.tar.gz!/inner/rows.tsv")
    fetched = make_source().fetch(ref, sink, locked=lock(rows))
    assert (fetched.method, read(sink, fetched)) == ("range", rows)


def test_a_member_of_an_archive_inside_an_sdist_is_reached(index, make_source, sink):
    inner = tarred({"data/tweets.txt": b"1\t1.9\tnice\n", "data/movie.txt": b"2\t-1\tbad\n"})
    index.files["reviews-2.0.tar.gz"] = sdist = tarred({"reviews-2.0/extra/data.tar.gz": inner})
    source = make_source()
    inside = "pypi:reviews==2.0#reviews-2.0/extra/data.tar.gz!/data"
    entries = source.entries(parse_ref(inside))
    assert [e.path for e in entries] == ["movie.txt", "tweets.txt"]
    first, second = (source.fetch(e.ref, sink) for e in entries)
    assert read(sink, second) == b"1\t1.9\tnice\n"
    assert (first.method, first.transferred) == ("whole", len(sdist))
    assert (second.method, second.transferred) == ("local", 0)
    assert index.ranges_of("reviews-2.0.tar.gz") == [""]


def test_what_is_present_is_not_fetched_again_nor_asked_for(index, make_source, sink):
    data = index.members[MEMBER]
    locked = lock(data, around=sha(index.files[WHEEL]))
    first = make_source()
    first.fetch(parse_ref(REF), sink, locked=locked)
    before = len(index.seen)
    again = make_source(offline=True).fetch(parse_ref(REF), sink, locked=locked)
    assert (again.method, again.transferred, again.sha256) == ("present", 0, sha(data))
    assert len(index.seen) == before


def test_a_member_of_a_stored_whole_file_needs_no_network(index, make_source, sink):
    whole = make_source().fetch(parse_ref("pypi:demo-model==1.0"), sink)
    locked = lock(index.members[MEMBER], around=whole.sha256)
    fetched = make_source(offline=True).fetch(parse_ref(REF), sink, locked=locked)
    assert (fetched.method, read(sink, fetched)) == ("local", index.members[MEMBER])


def test_offline_says_so_before_any_request(index, make_source, sink):
    with pytest.raises(OfflineError, match="--offline") as told:
        make_source(offline=True).entries(parse_ref(REF))
    assert told.value.hint
    assert index.seen == []


def test_a_stopped_server_is_an_offline_error_with_advice(index, make_source):
    source = make_source(index_url="http://127.0.0.1:9/simple")
    with pytest.raises(OfflineError, match="cannot reach") as told:
        source.entries(parse_ref(REF))
    assert told.value.why
    assert "proxy" in told.value.hint


# Choosing a file


def test_no_version_is_refused_with_the_newest_final_one(index, make_source):
    index.files["demo_model-2.0rc1-py3-none-any.whl"] = b""
    index.files["demo_model-1.5-py3-none-any.whl"] = b""
    index.files["demo_model-1.7-py3-none-any.whl"] = b""
    index.behaviour.yanked = {"demo_model-1.7-py3-none-any.whl"}
    with pytest.raises(UsageError) as told:
        make_source().entries(parse_ref("pypi:demo-model"))
    assert told.value.hint == "pypi:demo-model==1.5"


def test_platform_wheels_are_listed_and_one_can_be_named(index, make_source):
    names = ["fast-1.0-cp311-cp311-win_amd64.whl", "fast-1.0-cp311-cp311-manylinux_2_17_x86_64.whl"]
    index.files |= dict.fromkeys(names, zipped({"fast/a.bin": b"a"}))
    with pytest.raises(UsageError, match="not one file") as told:
        make_source().entries(parse_ref("pypi:fast==1.0"))
    assert all(name in told.value.why for name in names)
    named = parse_ref(f"pypi:fast==1.0/{names[1]}")
    assert make_source().entries(named)[0].path == names[1]


def test_the_universal_wheel_comes_before_the_sdist(index, make_source):
    index.files["demo_model-1.0.tar.gz"] = tarred({})
    assert make_source().entries(parse_ref("pypi:demo-model==1.0"))[0].path == WHEEL


def test_an_unknown_version_lists_those_there_are(make_source):
    with pytest.raises(NotFoundError, match=r"demo-model 3\.0") as told:
        make_source().entries(parse_ref("pypi:demo-model==3.0"))
    assert "1.0" in told.value.why


def test_an_unknown_project_names_the_indexes_asked(index, make_source):
    with pytest.raises(NotFoundError) as told:
        make_source().entries(parse_ref("pypi:absent-model==1.0"))
    assert index.simple in told.value.why


def test_a_missing_member_names_what_is_near(make_source):
    with pytest.raises(NotFoundError, match="no 'demo_model/absent'") as told:
        make_source().entries(parse_ref("pypi:demo-model==1.0#demo_model/absent"))
    assert "demo_model" in told.value.why


def test_a_yanked_file_is_used_with_one_warning(index, make_source, recorder):
    index.behaviour.yanked = {WHEEL}
    source = make_source()
    source.entries(parse_ref(REF))
    source.entries(parse_ref(REF))
    assert [w.text for w in recorder.of(Warned)] == [f"{WHEEL} was withdrawn (yanked) by its publisher"]


# Lies


def test_bytes_that_differ_from_the_stated_digest_stay_invisible(index, make_source, sink):
    index.behaviour.states[WHEEL] = "ab" * 32
    with pytest.raises(IntegrityError, match="not what was promised") as told:
        make_source().fetch(parse_ref("pypi:demo-model==1.0"), sink)
    assert told.value.hint
    assert sink.blobs() == []
    assert sink.partials() == []


def test_a_release_that_changed_since_it_was_locked_is_noticed_before_fetching(index, make_source, sink):
    locked = lock(index.members[MEMBER], around="cd" * 32)
    with pytest.raises(IntegrityError, match="not the file that was locked"):
        make_source().fetch(parse_ref(REF), sink, locked=locked)
    assert index.ranges_of(WHEEL) == []


def test_a_member_that_changed_since_it_was_locked_is_refused(index, make_source, sink):
    data = index.members[MEMBER]
    changed = Locked(WHEEL, "", len(data), sha(data[:-1] + b"x"))
    with pytest.raises(IntegrityError, match="not what was promised") as told:
        make_source().fetch(parse_ref(REF), sink, locked=changed)
    assert told.value.hint
    assert sink.blobs() == []


def test_a_member_of_another_size_than_locked_is_refused_unread(index, make_source, sink):
    data = index.members[MEMBER]
    with pytest.raises(IntegrityError, match="not what was promised"):
        make_source().fetch(parse_ref(REF), sink, locked=Locked(WHEEL, "", len(data) - 1, sha(data)))
    assert len(index.ranges_of(WHEEL)) == 1


def test_flipped_bytes_in_a_range_answer_are_refused(index, make_source, sink):
    index.behaviour.lie = "other-bytes"
    with pytest.raises((MalformedError, IntegrityError)):
        make_source().fetch(parse_ref(REF), sink, locked=lock(index.members[MEMBER]))
    assert sink.blobs() == []


def test_an_index_that_lies_about_size_is_refused_by_range_and_whole(index, make_source, sink):
    index.behaviour.sizes[WHEEL] = len(index.files[WHEEL]) + 5
    for locked in (None, lock(index.members[MEMBER])):
        with pytest.raises(IntegrityError, match=r"another size|not what was promised") as told:
            make_source().fetch(parse_ref(REF), sink, locked=locked)
        assert "states" in told.value.why
    assert sink.blobs() == []


LIES = {
    "other-range": "asked for bytes",
    "no-content-range": "does not say which part",
    "short-part": "another number of bytes",
    "new-tag": "changed between two parts",
}


@pytest.mark.parametrize("lie", LIES)
@pytest.mark.parametrize("form", ["json", "html"])
def test_a_server_that_lies_about_ranges_costs_a_question(index, make_source, sink, lie, form):
    index.behaviour.lie, index.behaviour.form = lie, form
    data = index.members["demo_model/weights.bin"]
    ref = parse_ref("pypi:demo-model==1.0#demo_model/weights.bin")
    with pytest.raises(UnknownAnswerError, match="cannot read a part") as told:
        make_source().fetch(ref, sink, locked=lock(data))
    assert LIES[lie] in told.value.why
    # With neither the index nor the server stating a size, the cost is said to be unknown.
    cost = "unknown size" if (lie, form) == ("no-content-range", "html") else "0.3 MB"
    assert cost in told.value.why
    assert told.value.hint
    asked = []
    agreed = make_source(confirm=lambda text: asked.append(text) or True)
    fetched = agreed.fetch(ref, sink, locked=lock(data))
    assert (fetched.method, read(sink, fetched)) == ("whole", data)
    assert cost in asked[0]


def test_without_range_the_cost_is_told_and_the_whole_file_fetched_once(index, make_source, sink, recorder):
    index.behaviour.ranges = False
    with pytest.raises(UnknownAnswerError, match=re.escape(WHEEL)) as told:
        make_source().fetch(parse_ref(REF), sink, locked=lock(index.members[MEMBER]))
    assert "only whole files" in told.value.why
    asked = []
    source = make_source(confirm=lambda text: asked.append(text) or True)
    for name in (MEMBER, "demo_model/model/config.json"):
        ref = parse_ref(f"pypi:demo-model==1.0#{name}")
        assert read(sink, source.fetch(ref, sink, locked=lock(index.members[name]))) == index.members[name]
    assert len(asked) == 1
    assert recorder.of(Warned)


def test_without_range_listing_fetches_the_file_and_reports_it_once(index, make_source, sink):
    index.behaviour.ranges = False
    source = make_source()
    entries = source.entries(parse_ref("pypi:demo-model==1.0#demo_model/model"))
    done = [source.fetch(e.ref, sink).transferred for e in entries]
    assert done == [len(index.files[WHEEL]), 0]


def test_an_index_without_digests_is_said_to_have_promised_nothing(index, make_source, sink):
    index.behaviour.states[WHEEL] = ""
    fetched = make_source().fetch(parse_ref(REF), sink)
    assert not fetched.promised
    assert fetched.file_sha256 == sha(index.files[WHEEL])


@pytest.mark.parametrize("bad", [b"", b"PK", noise(5000), zipped({"a": b"a"})[:-10]])
def test_a_wheel_that_is_no_zip_is_malformed(index, make_source, bad):
    index.files[WHEEL] = bad
    with pytest.raises((MalformedError, NotFoundError)):
        make_source().entries(parse_ref(REF))


# Broken connections


def test_a_dropped_download_goes_on_by_range_and_yields_the_right_bytes(index, make_source, sink):
    index.behaviour.drop_after, index.behaviour.drops = 100_000, 2
    fetched = make_source().fetch(parse_ref("pypi:demo-model==1.0"), sink)
    assert read(sink, fetched) == index.files[WHEEL]
    assert index.ranges_of(WHEEL) == ["", "bytes=100000-", "bytes=200000-"]


def test_a_drop_inside_a_locked_member_goes_on_where_it_broke(index, make_source, sink):
    index.behaviour.drop_after, index.behaviour.drops = 90_000, 1
    data = index.members["demo_model/weights.bin"]
    ref = parse_ref("pypi:demo-model==1.0#demo_model/weights.bin")
    fetched = make_source().fetch(ref, sink, locked=lock(data))
    assert (fetched.method, read(sink, fetched)) == ("range", data)


def test_a_drop_on_a_server_without_range_starts_over_and_still_matches(index, make_source, sink):
    index.behaviour.ranges = False
    index.behaviour.drop_after, index.behaviour.drops = 100_000, 1
    fetched = make_source().fetch(parse_ref("pypi:demo-model==1.0"), sink)
    assert read(sink, fetched) == index.files[WHEEL]


def test_an_interrupted_download_is_kept_and_resumed_by_the_next_run(index, make_source, sink):
    index.behaviour.drop_after, index.behaviour.drops = 50_000, 4
    with pytest.raises(OfflineError, match="broke after 200,000 bytes") as told:
        make_source().fetch(parse_ref("pypi:demo-model==1.0"), sink)
    assert "run again" in told.value.hint
    assert sink.blobs() == []
    index.seen.clear()
    fetched = make_source().fetch(parse_ref("pypi:demo-model==1.0"), sink)
    assert index.ranges_of(WHEEL) == ["bytes=200000-"]
    assert fetched.transferred == len(index.files[WHEEL]) - 200_000
    assert read(sink, fetched) == index.files[WHEEL]


@pytest.mark.parametrize("form", ["json", "html"])
def test_bytes_that_are_all_there_are_only_verified(index, make_source, sink, form):
    index.behaviour.form = form
    key = f"pypi/{WHEEL}/{sha(index.files[WHEEL])}"
    interrupt(sink, key, index.files[WHEEL])
    fetched = make_source().fetch(parse_ref("pypi:demo-model==1.0"), sink)
    assert (fetched.transferred, read(sink, fetched)) == (0, index.files[WHEEL])
    assert "" not in index.ranges_of(WHEEL)


def test_wrong_bytes_of_an_earlier_attempt_are_noticed_and_thrown_away(index, make_source, sink):
    key = f"pypi/{WHEEL}/{sha(index.files[WHEEL])}"
    interrupt(sink, key, b"wrong")
    with pytest.raises(IntegrityError):
        make_source().fetch(parse_ref("pypi:demo-model==1.0"), sink)
    assert (sink.blobs(), sink.partials()) == ([], [])
    assert read(sink, make_source().fetch(parse_ref("pypi:demo-model==1.0"), sink)) == index.files[WHEEL]


def test_resuming_on_a_server_without_range_begins_again(index, make_source, sink):
    index.behaviour.drop_after, index.behaviour.drops = 50_000, 4
    with pytest.raises(OfflineError):
        make_source().fetch(parse_ref("pypi:demo-model==1.0"), sink)
    index.behaviour.ranges = False
    fetched = make_source().fetch(parse_ref("pypi:demo-model==1.0"), sink)
    assert read(sink, fetched) == index.files[WHEEL]


# Several indexes


def test_two_indexes_with_different_bytes_are_an_error_naming_both(index, make_source, tmp_path):
    (tmp_path / "mirror").mkdir()
    other = tmp_path / "simple" / "demo-model"
    other.mkdir(parents=True)
    (other / "index.html").write_text(f'<a href="../../mirror/{WHEEL}#sha256={"cd" * 32}">x</a>')
    extra = (tmp_path / "simple").as_uri()
    with pytest.raises(IntegrityError, match="different bytes") as told:
        make_source(extra_index_urls=(extra,)).entries(parse_ref(REF))
    assert index.simple in told.value.why
    assert extra in told.value.why
    assert told.value.hint


def test_passwords_of_an_index_are_sent_but_never_shown(index, make_source, sink):
    secret = f"http://user:hunter2@{index.address}/simple"
    fetched = make_source(index_url=secret).fetch(parse_ref("pypi:demo-model==1.0"), sink)
    assert fetched.method == "whole"
    assert [h.get("authorization") for _, _, h in index.seen] == ["Basic dXNlcjpodW50ZXIy"] * 2
    with pytest.raises(NotFoundError) as told:
        make_source(index_url=secret).entries(parse_ref("pypi:absent==1"))
    index.behaviour.states[WHEEL] = "ab" * 32
    with pytest.raises(IntegrityError) as lied:
        make_source(index_url=secret).fetch(parse_ref("pypi:demo-model==1.0"), DiskSink(sink.root / "x"))
    assert "hunter2" not in str(told.value) + str(lied.value)


def test_an_index_that_does_not_know_the_project_is_passed_over(index, make_source, tmp_path):
    source = make_source(
        extra_index_urls=(tmp_path.as_uri(), f"{index.url}/nothing"), find_links=(str(tmp_path / "absent"),)
    )
    assert source.entries(parse_ref("pypi:demo-model==1.0"))


@pytest.mark.parametrize("as_page", [False, True])
def test_find_links_folders_and_pages_work_without_any_index(index, make_source, sink, tmp_path, as_page):
    (tmp_path / "wheels").mkdir()
    (tmp_path / "wheels" / WHEEL).write_bytes(index.files[WHEEL])
    place = tmp_path / "wheels"
    if as_page:
        place = tmp_path / "links.html"
        place.write_text(f'<a href="wheels/{WHEEL}">a wheel</a>')
    source = make_source(no_index=True, offline=True, find_links=(str(place),))
    (entry,) = source.entries(parse_ref(REF))
    fetched = source.fetch(entry.ref, sink)
    assert (fetched.method, fetched.transferred) == ("local", 0)
    assert read(sink, fetched) == index.members[MEMBER]
    assert source.fetch(entry.ref, sink, locked=lock(index.members[MEMBER])).method == "present"


def test_offline_uses_a_local_mirror_although_the_main_index_is_remote(index, make_source, sink, tmp_path):
    (tmp_path / WHEEL).write_bytes(index.files[WHEEL])
    source = make_source(offline=True, find_links=(str(tmp_path),))
    fetched = source.fetch(parse_ref(REF), sink, locked=lock(index.members[MEMBER]))
    assert (fetched.method, index.seen) == ("local", [])
    with pytest.raises(OfflineError):
        source.entries(parse_ref("pypi:demo-model==9.9"))


def test_a_link_from_the_network_to_a_local_file_is_ignored(index, make_source, tmp_path):
    (tmp_path / "demo_model-6.0-py3-none-any.whl").write_bytes(b"secret")
    index.behaviour.form = "html"
    index.behaviour.links = [(tmp_path / "demo_model-6.0-py3-none-any.whl").as_uri(), "ftp://127.0.0.1/x.whl"]
    with pytest.raises(NotFoundError):
        make_source().entries(parse_ref("pypi:demo-model==6.0"))


def test_a_redirect_to_another_private_host_is_refused(index, make_source, sink):
    index.behaviour.redirects[f"/files/{WHEEL}"] = "http://10.0.0.1/evil.whl"
    with pytest.raises(RefusedError, match=r"10\.0\.0\.1") as told:
        make_source().fetch(parse_ref("pypi:demo-model==1.0"), sink)
    assert told.value.hint


# Cost


def test_cost_is_the_packed_member_when_locked_and_the_whole_file_when_not(index, make_source, sink):
    source = make_source()
    ref = parse_ref("pypi:demo-model==1.0#demo_model/model")
    whole = len(index.files[WHEEL])
    assert source.cost(ref, {}) == source.cost(ref, {parse_ref("pypi:other==1#a"): lock(b"")})
    assert (source.cost(ref, {}).bytes_needed, source.cost(ref, {}).method) == (whole, "whole")
    locks = {e.ref: lock(index.members[f"demo_model/model/{e.path}"]) for e in source.entries(ref)}
    cost = source.cost(ref, locks)
    assert (cost.method, cost.bytes_whole) == ("range", whole)
    assert 0 < cost.bytes_needed < 1000
    for entry_ref, promise in locks.items():
        source.fetch(entry_ref, sink, locked=promise)
    assert source.cost(ref, locks).method == "present"


def test_cost_without_range_or_stated_size_is_still_known(index, make_source):
    index.behaviour.ranges, index.behaviour.form = False, "html"
    ref = parse_ref(REF)
    whole = len(index.files[WHEEL])
    source = make_source()
    assert source.cost(ref, {}).bytes_needed == whole
    locked = {parse_ref(f"pypi:demo-model==1.0/{WHEEL}#{MEMBER}"): lock(index.members[MEMBER])}
    assert (source.cost(ref, locked).bytes_needed, source.cost(ref, locked).method) == (whole, "whole")


def test_an_origin_names_the_distribution_file_and_does_not_move(make_source):
    found = make_source().origin(parse_ref(f"pypi:demo-model==1.0#{MEMBER}"))
    assert (str(found.exact), found.moving) == (f"pypi:demo-model==1.0/{WHEEL}#{MEMBER}", False)
    assert (found.declared_version, found.owner) == ("1.0", "")

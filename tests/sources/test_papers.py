import pytest
from hypothesis import given, settings, strategies as st

from weigh.core.ref import ArtifactRef, RefKind, parse_ref
from weigh.core.snapshot import is_safe_path
from weigh.sources.papers import MAX_PAPER, MAX_PAPERS, paper_path, papers_of
from weigh.system.archives import Member, MemberKind

WHEEL = parse_ref("pypi:demo-model==1.0/demo_model-1.0-py3-none-any.whl")
SDIST = parse_ref("pypi:Demo_Model==1.0/demo_model-1.0.tar.gz")
INFO = "demo_model-1.0.dist-info"


def paths(names, head=WHEEL, size=100):
    return [e.path for e in papers_of([Member(name, size) for name in names], head)]


def test_a_wheel_brings_its_metadata_and_licence_files():
    names = [
        "demo_model/LICENSE",
        "demo_model/weights.bin",
        f"{INFO}/LICENSE",
        f"{INFO}/METADATA",
        f"{INFO}/NOTICE.txt",
        f"{INFO}/RECORD",
        f"{INFO}/WHEEL",
        f"{INFO}/licenses/AUTHORS.md",
        f"{INFO}/licenses/third/COPYING.LESSER",
    ]
    assert paths(names) == [
        "papers/demo-model-1.0/LICENSE",
        "papers/demo-model-1.0/METADATA",
        "papers/demo-model-1.0/NOTICE.txt",
        "papers/demo-model-1.0/licenses/AUTHORS.md",
        "papers/demo-model-1.0/licenses/third/COPYING.LESSER",
    ]


def test_an_sdist_brings_those_of_its_top_folder():
    names = [
        "d-1.0/PKG-INFO",
        "d-1.0/LICENSE",
        "d-1.0/src/LICENSE",
        "d-1.0/d.egg-info/PKG-INFO",
        "d-1.0/setup.py",
    ]
    assert paths(names, SDIST) == ["papers/demo-model-1.0/LICENSE", "papers/demo-model-1.0/PKG-INFO"]


@pytest.mark.parametrize(
    "name", ["LICENSE.BSD", "LICENSE.html", "licenses/a.pdf", "MODEL_LICENSE", "licenses/x/L.LIB", "EULA.rtf"]
)  # fmt: skip
def test_every_file_that_is_named_for_terms_is_brought_whatever_its_ending(name):
    assert paths([f"{INFO}/METADATA", f"{INFO}/{name}"]) == sorted(
        ["papers/demo-model-1.0/METADATA", f"papers/demo-model-1.0/{name}"]
    )


@pytest.mark.parametrize(
    "name", ["licenses/run.py", "LICENSE.exe", "licensed_model.bin", "NOTICEABLE", "licenses/a#b"]
)
def test_what_is_no_plain_licence_file_is_not_brought(name):
    assert paths([f"{INFO}/METADATA", f"{INFO}/{name}"]) == ["papers/demo-model-1.0/METADATA"]


def test_without_metadata_there_are_no_papers():
    assert paths([f"{INFO}/LICENSE", "README.md"]) == []


def test_size_and_number_are_bounded():
    many = [f"{INFO}/licenses/L{i:03}" for i in range(MAX_PAPERS + 5)]
    assert len(paths([f"{INFO}/METADATA", *many])) == MAX_PAPERS
    big = [Member(f"{INFO}/METADATA", 100), Member(f"{INFO}/LICENSE", MAX_PAPER + 1)]
    assert len(papers_of(big, WHEEL)) == 1


def test_a_link_is_no_paper():
    members = [Member(f"{INFO}/METADATA", 100), Member(f"{INFO}/LICENSE", 10, MemberKind.LINK)]
    assert len(papers_of(members, WHEEL)) == 1


@given(st.lists(st.text(max_size=60), max_size=5))
@settings(max_examples=50, deadline=None)
def test_every_paper_lies_below_its_own_folder_and_its_ref_says_where(names):
    members = [Member(f"{INFO}/METADATA", 5), *(Member(f"{INFO}/licenses/{name}", 5) for name in names)]
    for entry in papers_of(members, WHEEL):
        assert is_safe_path(entry.path)
        assert entry.path.startswith("papers/demo-model-1.0/")
        assert paper_path(parse_ref(str(entry.ref))) == entry.path


@pytest.mark.parametrize(
    "ref",
    [
        ArtifactRef(RefKind.FILE, "x.whl", members=(f"{INFO}/METADATA",)),
        WHEEL,
        WHEEL.member("inner.zip", f"{INFO}/METADATA"),
        WHEEL.member("demo_model/weights.bin"),
        WHEEL.member(f"{INFO}/RECORD"),
        WHEEL.member(f"{INFO}/licenses/../../../x"),
    ],
)
def test_what_is_no_paper_has_no_place(ref):
    assert paper_path(ref) == ""


def test_the_source_finds_the_papers_of_what_lies_inside(make_source, sink):
    source = make_source()
    (entry,) = source.papers(parse_ref("pypi:demo-model==1.0#demo_model/model"))
    assert entry.path == "papers/demo-model-1.0/METADATA"
    assert source.fetch(entry.ref, sink).size == entry.size


def test_a_distribution_file_itself_brings_none(make_source):
    assert make_source().papers(parse_ref("pypi:demo-model==1.0")) == ()

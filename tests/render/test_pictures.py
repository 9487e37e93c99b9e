import pytest
from full_report import share

from weigh.core.measure import Direction, Measure, labelled
from weigh.core.picture import Picture, PictureKind
from weigh.render import vega
from weigh.render.pictures import MAX_FACETS, drawings


def rows(drawing):
    return drawing.spec["data"]["values"]


def test_only_the_measures_asked_for_and_labelled_so_are_drawn():
    measures = (
        share("accuracy", 0.7, 10, slice="IN"),
        share("accuracy", 0.8, 10, test="movie"),
        share("recall", 0.9, 10, slice="IN"),
        Measure("accuracy", None, "fraction", 0, labels=labelled(slice="US")),
    )
    (only,) = drawings(Picture(PictureKind.DOTS, "accuracy", "t", row="slice"), measures)
    assert [(r["row"], r["value"], r["low"], r["high"]) for r in rows(only)] == [("IN", 0.7, 0.67, 0.73)]
    assert rows(only)[0]["said"] == "IN: 0.700 [0.670, 0.730] n=10"


def test_nothing_that_fits_makes_no_chart():
    for kind in PictureKind:
        assert drawings(Picture(kind, "accuracy", "t", row="slice", column="at"), ()) == []
        assert (
            drawings(Picture(kind, "other", "t", row="slice"), (share("accuracy", 0.7, 10, slice="IN"),))
            == []
        )


def test_each_value_of_the_facet_gets_its_own_chart_up_to_a_bound():
    measures = tuple(share("accuracy", 0.7, 10, slice=s, origin=f"o{i}") for i in range(9) for s in "ab")
    made = drawings(Picture(PictureKind.DOTS, "accuracy", "Share", row="slice", facet="origin"), measures)
    assert [d.title for d in made] == [f"Share: o{i}" for i in range(MAX_FACETS)]
    assert [len(rows(d)) for d in made] == [2] * MAX_FACETS


def test_rows_of_one_name_are_told_apart_by_their_other_labels():
    measures = tuple(
        share("accuracy", 0.7, 10, column=c, slice="other", test="t") for c in ("country", "length")
    )
    (one,) = drawings(Picture(PictureKind.DOTS, "accuracy", "t", row="slice"), measures)
    assert [r["row"] for r in rows(one)] == ["country", "length"]


def test_a_line_for_each_row_with_a_legend_only_when_there_are_several():
    measures = tuple(
        share("accuracy", 0.7, 10, noise=n, at=str(at)) for n in ("typos", "case") for at in (0.2, 0.1)
    )
    picture = Picture(PictureKind.LINE, "accuracy", "t", row="noise", column="at")
    (two,) = drawings(picture, measures)
    assert two.legend == (("typos", 0), ("case", 1))
    assert [r["at"] for r in rows(two) if r["row"] == "typos"] == [0.1, 0.2]
    (one,) = drawings(picture, measures[:2])
    assert one.legend == ()


def test_many_reliability_lines_get_a_diagonal_each_and_two_share_one():
    measures = tuple(share("right", 0.7, 10, test=t, at=at) for t in "abc" for at in ("0.1", "0.9"))
    picture = Picture(PictureKind.RELIABILITY, "right", "t", row="test", column="at")
    assert [d.title for d in drawings(picture, measures)] == ["t: a", "t: b", "t: c"]
    (both,) = drawings(picture, measures[:4])
    assert both.legend == (("a", 0), ("b", 1))


def test_a_column_that_is_no_number_has_no_place_on_a_line():
    measures = (
        share("accuracy", 0.7, 10, at="0.1"),
        share("accuracy", 0.8, 10, at="much"),
        share("accuracy", 0.9, 10, at="nan"),
    )
    (one,) = drawings(Picture(PictureKind.LINE, "accuracy", "t", column="at"), measures)
    assert [r["at"] for r in rows(one)] == [0.1]


def test_a_matrix_shows_each_pair_once_and_knows_which_side_is_worse():
    measures = tuple(
        share("loss", v, 10, Direction.LOWER, a=a, b=b)
        for a, b, v in (("x", "y", 0.2), ("x", "z", 0.8), ("x", "z", 0.1))
    )
    (one,) = drawings(Picture(PictureKind.MATRIX, "loss", "t", row="a", column="b", reference=0.5), measures)
    assert [(r["column"], r["value"], r["hue"]) for r in rows(one)] == [
        ("y", 0.2, "var(--s0)"),
        ("z", 0.8, "var(--s1)"),
    ]


def test_what_is_left_out_of_a_drawing_is_said():
    measures = tuple(share("accuracy", 0.7, 10, slice=str(i)) for i in range(vega.MAX_POINTS + 5))
    (one,) = drawings(Picture(PictureKind.DOTS, "accuracy", "t", row="slice"), measures)
    assert one.note == "40 of 45 are drawn."


def many(kind):
    """More measures than one chart of this kind can hold."""
    if kind is PictureKind.MATRIX:
        return [share("accuracy", 0.7, 10, slice=f"s{i}", at=f"c{j}") for i in range(30) for j in range(30)]
    if kind in {PictureKind.LINE, PictureKind.RELIABILITY}:
        return [share("accuracy", 0.7, 10, slice="one", at=str(i / 5000)) for i in range(5000)]
    return [share("accuracy", 0.7, 10, slice=f"s{i}") for i in range(100)]


@pytest.mark.parametrize("kind", PictureKind)
def test_a_chart_that_leaves_something_out_is_bounded_and_says_how_much(kind):
    measures = many(kind)
    (one,) = drawings(Picture(kind, "accuracy", "t", row="slice", column="at"), measures)
    assert len(rows(one)) <= 600
    assert one.note == f"{len(rows(one)):,} of {len(measures):,} are drawn."
    (few,) = drawings(Picture(kind, "accuracy", "t", row="slice", column="at"), measures[:3])
    assert few.note == ""


def test_lines_beyond_the_bound_are_told():
    measures = [share("accuracy", 0.7, 10, noise=f"n{i}", at=str(at)) for i in range(20) for at in range(3)]
    (one,) = drawings(Picture(PictureKind.LINE, "accuracy", "t", row="noise", column="at"), measures)
    assert one.note == f"{len(rows(one))} of 60 are drawn."


def test_charts_that_are_not_drawn_are_told_under_the_last():
    measures = tuple(share("accuracy", 0.7, 10, slice=s, origin=f"o{i}") for i in range(9) for s in "ab")
    made = drawings(Picture(PictureKind.DOTS, "accuracy", "Share", row="slice", facet="origin"), measures)
    assert [d.note for d in made[:-1]] == [""] * (MAX_FACETS - 1)
    assert made[-1].note == "3 more charts like these are not drawn."

from dataclasses import replace

from sample_report import SAMPLE

from weigh.render.page_ways import ways


def told(methods):
    found = SAMPLE.recommendation
    scored = [arm for arm in found.arms if arm.score is not None]
    arms = tuple(
        replace(arm, score=replace(arm.score, method=method))
        for arm, method in zip(scored, methods, strict=True)
    )
    return str(ways(replace(found, arms=arms)))


def scores():
    return sum(arm.score is not None for arm in SAMPLE.recommendation.arms)


def test_the_table_of_ways_says_that_the_training_draw_is_covered():
    page = told(["wilson+refits"] * scores())
    assert "Intervals cover which test rows and which training rows were drawn." in page


def test_one_way_whose_interval_leaves_it_out_is_enough_to_say_so():
    page = told(["wilson, training draw not included", *["wilson+refits"] * (scores() - 1)])
    assert "those of some ways not which training rows" in page


def test_where_nothing_was_fitted_nothing_is_said_of_training_rows():
    assert "training rows were drawn" not in told(["wilson"] * scores())

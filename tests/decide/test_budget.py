from weigh.decide.budget import Budget, PlannedTrial, planned

WORK = {"probe": 1_000_000, "majority": 10, "tfidf_linear": 1_000}


class Hand:
    """A clock that is set by hand."""

    def __init__(self):
        self.at = 100.0

    def now(self):
        return self.at

    def monotonic(self):
        return self.at


def run(budget, clock, seconds_of):
    done = []
    for trial in planned((100, 200, 400), WORK):
        if budget.allows(trial):
            clock.at += seconds_of(trial)
            budget.spent(trial, seconds_of(trial))
            done.append((trial.arm, trial.rows))
    return done


def test_full_sizes_come_first_cheapest_arm_first_then_the_ladder_upwards():
    assert [(t.arm, t.rows) for t in planned((100, 400), WORK)] == [
        ("majority", 400), ("tfidf_linear", 400), ("probe", 400),
        ("majority", 100), ("tfidf_linear", 100), ("probe", 100),
    ]  # fmt: skip


def test_without_a_limit_everything_runs_and_nothing_is_skipped():
    clock = Hand()
    budget = Budget(clock)
    assert len(run(budget, clock, lambda t: 1e9)) == 9
    assert budget.left is None
    assert budget.notes() == ()


def test_a_budget_that_is_not_reached_changes_nothing():
    clock = Hand()
    assert run(Budget(clock, 60.0), clock, lambda t: 0.1) == run(Budget(clock), clock, lambda t: 0.1)


def test_what_does_not_fit_is_left_out_and_said():
    clock = Hand()
    budget = Budget(clock, 60.0)
    done = run(budget, clock, lambda t: 40.0 * t.rows / 400 if t.arm == "probe" else 0.5)
    assert done[:3] == [("majority", 400), ("tfidf_linear", 400), ("probe", 400)]
    assert ("probe", 100) in done
    assert ("probe", 200) not in done
    assert ("tfidf_linear", 200) in done
    assert budget.notes() == ("probe was not run on 200 rows: the time budget was used up",)
    assert clock.at - 100.0 <= 60.0


def test_a_deadline_that_has_passed_stops_everything():
    clock = Hand()
    budget = Budget(clock, 5.0)
    clock.at += 6.0
    assert budget.left == 0.0
    assert not budget.allows(PlannedTrial("majority", 400, 1))
    assert run(budget, clock, lambda t: 1.0) == []
    assert [note.split(" was")[0] for note in budget.notes()] == ["majority", "tfidf_linear", "probe"]


def test_a_slow_start_of_a_tiny_arm_says_nothing_about_others():
    clock = Hand()
    budget = Budget(clock, 60.0)
    budget.spent(PlannedTrial("majority", 400, 10), 1.0)
    assert budget.allows(PlannedTrial("probe", 400, 1_000_000))


def test_refits_come_last_and_only_for_arms_that_fit():
    plan = planned((100, 400), WORK, refits=(300, 299), refitted={"majority", "probe"})
    assert [(t.arm, t.rows, t.refit) for t in plan[6:]] == [
        ("majority", 300, 0), ("probe", 300, 0), ("majority", 299, 1), ("probe", 299, 1),
    ]  # fmt: skip
    assert all(t.refit is None for t in plan[:6])


def test_a_refit_left_out_is_said_to_narrow_what_the_intervals_cover():
    budget = Budget(Hand())
    for number in (0, 1):
        budget.leave_out(PlannedTrial("probe", 300, 1, number))
    (note,) = budget.notes()
    assert note.startswith("probe: intervals do not cover which training rows were drawn")

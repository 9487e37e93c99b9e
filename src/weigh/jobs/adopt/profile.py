"""The profile by which the finalist can be watched, as one more question of the job."""

from weigh.checks.case import Case
from weigh.jobs.adopt.options import AdoptOptions
from weigh.jobs.adopt.shootout import Ground, Trials
from weigh.watch.build import profile_of
from weigh.watch.shipped import CHECK as PROFILE, ProfileSubject


def ask_profile(ground: Ground, case: Case, trials: Trials, options: AdoptOptions) -> None:
    """Ask for the profile of the finalist; nothing is asked where nothing was fitted.

    Where the model came from is left out: the same bytes from another place have the same profile.
    """
    finalist = case.predictor
    if finalist is None:
        return
    made = trials.evidence[(finalist.arm, len(ground.prepared.ladder[-1]))]

    def payload() -> ProfileSubject:
        return ProfileSubject(
            lambda: profile_of(case, embeddings=ground.rows.embeddings, predictor=made.artifact("predictor")),
            ground.keep,
        )

    ground.bench.ask(
        PROFILE,
        finalist.subject,
        payload,
        # What the profile names: it is read on other days, by people who call nothing else so.
        parameters={"model": options.model, "text": options.roles.text, "label": options.roles.label},
        inputs=finalist.inputs,
        seed=options.seed,
        runtimes=finalist.runtimes,
    )

"""Text that commands print: the summary of a launch, a score, a resolved configuration."""

import json
import math
from collections import Counter
from collections.abc import Sequence
from itertools import islice

from neurosearch import config
from neurosearch.cli.reference import Resolved
from neurosearch.cli.what_ran import what_ran
from neurosearch.errors import UserError
from neurosearch.evaluate.interval import interval
from neurosearch.record.score import Score
from neurosearch.record.stored import score_to_json
from neurosearch.record.trial import Trial
from neurosearch.search.cautions import cautions
from neurosearch.search.evaluation import Outcome
from neurosearch.search.goals import checked
from neurosearch.search.progress import duration
from neurosearch.store.store import Store
from neurosearch.study import document, ranking, space
from neurosearch.study import study as studies
from neurosearch.study.configuration import Configuration
from neurosearch.study.study import Study

MANY = 2000
"""Largest number of combinations of choices for which a study's structures are counted: each takes milliseconds."""

_ENDS = {
    "budget": "the budget is reached",
    "exhausted": "the space has no more configurations",
    "timeout": "the time is over",
    "interrupted": "interrupted",
}


def after(study: Study, store: Store, outcome: Outcome, subject: str, interrupted: bool) -> str:
    """Summary of a launch: stored trials, best trial, timing, next command."""
    ended = "interrupted" if interrupted else outcome.ended
    lines = [
        f"{study.name}: {outcome.stored} trials in {store.place}, {outcome.fresh} of them new "
        f"in {duration(outcome.wall)}; {_ENDS[ended]}"
    ]
    trials, rescored = store.trials(), store.rescored()
    best = ranking.best(study, trials, rescored)
    if best is not None:
        lines.append(_best(study, best.number, best.score, rescored.get(best.number)))
    elif trials:
        lines.append(f"no valid trial yet: {_why(study, trials)}")
    if outcome.fresh:
        lines.append(_time(outcome))
    if interrupted or ended == "timeout":
        lines.append(f"resume with: neurosearch launch {subject}")
    elif best is not None:
        lines.append(f"next: neurosearch inspect {subject}; neurosearch export {subject}@best --out best.json")
    return "\n".join(lines)


def of_score(score: Score, resolved: Resolved, seeds: Sequence[int], as_json: bool) -> str:
    """The configuration that ran, then its score, one metric per line."""
    if as_json:
        from neurosearch.store.store import plain

        ran = {
            "configuration": resolved.configuration,
            "configuration_digest": config.digest(resolved.configuration),
            "configuration_seeds": list(seeds),
        }
        return json.dumps({**plain(score_to_json(score)), **ran}, indent=2)
    rows = {"status": f"{score.status}{': ' + score.reason if score.reason else ''}"}
    for name, value in score.metrics.items():
        rows[name] = f"{value:.6g}"
        if name == "accuracy" and score.shown.chance:
            rows["chance level"] = f"{score.shown.chance:.6g} (always naming the most frequent class)"
    width = max(map(len, rows))
    return "\n".join([what_ran(resolved, seeds), "", *(f"{name:{width}}  {value}" for name, value in rows.items())])


def of_configuration(resolved: Resolved, as_json: bool) -> str:
    """Every path with its value, unit and range; the space and the number of structures of a study."""
    if as_json:
        return json.dumps(resolved.configuration, indent=2)
    instance = config.build(Configuration, resolved.configuration, str(resolved.file or ""))
    lines = []
    if resolved.study:
        lines += [f"# {resolved.study.name} ({resolved.study.file})", f"# {resolved.study.about}", ""]
    for path, (field, value) in config.paths(instance).items():
        text = document.dump(value).strip().removesuffix("\n...")
        unit = "" if field.unit == "1" else f" {field.unit}"
        allowed = f"  # {field.wanted}" if field.form in ("number", "integer", "choice") else ""
        lines.append(f"{path.removeprefix('architecture.')}: {text}{unit}{allowed}")
    if resolved.study and resolved.trial is None:
        lines += ["", "space:"]
        lines += [f"  {path}: {space.text(dimension)}" for path, dimension in resolved.study.space.items()]
        lines += ["", builds(resolved.study)]
    return "\n".join(lines)


def of_plan(resolved: Resolved, as_json: bool) -> str:
    """The plan of a configuration."""
    from neurosearch.report.plan_text import plan_data, plan_text
    from neurosearch.trial import prepare

    plan = prepare(resolved.configuration, resolved.seeds[0]).plan
    return json.dumps(plan_data(plan), indent=2) if as_json else plan_text(plan)


Counted = tuple[tuple[int, int] | None, UserError | None]
"""((programs, combinations of choices), or None for too many; the first mistake that preparing one meets)."""


def builds(study: Study, known: Counted | None = None) -> str:
    """How many programs the study may cause: the plans of all combinations of its choices, told apart by digest."""
    counted, error = known or structures(study)
    if counted is None:
        return f"more than {MANY} combinations of choices"
    found, combinations = counted
    if error is not None:  # data that are not here; the number of combinations bounds that of programs
        return f"at most {combinations} structures to build (not counted exactly: {error})"
    return f"{found} structures to build, in {combinations} combinations of choices"


def sound(study: Study) -> str:
    """Report on a study; raises if a combination of its choices cannot be prepared."""
    from neurosearch.search.sampler import Sampler

    Sampler(study)  # raises if a package that it needs is missing
    counted = structures(study)
    if counted[1] is not None:
        raise UserError(f"{study.file}: {counted[1]}") from counted[1]
    checked(study)
    said = [f"{study.file} is sound: {len(study.space)} dimensions, {builds(study, counted)}"]
    return "\n".join([*said, *(f"but {caution}" for caution in cautions(study))])


def structures(study: Study) -> Counted:
    """Prepare every combination of the choices of a study."""
    from neurosearch.trial import prepare

    combinations = list(islice(studies.combinations(study), MANY + 1))
    many = len(combinations) > MANY
    try:
        configurations = map(study.configuration, combinations[: 1 if many else None])
        digests = {prepare(one, study.seeds[0]).plan.shape.digest for one in configurations}
    except UserError as error:
        return None if many else (0, len(combinations)), error
    return None if many else (len(digests), len(combinations)), None


def _best(study: Study, number: int, score: Score, fresh: ranking.Rescored | None) -> str:
    metric = study.objectives[0]
    searched = f"{metric} {score.metrics[metric]:.4g} in the search{_explained(score)}"
    if fresh is None or math.isnan(fresh.mean(metric)):
        return f"best so far: trial {number}, {searched} (not yet run on fresh seeds)"
    held_out = fresh.mean("held_out_accuracy")
    held = "" if math.isnan(held_out) else f", held out {held_out:.4f}"
    sure = interval([score.metrics[metric] for score in fresh.scores if metric in score.metrics])
    half = f" ± {sure.half:.2g} (95 %)" if math.isfinite(sure.half) else ""
    return f"best: trial {number}, {metric} {sure.mean:.4g}{half} on {len(fresh.seeds)} fresh seeds{held}; {searched}"


def _explained(score: Score) -> str:
    """What an accuracy is to be compared with, and how much of what it lacks was no decision at all."""
    if "accuracy" not in score.metrics or not score.shown.chance:
        return ""
    undecided = score.metrics.get("undecided", 0.0)
    silent = f", {undecided:.1%} of the samples undecided" if undecided else ""
    return f" (chance level {score.shown.chance:.3g}{silent})"


def _why(study: Study, trials: Sequence[Trial]) -> str:
    """Number of trials by outcome: ``5 silent, 1 infeasible (accuracy below 0.9 in 1 of 1, the highest is 0.4)``."""
    healthy = [t.score for t in trials if t.score.status == "ok"]
    infeasible = [score for score in healthy if not ranking.feasible(study, score)]
    ways = Counter(t.score.status for t in trials if t.score.status != "ok")
    ways |= {"infeasible": len(infeasible), f"without {' and '.join(study.objectives)}": len(healthy) - len(infeasible)}
    said = ", ".join(f"{count} {way}" for way, count in ways.most_common() if count)
    broken = "; ".join(text for name in study.constraints for text in _broken(study, name, infeasible))
    return f"{said} ({broken})" if broken else said


def _broken(study: Study, name: str, scores: Sequence[Score]) -> list[str]:
    """How many of these trials violate a constraint, and the value that comes closest to it."""
    bound, values = study.constraints[name], [s.metrics[name] for s in scores if name in s.metrics]
    found = {f"{name} not measured": (len(scores) - len(values), "")}
    if values and bound.max is not None:
        found[f"{name} above {bound.max:g}"] = sum(v > bound.max for v in values), f", the lowest is {min(values):.4g}"
    if values and bound.min is not None:
        found[f"{name} below {bound.min:g}"] = sum(v < bound.min for v in values), f", the highest is {max(values):.4g}"
    return [f"{said} in {count} of {len(scores)}{extreme}" for said, (count, extreme) in found.items() if count]


def _time(outcome: Outcome) -> str:
    available = outcome.wall * outcome.workers
    shares = {phase: outcome.seconds[phase] / available for phase in ("simulate", "build", "other")}
    idle = max(0.0, 1 - sum(shares.values()))
    parts = ", ".join(f"{phase} {share:.0%}" for phase, share in {**shares, "idle": idle}.items())
    return (
        f"time of {outcome.workers} workers: {parts}; {outcome.utilisation:.0%} utilised once built, "
        f"{outcome.builds} builds, sampler {outcome.seconds['sample']:.1f} s, {outcome.duplicates} repeated proposals"
    )

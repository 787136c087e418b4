"""The commands: each calls one function with its arguments and prints the result.

Every command imports its packages inside itself, so that ``neurosearch --help`` loads none of them.
"""

import argparse
import sys
from typing import TYPE_CHECKING

from neurosearch.errors import UserError

if TYPE_CHECKING:
    from neurosearch.cli.reference import Resolved
    from neurosearch.export.found import Found
    from neurosearch.search.evaluation import Evaluate
    from neurosearch.study.study import Study


def launch(arguments: argparse.Namespace) -> int:
    """Search, then run the best trials again on fresh seeds."""
    from functools import partial

    from neurosearch.cli.summary import after
    from neurosearch.search import cautions, driver, goals, rescore
    from neurosearch.search.executors.pools import POOLS
    from neurosearch.search.interrupt import Interrupt
    from neurosearch.search.progress import Progress
    from neurosearch.store.store import open_store
    from neurosearch.study import study as studies
    from neurosearch.study.effective import effective

    study = goals.checked(studies.load(arguments.subject))
    for caution in cautions.cautions(study):
        print(f"neurosearch: {study.name}: {caution}", file=sys.stderr)
    store = open_store(study, arguments.storage)
    evaluate = _evaluate(study)
    workers = arguments.workers
    with store.driving(), Interrupt() as interrupt, POOLS[arguments.executor](workers) as pool:
        outcome = driver.run(
            study, store, evaluate, workers=workers, trials=arguments.trials, timeout=arguments.timeout,
            interrupt=interrupt, progress=Progress(), pool=pool, effective=partial(effective, seed=study.seeds[0]),
        )  # fmt: skip
        if not (interrupt.asked or arguments.no_rescore):
            rescore.rescore(study, store, evaluate, interrupt=interrupt, progress=Progress(), pool=pool)
    print(after(study, store, outcome, arguments.subject, interrupt.asked))
    return 130 if interrupt.asked else 0


def inspect(arguments: argparse.Namespace) -> int:
    """Report on the stored trials."""
    from pathlib import Path

    from neurosearch.report.report import Options, report
    from neurosearch.store.store import open_store
    from neurosearch.study import study as studies

    study = studies.load(arguments.subject)
    store = open_store(study, arguments.storage, create=False)
    folder, everything = Path(arguments.out) if arguments.out else None, arguments.baselines == "all"
    options = Options(json=arguments.json, csv=arguments.csv, folder=folder, everything=everything)
    print(report(study, store, options))
    return 0


def export_reference(arguments: argparse.Namespace) -> int:
    """Write a network with its final weights."""
    from pathlib import Path

    from neurosearch.cli.export import export
    from neurosearch.cli.reference import resolve

    it = resolve(arguments.subject, arguments.storage)
    seed = it.seeds[0] if arguments.seed is None else arguments.seed
    out, recorded = Path(arguments.out) if arguments.out else None, _found_file(it, arguments) if it.found else None
    print(export(it.configuration, arguments.to, out, seed, study=it.study, trial=it.trial, recorded=recorded))
    return 0


def run(arguments: argparse.Namespace) -> int:
    """Evaluate once and store nothing."""
    import threading
    from dataclasses import replace

    from neurosearch.cli.reference import resolve
    from neurosearch.cli.summary import of_score
    from neurosearch.study.effective import effective_data

    it = resolve(arguments.subject, arguments.storage)
    seeds = it.seeds if arguments.seed is None else (arguments.seed,)
    compared = it.found is not None and arguments.seed is None and not arguments.learned
    recorded = _found_file(it, arguments) if compared or arguments.learned else None  # report a damaged file first
    if it.found is not None:
        from neurosearch.rerun import changed_since

        data, program = changed_since(it.found, it.configuration, seeds[0])
        for said in (data, program if arguments.learned else ""):
            if said:
                print(f"{arguments.subject}: {said}", file=sys.stderr)
    if arguments.learned:
        from neurosearch.rerun import with_weights

        assert recorded is not None
        score = with_weights(recorded)
    else:
        it = replace(it, configuration=effective_data(it.configuration, seeds[0]))
        score = _evaluate(it.study)(it.configuration, seeds, threading.Event())
    print(of_score(score, it, seeds, as_json=arguments.json))
    if compared and recorded is not None:
        from neurosearch.export.found import differences

        different = differences(recorded, score, score.provenance.program)
        said = "\n".join(different) if different else f"the same as {arguments.subject} recorded, bit for bit"
        print(said, file=sys.stderr)
        return 1 if different else 0
    return 0


def _found_file(it: "Resolved", arguments: argparse.Namespace) -> "Found":
    from neurosearch.export.found import load

    if it.found is None or it.file is None:
        raise UserError(f"{arguments.subject} has no final weights; give a JSON file that `neurosearch export` wrote")
    return load(it.file)


def show(arguments: argparse.Namespace) -> int:
    """Print a resolved configuration, or its plan."""
    from neurosearch.cli.reference import resolve
    from neurosearch.cli.summary import of_configuration, of_plan

    resolved = resolve(arguments.subject, arguments.storage)
    print((of_plan if arguments.plan else of_configuration)(resolved, as_json=arguments.json))
    return 0


def list_components(arguments: argparse.Namespace) -> int:
    """Print the names of a kind, or the kinds."""
    from neurosearch import catalogue

    kind = arguments.subject
    rows = dict.fromkeys([*catalogue.kinds(), "metrics"], "")
    if kind in ("metrics", "scores"):  # the second is its former name
        from neurosearch.evaluate.metrics import metrics

        rows = {name: f"{metric.direction}  {metric.about}" for name, metric in metrics().items()}
    elif kind:
        rows = {name: catalogue.about(kind, name) for name in catalogue.names(kind)}
    if arguments.json:
        import json

        print(json.dumps(rows, indent=2, ensure_ascii=False))
        return 0
    width = max(map(len, rows), default=0)
    print("\n".join(f"{name:{width}}  {about}".rstrip() for name, about in rows.items()))
    return 0


def check(arguments: argparse.Namespace) -> int:
    """Check this machine, or validate a study."""
    from neurosearch.study import study as studies
    from neurosearch.study.schema import schema

    if arguments.schema:
        import json

        print(json.dumps(schema(), indent=2))
        return 0
    if arguments.subject:
        from neurosearch.cli.summary import sound

        print(sound(studies.load(arguments.subject)))
        return 0
    from neurosearch.cli.machine import findings

    found = findings()
    for finding in found:
        state = "ok     " if finding.found else "MISSING" if finding.needed else "absent "
        print(f"{state} {finding.name:14} {finding.detail}")
    return 2 if any(finding.needed and not finding.found for finding in found) else 0


def derive(arguments: argparse.Namespace) -> int:
    """Print the recall dynamics of a storage rule."""
    from neurosearch.cli.derivation import derivation

    rule, prior, noise = arguments.subject, arguments.prior, arguments.noise
    print(derivation(rule, prior, noise, arguments.units, arguments.load, as_json=arguments.json))
    return 0


def replay(arguments: argparse.Namespace) -> int:
    """Run a stored trial again and compare every bit."""
    from neurosearch.cli.reference import resolve
    from neurosearch.search.replay import replay

    resolved = resolve(arguments.subject, arguments.storage)
    if resolved.trial is None:
        raise UserError(f"{arguments.subject} is not a stored trial; give STUDY@17 or STUDY@best")
    _, different = replay(resolved.trial, _evaluate(resolved.study))
    if not different:
        print(f"trial {resolved.trial.number} of {arguments.subject.rpartition('@')[0]}: identical")
        return 0
    print("\n".join(different))
    return 1


def _evaluate(study: "Study | None") -> "Evaluate":
    """``run_trial`` with the limits of the study."""
    from neurosearch.rerun import limits_of
    from neurosearch.trial import Evaluation

    return Evaluation(limits_of(study))

"""The command line: each verb parses, calls one function and prints; results to stdout, progress to stderr.

Exit code 0: done; 2: a mistake of the user's, one sentence; 1: a bug of ours; 130: stopped by Ctrl-C.
Argparse, because a framework's import alone costs what ``--help`` may take.
"""

import argparse
import os
import sys
from typing import TYPE_CHECKING, Any, NoReturn

from neurosearch.errors import UserError

if TYPE_CHECKING:
    from neurosearch.cli.reference import Resolved
    from neurosearch.export.found import Found
    from neurosearch.search.evaluation import Evaluate
    from neurosearch.study.study import Study

REF = "STUDY, STUDY@best, STUDY@17, found.json, or an architecture (name or ./file.py:Class)"


def main(argv: list[str] | None = None) -> int:
    """Run one command; returns its exit code."""
    try:
        arguments = _parser().parse_args(argv)
        code: int = arguments.run(arguments)
        sys.stdout.flush()
        return code
    except UserError as error:
        print(f"neurosearch: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # the reader of our output, such as `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        import traceback

        traceback.print_exc()
        print(f"neurosearch: a bug: {type(error).__name__}: {error}; please report it", file=sys.stderr)
        return 1


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """One sentence, as for every mistake."""
        print(f"{self.prog}: {message}; see {self.prog} --help", file=sys.stderr)
        sys.exit(2)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="neurosearch", description="Search for spiking networks and plasticity rules that learn.")
    parser.set_defaults(run=lambda arguments: _help(parser))
    verbs = parser.add_subparsers(title="verbs", metavar="VERB")

    def verb(name: str, run: Any, about: str, subject: str = "", subject_help: str = "", optional: bool = False) -> Any:
        made = verbs.add_parser(name, help=about, description=about)
        made.set_defaults(run=run)
        if subject:
            made.add_argument("subject", metavar=subject, help=subject_help, nargs="?" if optional else None)
        return made

    study = "a study file, or the name of one that ships"
    launch = verb("launch", _launch, "start a study, or go on with it", "STUDY", study)
    launch.add_argument("--workers", type=_positive, default=len(os.sched_getaffinity(0)), help="simulations at a time")
    launch.add_argument("--trials", type=_positive, help="trials in all, the stored ones included")
    launch.add_argument("--timeout", type=_seconds, metavar="SECONDS", help="ask for no more after this time")
    launch.add_argument("--no-rescore", action="store_true", help="do not run the best again on fresh seeds")

    inspect = verb("inspect", _inspect, "best, front, importance, failures and where time went", "STUDY", study)
    inspect.add_argument("--json", action="store_true", help="everything as one JSON object")
    inspect.add_argument("--csv", action="store_true", help="one line a trial")
    inspect.add_argument("--out", metavar="FOLDER", help="folder for the pictures")
    inspect.add_argument("--baselines", choices=("some", "all"), default="some",
                         help="all: also Hoeffding tree, adaptive random forest and kNN, on 5,000 samples")  # fmt: skip

    export = verb("export", _export, "write a configuration with its final weights", "REF", REF)
    export.add_argument("--to", default="json", metavar="FORMAT", help="json or nir")
    export.add_argument("--out", metavar="PATH", help="file to write")
    export.add_argument("--seed", type=int, help="seed of the network; the first of the study's otherwise")

    run = verb("run", _run, "evaluate once, and store nothing", "REF", REF)
    run.add_argument("--seed", type=int, help="seed of the network; those of the study otherwise")
    run.add_argument("--learned", action="store_true", help="of found.json: start with its weights, learning off")
    run.add_argument("--json", action="store_true", help="the score as JSON")

    show = verb("show", _show, "the resolved configuration, its units, the space, the number of builds", "REF", REF)
    show.add_argument("--json", action="store_true", help="the configuration as JSON")

    listed = verb("list", _list, "what there is of a kind", "KIND", "architectures, rules, tasks, ...", optional=True)
    listed.add_argument("--json", action="store_true", help="names and descriptions as JSON")

    check = verb("check", _check, "what this machine has, or whether a study is sound", "STUDY", study, optional=True)
    check.add_argument("--schema", action="store_true", help="JSON Schema of a study file, for editors")

    rule = "a storage rule's name, or its text over x_i (presynaptic) and x_j: '(x_i - 0.2)*(x_j - 0.2)'"
    derive = verb("derive", _derive, "the recall that a memory's storage rule asks for", "STORAGE", rule)
    derive.add_argument("--prior", default="gaussian", help="distribution of the patterns: a name or {name: {...}}")
    derive.add_argument("--noise", default="normal", help="noise of the cues: a name or {name: {...}}")
    derive.add_argument("--units", type=_positive, default=200, metavar="N", help="neurons of the memory")
    derive.add_argument("--load", type=int, default=20, metavar="M", help="patterns that it holds")
    derive.add_argument("--json", action="store_true", help="texts and numbers as JSON")

    verb("replay", _replay, "run a stored trial again and compare every bit", "STUDY@NUMBER", "a stored trial")
    for name in ("launch", "inspect", "export", "run", "show", "replay"):
        storage = "a journal file or a database URL; ./neurosearch-runs/NAME.journal otherwise"
        verbs.choices[name].add_argument("--storage", metavar="URL", help=storage)
    return parser


def _launch(arguments: argparse.Namespace) -> int:
    from neurosearch.cli.summary import after
    from neurosearch.search import driver, goals, rescore
    from neurosearch.search.interrupt import Interrupt
    from neurosearch.search.progress import Progress
    from neurosearch.store.store import open_store
    from neurosearch.study import study as studies

    study = goals.checked(studies.load(arguments.subject))
    store = open_store(study, arguments.storage)
    evaluate = _evaluate(study)
    with store.driving(), Interrupt() as interrupt:
        outcome = driver.run(
            study, store, evaluate, workers=arguments.workers, trials=arguments.trials, timeout=arguments.timeout,
            interrupt=interrupt, progress=Progress(),
        )  # fmt: skip
        if not (interrupt.asked or arguments.no_rescore):
            rescore.rescore(study, store, evaluate, workers=arguments.workers, interrupt=interrupt, progress=Progress())
    print(after(study, store, outcome, arguments.subject, interrupt.asked))
    return 130 if interrupt.asked else 0


def _inspect(arguments: argparse.Namespace) -> int:
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


def _export(arguments: argparse.Namespace) -> int:
    from pathlib import Path

    from neurosearch.cli.export import export
    from neurosearch.cli.reference import resolve

    it = resolve(arguments.subject, arguments.storage)
    seed = it.seeds[0] if arguments.seed is None else arguments.seed
    out, recorded = Path(arguments.out) if arguments.out else None, _found_file(it, arguments) if it.found else None
    print(export(it.configuration, arguments.to, out, seed, study=it.study, trial=it.trial, recorded=recorded))
    return 0


def _run(arguments: argparse.Namespace) -> int:
    import threading

    from neurosearch.cli.reference import resolve
    from neurosearch.cli.summary import of_score

    it = resolve(arguments.subject, arguments.storage)
    seeds = it.seeds if arguments.seed is None else (arguments.seed,)
    compared = it.found is not None and arguments.seed is None and not arguments.learned
    recorded = _found_file(it, arguments) if compared or arguments.learned else None  # a damaged file is said first
    if arguments.learned:
        from neurosearch.rerun import with_weights

        assert recorded is not None
        score = with_weights(recorded)
    else:
        score = _evaluate(it.study)(it.configuration, seeds, threading.Event())
    print(of_score(score, it, seeds, as_json=arguments.json))
    if compared and recorded is not None:
        from neurosearch.export.found import differences

        different = differences(recorded, score, score.detail.get("program", ""))
        said = "\n".join(different) if different else f"the same as {arguments.subject} recorded, bit for bit"
        print(said, file=sys.stderr)
        return 1 if different else 0
    return 0


def _found_file(it: "Resolved", arguments: argparse.Namespace) -> "Found":
    from neurosearch.export.found import load

    if it.found is None or it.file is None:
        raise UserError(f"{arguments.subject} has no final weights; give a JSON file that `neurosearch export` wrote")
    return load(it.file)


def _show(arguments: argparse.Namespace) -> int:
    from neurosearch.cli.reference import resolve
    from neurosearch.cli.summary import of_configuration

    print(of_configuration(resolve(arguments.subject, arguments.storage), as_json=arguments.json))
    return 0


def _list(arguments: argparse.Namespace) -> int:
    from neurosearch import catalogue

    kind = arguments.subject
    rows = dict.fromkeys([*catalogue.kinds(), "scores"], "")
    if kind == "scores":
        from neurosearch.record.score import DIRECTIONS

        rows = dict(DIRECTIONS)
    elif kind:
        rows = {name: catalogue.about(kind, name) for name in catalogue.names(kind)}
    if arguments.json:
        import json

        print(json.dumps(rows, indent=2, ensure_ascii=False))
        return 0
    width = max(map(len, rows), default=0)
    print("\n".join(f"{name:{width}}  {about}".rstrip() for name, about in rows.items()))
    return 0


def _check(arguments: argparse.Namespace) -> int:
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


def _derive(arguments: argparse.Namespace) -> int:
    from neurosearch.cli.derivation import derivation

    rule, prior, noise = arguments.subject, arguments.prior, arguments.noise
    print(derivation(rule, prior, noise, arguments.units, arguments.load, as_json=arguments.json))
    return 0


def _replay(arguments: argparse.Namespace) -> int:
    from neurosearch.cli.reference import resolve
    from neurosearch.search.replay import replay

    resolved = resolve(arguments.subject, arguments.storage)
    if resolved.trial is None:
        raise UserError(f"{arguments.subject} is no stored trial; write STUDY@17, or STUDY@best")
    _, different = replay(resolved.trial, _evaluate(resolved.study))
    if not different:
        print(f"trial {resolved.trial.number} of {arguments.subject.rpartition('@')[0]}: identical")
        return 0
    print("\n".join(different))
    return 1


def _evaluate(study: "Study | None") -> "Evaluate":
    """The corridor, with the limits of the study."""
    from neurosearch.trial import Limits, limited, run_trial

    limits = limited(study.limits.seconds, study.limits.memory_gb) if study else Limits()
    return lambda configuration, seeds, cancel: run_trial(configuration, seeds, cancel, limits)


def _help(parser: argparse.ArgumentParser) -> int:
    parser.print_help()
    return 0


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text} must be a whole number of at least 1")
    return int(text)


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not value > 0:
        raise argparse.ArgumentTypeError(f"{text} must be a number of seconds above 0")
    return value

"""The command line: each command parses, calls one function and prints; results to stdout, progress to stderr.

Exit codes: 0 success; 2 a user error, reported in one sentence; 1 a bug; 130 stopped by Ctrl-C.
It uses argparse, because importing a framework alone takes as long as ``--help`` may take.
"""

import argparse
import io
import os
import sys
from typing import Any, NoReturn

from neurosearch.catalogue import only_named
from neurosearch.cli import verbs
from neurosearch.cli.arguments import positive, seconds, seed
from neurosearch.errors import UserError
from neurosearch.spelling import shortened

REF = "STUDY, STUDY@best, STUDY@17, found.json, or an architecture (name or ./file.py:Class)"

_LONGEST = 1500
"""Characters of a sentence on the terminal; only long paths could make one longer."""


@only_named()
def main(argv: list[str] | None = None) -> int:
    """Run one command; returns its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a character that the terminal lacks must not be an error
            stream.reconfigure(errors="backslashreplace")
    try:
        arguments = _parser().parse_args(argv)
        code: int = arguments.run(arguments)
        sys.stdout.flush()
        return code
    except UserError as error:
        print(f"neurosearch: {shortened(str(error), _LONGEST)}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # the reader of our output, such as `head`, closed the pipe
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        import traceback

        traceback.print_exc()
        print(f"neurosearch: a bug: {type(error).__name__}: {error}; please report it", file=sys.stderr)
        return 1


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """Print one sentence, as for every user error."""
        print(f"{self.prog}: {shortened(message, 400)}; see {self.prog} --help", file=sys.stderr)
        sys.exit(2)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="neurosearch", description="Search for spiking networks and plasticity rules that learn.")
    parser.set_defaults(run=lambda arguments: _help(parser))
    commands = parser.add_subparsers(title="verbs", metavar="VERB")

    def verb(name: str, run: Any, about: str, subject: str = "", subject_help: str = "", optional: bool = False) -> Any:
        made = commands.add_parser(name, help=about, description=about)
        made.set_defaults(run=run)
        if subject:
            made.add_argument("subject", metavar=subject, help=subject_help, nargs="?" if optional else None)
        return made

    study = "a study file, or the name of a built-in study"
    launch = verb("launch", verbs.launch, "start or resume a study", "STUDY", study)
    launch.add_argument("--workers", type=positive, default=len(os.sched_getaffinity(0)), help="simulations at a time")
    launch.add_argument("--trials", type=positive, help="total number of trials, including stored ones")
    executor = "what supervises trials: threads of one Python process, or several Python processes"
    launch.add_argument("--executor", choices=("threads", "processes"), default="threads", help=executor)
    launch.add_argument("--timeout", type=seconds, metavar="SECONDS", help="stop starting new trials after SECONDS")
    launch.add_argument("--no-rescore", action="store_true", help="do not re-run the best trials on fresh seeds")

    inspect = verb(
        "inspect", verbs.inspect, "report best trials, Pareto front, importance, failures and timing", "STUDY", study
    )
    inspect.add_argument("--json", action="store_true", help="print everything as one JSON object")
    inspect.add_argument("--csv", action="store_true", help="one line a trial")
    inspect.add_argument("--out", metavar="FOLDER", help="folder for the pictures")
    inspect.add_argument("--baselines", choices=("some", "all"), default="some",
                         help="all: also Hoeffding tree, adaptive random forest and kNN, on 5,000 samples")  # fmt: skip

    export = verb("export", verbs.export_reference, "export a network with its final weights", "REF", REF)
    export.add_argument("--to", default="json", metavar="FORMAT", help="json or nir")
    export.add_argument("--out", metavar="PATH", help="file to write")
    export.add_argument("--seed", type=seed, help="seed of the network (default: the first of the study)")

    run = verb("run", verbs.run, "evaluate once, and store nothing", "REF", REF)
    run.add_argument("--seed", type=seed, help="seed of the network (default: those of the study)")
    run.add_argument("--learned", action="store_true", help="start with the weights of found.json, learning off")
    run.add_argument("--json", action="store_true", help="the score as JSON")

    show = verb(
        "show", verbs.show, "print the resolved configuration, its units, the space, the number of builds", "REF", REF
    )
    show.add_argument(
        "--plan", action="store_true", help="print what is simulated: equations, numbers, the order of a step"
    )
    show.add_argument("--json", action="store_true", help="print the configuration, or the plan, as JSON")

    listed = verb(
        "list",
        verbs.list_components,
        "list the components of a kind",
        "KIND",
        "architectures, rules, tasks, ...",
        optional=True,
    )
    listed.add_argument("--json", action="store_true", help="print names and descriptions as JSON")

    check = verb("check", verbs.check, "check this machine, or validate a study", "STUDY", study, optional=True)
    check.add_argument("--schema", action="store_true", help="print the JSON Schema of a study file, for editors")

    rule = "a storage rule's name, or its text over x_i (presynaptic) and x_j: '(x_i - 0.2)*(x_j - 0.2)'"
    derive = verb("derive", verbs.derive, "derive the recall dynamics that match a storage rule", "STORAGE", rule)
    derive.add_argument("--prior", default="gaussian", help="distribution of the patterns: a name or {name: {...}}")
    derive.add_argument("--noise", default="normal", help="noise of the cues: a name or {name: {...}}")
    derive.add_argument("--units", type=positive, default=200, metavar="N", help="neurons of the memory")
    derive.add_argument("--load", type=int, default=20, metavar="M", help="patterns that it holds")
    derive.add_argument("--json", action="store_true", help="print texts and numbers as JSON")

    verb("replay", verbs.replay, "run a stored trial again and compare every bit", "STUDY@NUMBER", "a stored trial")
    for name in ("launch", "inspect", "export", "run", "show", "replay"):
        storage = "a journal file or a database URL (default: ./neurosearch-runs/NAME.journal)"
        commands.choices[name].add_argument("--storage", metavar="URL", help=storage)
    return parser


def _help(parser: argparse.ArgumentParser) -> int:
    parser.print_help()
    return 0

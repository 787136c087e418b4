"""Study files: what they resolve to, and that every mistake is named with file, path and value."""

import json
import random

import pytest
from small_arch import SPACE, settings, study, write

from neurosearch import catalogue
from neurosearch.cli.reference import resolve
from neurosearch.cli.what_ran import what_ran
from neurosearch.errors import UserError
from neurosearch.study import document, space
from neurosearch.study import study as studies
from neurosearch.study.schema import schema
from neurosearch.study.space import Choice


class Chance:
    def __init__(self, seed):
        self.random = random.Random(seed)

    def suggest(self, under, group):
        return {p: self.random.choice(d.options) if isinstance(d, Choice) else d.snap(d.low) for p, d in group.items()}


def test_a_study_resolves_every_sample(tmp_path):
    loaded = study(tmp_path)
    for seed in range(50):
        params = loaded.sample(Chance(seed))
        configuration = loaded.configuration(params)
        assert list(configuration) == ["architecture", "task", "memory"]
        fields = settings(configuration)
        ((rule, values),) = fields["rule"].items()
        assert rule == params["rule"]
        assert ("rule.amplitude" in params) == (rule == "delta")
        assert ("stp.U" in params) == (params["stp"] != "off")
        assert values["eta"] == params["rule.eta"]
        assert fields["cells"] == {"size": params["cells.size"], "tau": 0.03}
        json.dumps(configuration)


def test_combinations_are_those_of_named_choices(tmp_path):
    found = list(studies.combinations(study(tmp_path)))
    assert len(found) == 3 * 2 * 2 * 2
    assert len({str(one) for one in found}) == len(found)
    nested = """
      encoder: {choice: [poisson, current]}
      encoder.normalisation: {choice: [raw, on_off]}
      rule: {choice: [stdp, delta]}
      rule.soft: {choice: [0.0, 1.0]}
      gain: {choice: [off, on]}
    """
    assert len(list(studies.combinations(study(tmp_path, nested)))) == 16
    assert list(studies.combinations(study(tmp_path, "\n  cells.size: {int: [1, 2]}\n"))) == [{}]


def test_memory_task_and_architecture_are_searched_by_the_same_paths(tmp_path):
    space = """
      memory.range: {float: [0.02, 1.0], log: true}
      task.steps: {int: [10, 60]}
      architecture.cells.size: {int: [50, 60]}
      gain: {choice: [off, on]}
      gain.rate: {float: [0.1, 0.2]}
      open: {choice: [true, false]}
    """
    loaded = study(tmp_path, space, memory="{bits: 4, rounding: stochastic}")
    configuration = loaded.configuration({"memory.range": 0.5, "task.steps": 12, "gain": "on", "gain.rate": 0.15})
    assert configuration["memory"] == {"bits": 4, "range": 0.5, "rounding": "stochastic"}
    assert configuration["task"]["digits"]["steps"] == 12
    assert settings(configuration)["gain"] == {"rate": 0.15}
    assert {"gain.rate" in loaded.sample(Chance(seed)) for seed in range(20)} == {True, False}
    with pytest.raises(UserError, match=r"space\.memory\.range: 'range' does not exist in memory, which is off"):
        study(tmp_path, "\n  memory.range: {float: [0.02, 1.0]}\n")


def test_the_architecture_itself_can_be_a_choice(tmp_path):
    space = "\n  architecture: {choice: [./arch.py:Small, mushroom_body]}\n  kenyon.size: {int: [10, 20]}\n"
    loaded = study(tmp_path, space)
    drawn = [loaded.sample(Chance(seed)) for seed in range(20)]
    assert {"architecture.kenyon.size" in params for params in drawn} == {True, False}


def test_a_fixed_value_under_a_choice_applies_where_it_exists(tmp_path):
    space = "\n  rule: {choice: [stdp, delta]}\n  rule.amplitude: 0.25\n"
    loaded = study(tmp_path, space)
    assert settings(loaded.configuration({"rule": "delta"}))["rule"]["delta"]["amplitude"] == 0.25
    assert "amplitude" not in settings(loaded.configuration({"rule": "stdp"}))["rule"]["stdp"]


def test_a_found_architecture_stands_wherever_an_architecture_does(tmp_path):
    first = study(tmp_path)
    configuration = first.configuration({"rule": "stdp", "cells.size": 77})
    (tmp_path / "found.json").write_text(json.dumps({"format": 1, "configuration": configuration}))
    second = study(tmp_path, "\n  rule.eta: {float: [0.1, 0.2]}\n", name="second", architecture="found.json")
    assert settings(second.configuration({}))["cells"]["size"] == 77
    (tmp_path / "found.json").write_text("{}")
    with pytest.raises(UserError, match=r"found\.json holds no architecture"):
        studies.load(tmp_path / "second.yaml")


SP = "\n  rule.eta: {float: [0.001, 0.1]}\n"


@pytest.mark.parametrize(
    ("space", "more", "said"),
    [
        ("\n  rule.etta: {float: [0, 1]}\n", {}, r"st\.yaml: space\.rule\.etta: 'etta' does not exist in Delta; "),
        ("\n  kenyon.size: {int: [1, 2]}\n", {}, r"space\.kenyon\.size: 'kenyon' does not exist in Small"),
        ("\n  rule: {choice: [stdp, delt]}\n", {}, r"space\.rule = delt: there is no 'delt' in rules; .* 'delta'"),
        ("\n  rule: {choice: [stdp, off]}\n", {}, r"space\.rule = off, but it cannot be empty|space\.rule = off"),
        ("\n  rule: {float: [0, 1]}\n", {}, r"space\.rule is a range, but rule is one of the rules: .*\{choice"),
        ("\n  rule.eta: {float: [1, 0]}\n", {}, r"is upside down"),
        ("\n  rule.eta: {float: [0, 1e9]}\n", {}, r"space\.rule\.eta = 1000000000\.0 must be a number in \[0, "),
        ("\n  cells.size: {float: [1, 10]}\n", {}, r"space\.cells\.size: size is an integer .*; write int instead"),
        ("\n  cells.size: {int: [0, 10]}\n", {}, r"space\.cells\.size = 0 must be an integer in \[1, 100000\]"),
        ("\n  cells: {choice: [big, on]}\n", {}, r"space\.cells = 'big': cells is a group of fields; choose on or off"),
        ("\n  sign: {choice: [positive, negative]}\n", {}, r"space\.sign = 'negative' does not exist; .*: positive, "),
        ("\n  open: {choice: [yes, no]}\n", {}, r"space\.open = 'yes' must be true or false"),
        ("\n  rule.eta.x: {float: [0, 1]}\n", {}, r"'x' does not exist in eta, which is off|'x' does not exist"),
        ("\n  cells.size: 0\n", {}, r"space\.cells\.size = 0 must be"),
        (SP, {"task": "digit"}, r"st\.yaml: task = digit: there is no 'digit' in tasks; did you mean 'digits'"),
        (SP, {"task": "{digits: {stepps: 3}}"}, r"task\.stepps does not exist in Digits; did you mean 'steps'"),
        (SP, {"task": None}, r"st\.yaml: task must be given"),
        (SP, {"task": "off"}, r"task must be given, not off"),
        (SP, {"architecture": "mushroom_bdy"}, r"architecture = mushroom_bdy: .*did you mean 'mushroom_body'"),
        (SP, {"architecture": "./none.py:Small"}, r"architecture = .*none\.py:Small: .*No such file"),
        (SP, {"memory": "{bits: 0}"}, r"memory\.bits = 0 must be an integer in \[1, 16\]"),
        (SP, {"format": 2}, r"format = 2, but this version reads format 1"),
        (SP, {"format": None}, r"format must be given: give 1$"),
        (SP, {"about": None}, r"about must be given: give a text with"),
        (SP, {"format": None, "task": None}, r"format must be given: give 1; task must be given: give a name"),
        (SP, {"trails": 3}, r"st\.yaml: trails does not exist; did you mean 'trials'"),
        (SP, {"trials": 0}, r"trials = 0: "),
        (SP, {"trials": "many"}, r"trials = 'many': "),
        (SP, {"seed": -1}, r"seed = -1: "),
        (SP, {"seeds": "[]"}, r"seeds = \[\]: "),
        (SP, {"seeds": "[0, 0]"}, r"seeds holds 0 twice"),
        (SP, {"sampler": "tpee"}, r"sampler = 'tpee': "),
        (SP, {"sampler": "cmaes", "objectives": "[accuracy, spikes]"}, r"the sampler cmaes serves one objective"),
        (SP, {"objectives": "[acuracy]"}, r"'acuracy' is not a metric; did you mean 'accuracy'"),
        (SP, {"objectives": "[accuracy, accuracy]"}, r"objectives holds 'accuracy' twice"),
        (SP, {"objectives": "[held_out_accuracy]"}, r"a search never touches held-out data"),
        (SP, {"constraints": "{held_out_accuracy: {min: 0.5}}"}, r"a search never touches held-out data"),
        (SP, {"constraints": "{writes: {maximum: 3}}"}, r"constraints\.writes\.maximum does not exist; .* 'max'"),
        (SP, {"constraints": "{writes: {}}"}, r"constraints\.writes needs min or max"),
        (SP, {"constraints": "{writes: 3}"}, r"constraints\.writes = 3: give \{min: \.\.\.\} or \{max: \.\.\.\}$"),
        (SP, {"constraints": "{writes: }"}, r"constraints\.writes = None: give \{min: \.\.\.\} or \{max: \.\.\.\}$"),
        (SP, {"constraints": "{writes: {max: .nan}}"}, r"constraints\.writes\.max = nan: give a finite number, "),
        (SP, {"constraints": "{writes: {min: -.inf}}"}, r"constraints\.writes\.min = -inf: give a finite number, or "),
        (SP, {"constraints": "{accuracy: {min: 0.9, max: 0.5}}"},
         r"constraints\.accuracy: min = 0\.9 is above max = 0\.5, which no trial can satisfy; exchange them"),
        (SP, {"objectives": "[held_out_nrmse]"}, r"held_out_nrmse can be no goal; use nrmse"),
        (SP, {"limits": "{memory_gb: .inf}"}, r"limits\.memory_gb = inf: give a finite number, or leave memory_gb out"),
        (SP, {"limits": "{seconds: 0}"}, r"limits\.seconds = 0"),
        (SP, {"rescore": "{seeds: [0]}"}, r"rescore\.seeds holds 0, which the search itself uses"),
    ],
)  # fmt: skip
def test_every_mistake_is_named(tmp_path, space, more, said):
    with pytest.raises(UserError, match=said) as error:
        study(tmp_path, space, **more)
    assert "\n" not in str(error.value)


def test_files_and_names():
    with pytest.raises(UserError, match=r"there is no study file \./none\.yaml"):
        studies.load("./none.yaml")
    with pytest.raises(UserError, match=r"there is no 'nonsense' in studies"):
        studies.load("nonsense")


@pytest.mark.parametrize("name", catalogue.names("studies"))
def test_studies_that_ship_load_and_every_sample_is_valid(name):
    loaded = studies.load(name)
    assert f"neurosearch launch {name}" in loaded.about
    for seed in range(30):
        loaded.configuration(loaded.sample(Chance(seed)))


def test_identity_sees_what_matters_and_nothing_else(tmp_path):
    def identity(space=SPACE, **more):
        return studies.identity(study(tmp_path, space, **more))

    base = identity()
    assert base == json.loads(json.dumps(base))
    assert identity(about="Something else", trials=7, sampler="random", rescore="{top: 1}") == base
    changed = studies.changes(base, identity(SPACE.replace("1e-1", "2e-1")))
    assert changed == ["space.rule.eta: {'float': [0.0001, 0.1], 'log': True} → {'float': [0.0001, 0.2], 'log': True}"]
    for more in (
        {"seed": 2},
        {"seeds": "[1]"},
        {"task": "{digits: {steps: 9}}"},
        {"objectives": "[spikes]"},
        {"memory": "{}"},
    ):
        assert identity(**more) != base


def test_identity_holds_the_text_of_the_users_own_file_and_not_its_path(tmp_path):
    here, there = tmp_path / "a", tmp_path / "b"
    here.mkdir()
    there.mkdir()
    one, two = study(here), study(there)
    assert studies.identity(one) == studies.identity(two)
    (there / "arch.py").write_text((there / "arch.py").read_text() + "# changed\n")
    assert (
        "architecture: arch.py:Small (text"
        in studies.changes(studies.identity(one), studies.identity(studies.load(there / "st.yaml")))[0]
    )


def test_the_schema_accepts_what_load_accepts(tmp_path):
    made = schema()
    data = document.load(write(tmp_path))
    assert set(made["required"]) <= set(data)
    assert set(data) <= set(made["properties"])
    assert made["additionalProperties"] is False


def test_what_stands_under_a_fixed_part_of_a_chosen_one_is_sampled(tmp_path):
    space = """
      encoder: {choice: [poisson, current]}
      encoder.stp: tsodyks_markram
      encoder.stp.U: {float: [0.1, 0.9]}
    """
    loaded = study(tmp_path, space)
    sampled = [loaded.sample(Chance(seed)) for seed in range(30)]
    assert {p["encoder"] for p in sampled} == {"poisson", "current"}
    assert all(("encoder.stp.U" in p) == (p["encoder"] == "poisson") for p in sampled)
    fields = [settings(loaded.configuration(p))["encoder"] for p in sampled if p["encoder"] == "poisson"]
    assert all(f["poisson"]["stp"]["tsodyks_markram"]["U"] == 0.1 for f in fields)


OWN_RULE = """
from dataclasses import dataclass
from neurosearch import Rule, quantity

@dataclass(frozen=True)
class Mine(Rule):
    eta: float = quantity(0.1, low=0)
    on_sample = "w = w + eta*target_post"
"""

SINGLE = """
  rule: {choice: [./mine.py:Mine]}
  rule.eta: {float: [0.3, 0.3]}
  stp: {choice: [tsodyks_markram]}
  stp.U: {choice: [0.25]}
  cells.size: {int: [70, 70]}
  cells.tau: {float: [0.01, 0.02]}
  sign: {choice: [positive, signed]}
"""


def test_a_dimension_of_one_value_is_applied_where_nothing_is_sampled(tmp_path):
    (tmp_path / "mine.py").write_text(OWN_RULE)
    loaded = study(tmp_path, SINGLE)
    fields = settings(loaded.configuration({}))
    assert fields["rule"] == {f"{tmp_path}/mine.py:Mine": {"eta": 0.3}}
    assert fields["stp"]["tsodyks_markram"]["U"] == 0.25
    assert fields["cells"] == {"size": 70, "tau": 0.02}  # of more than one value the default stays
    assert settings(loaded.configuration({"cells.size": 71}))["cells"]["size"] == 71
    drawn = {path: space.single(d) for path, d in loaded.space.items() if space.single(d) is not None}
    assert loaded.configuration({}) == loaded.configuration(drawn)


def test_what_run_says_it_ran_names_what_differs_from_the_defaults(tmp_path):
    (tmp_path / "mine.py").write_text(OWN_RULE)
    file = write(tmp_path, SINGLE)
    lines = what_ran(resolve(str(file)), (0, 1)).splitlines()
    assert lines[0].endswith(": arch.py:Small on digits, seeds 0, 1")
    assert lines[1] == ("  set: rule mine.py:Mine, rule.eta 0.3, stp tsodyks_markram, stp.U 0.25, cells.size 70")
    assert lines[2] == "  searched, here at the default: cells.tau, sign"

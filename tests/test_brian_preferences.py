"""Brian2's preference files, which it would read at its import, change nothing: no program, no result, no process."""

import os
import subprocess
import sys
from pathlib import Path

import networks
import pytest

from neurosearch.lower.integrate import step_text
from neurosearch.parts.rules.delta_potential import DeltaPotential
from neurosearch.simulate.builder import Builder

HOSTILE = """\
core.default_float_dtype = float32
core.network.default_schedule = ['start', 'resets', 'synapses', 'thresholds', 'groups', 'end']
legacy.refractory_timing = True
codegen.target = 'cython'
codegen.loop_invariant_optimisations = False
codegen.cpp.headers = ['<nowhere.h>']
codegen.string_expression_target = 'cython'
devices.cpp_standalone.openmp_threads = 4
logging.file_log = open('ran', 'w') is None
"""
MALFORMED = "core.default_float_dtype = = float32\nno such line\n"


@pytest.fixture
def preferences(tmp_path, monkeypatch):
    """A home whose preferences change results, and a working directory whose preferences cannot be read."""
    home, work = tmp_path / "home", tmp_path / "work"
    (home / ".brian").mkdir(parents=True)
    work.mkdir()
    (home / ".brian" / "user_preferences").write_text(HOSTILE)
    (work / "brian_preferences").write_text(MALFORMED)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(os.path.abspath(p) for p in sys.path if p))
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.chdir(work)
    return work


def graph():
    neuron = networks.make("neurons", "lif_refractory", tau_mem=0.0173, v_threshold=0.913)
    return networks.layered(DeltaPotential(eta=0.317), neuron)


@pytest.mark.parametrize("folder", ["home", "work"])
def test_brian2_would_read_them(folder, preferences):
    """Without us Brian2 obeys one of these files and fails at the other, else the tests below would show nothing."""
    asked = "import brian2; print(brian2.prefs.core.default_float_dtype.__name__)"
    command = [sys.executable, "-c", asked]
    ran = subprocess.run(command, cwd=preferences.parent / folder, capture_output=True, text=True, timeout=120)
    assert "float32" in ran.stdout if folder == "home" else ran.returncode != 0


def test_the_text_of_a_program_is_the_same(preferences, tmp_path, monkeypatch):
    plan = networks.to_plain(networks.case(graph()).plan.shape)
    with Builder() as hostile:
        found = hostile.text(plan)
    (empty := tmp_path / "empty").mkdir()
    monkeypatch.setenv("HOME", str(empty))
    monkeypatch.chdir(empty)
    with Builder() as clean:
        assert sorted(clean.text(plan).splitlines()) == sorted(found.splitlines())  # clocks are set up in any order
    assert "float " not in found.split("// ---- code objects")[1]
    assert not (preferences / "ran").exists()


def test_brian2s_own_device_computes_the_same(preferences):
    c = networks.case(graph(), networks.stream(samples=3))
    record, reference = c.brian(), c.reference()
    assert len(reference.raster["hidden"]) > 20
    networks.same(record, reference, c.line, tolerance=1e-12)
    assert not (preferences / "ran").exists()


def test_the_statements_of_a_step_are_the_same(preferences):
    code = """
import networks, test_brian_preferences
from neurosearch.lower.integrate import step_text
print([step_text(g) for g in networks.case(test_brian_preferences.graph()).plan.shape.groups])
"""
    environment = {**os.environ, "PYTHONPATH": f"{Path(__file__).parent}{os.pathsep}{os.environ['PYTHONPATH']}"}
    ran = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=120)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.strip() == str([step_text(g) for g in networks.case(graph()).plan.shape.groups])
    assert not (preferences / "ran").exists()


def test_a_program_that_imported_brian2_keeps_its_own(tmp_path, monkeypatch):
    """The caller's Brian2 is left as the caller set it, and the statements are the same."""
    code = """
import brian2, sys
brian2.prefs.core.default_float_dtype = brian2.float32
from neurosearch.lower.brian_defaults import import_brian2
assert import_brian2() is brian2
print(brian2.prefs.core.default_float_dtype is brian2.float32)
"""
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert (ran.returncode, ran.stdout.strip()) == (0, "True"), ran.stderr

"""Own data that are not between 0 and 1: said before a search, and recovered by normalisations of each channel."""

import numpy as np
import pytest
from small_arch import study

from neurosearch.cli.summary import sound
from neurosearch.parts.encoders.current import Current
from neurosearch.parts.encoders.poisson import Poisson
from neurosearch.parts.normalisations.dog import Dog
from neurosearch.parts.normalisations.minmax import Minmax
from neurosearch.parts.normalisations.on_off import OnOff
from neurosearch.parts.normalisations.standard import Standard
from neurosearch.parts.tasks.arrays import Arrays
from neurosearch.parts.tasks.digits import Digits
from neurosearch.parts.tasks.recall import Recall
from neurosearch.search.cautions import cautions
from neurosearch.simulate.input_range import range_caution
from neurosearch.trial import run_trial


def digits(tmp_path, change, samples=1437):
    """Digits whose pixels [n, 64] were changed, as a file for the task `arrays`."""
    stream = Digits(lead_in=0, held_out=0).stream(0)
    x = np.asarray(stream.values[stream.frame_row])[:samples]
    file = tmp_path / "own.npz"
    np.savez(file, x=change(x), y=stream.labels[:samples], shape=[8, 8])
    return str(file)


def own_scales(x):
    random = np.random.default_rng(0)
    scale = 10 ** random.uniform(-2, 3, 64)
    return scale * x + scale * random.uniform(-5, 5, 64)


@pytest.mark.parametrize(
    ("change", "encoder", "said"),
    [
        (lambda x: x, Current(), ""),
        (
            lambda x: 255 * x,
            Poisson(),
            "values range from 0 to 255, and encoders expect 0 to 1, but the normalisation raw",
        ),
        (lambda x: x - 0.5, Current(), "from -0.5 to 0.5, and encoders expect 0 to 1"),
        (lambda x: 255 * x, Poisson(normalisation=OnOff()), ""),
        (lambda x: 255 * x, Poisson(normalisation=Dog()), ""),
        (
            own_scales,
            Poisson(normalisation=OnOff()),
            "times as much as another, but the normalisation on_off scales all",
        ),
        (own_scales, Poisson(normalisation=Minmax()), ""),
        (own_scales, Current(normalisation=Standard()), ""),
    ],
)
def test_values_that_an_encoder_is_not_made_for_are_said(tmp_path, change, encoder, said):
    found = range_caution(Arrays(file=digits(tmp_path, change)).stream(0), encoder)
    assert said in found
    assert bool(found) == bool(said)
    if said:
        assert found.endswith("set encoder.normalisation to minmax or standard, or scale the data")


def test_a_memory_is_shown_its_patterns_as_they_are():
    stream = Recall().stream(0)
    assert stream.values.min() < 0
    assert range_caution(stream, Current()) == ""


def test_check_and_the_start_of_a_launch_name_the_choices_that_lead_there(tmp_path):
    task = {"arrays": {"file": digits(tmp_path, lambda x: 255 * x, 100), "lead_in": 10}}
    space = "\n  encoder.normalisation: {choice: [raw, minmax, standard]}\n  kenyon.size: {int: [5, 9]}\n"
    more = {"architecture": "mushroom_body", "task": str(task)}
    said = cautions(study(tmp_path, space, **more))
    assert len(said) == 1
    assert said[0].startswith("with encoder.normalisation = raw: the task's values range from 0 to 255, and")
    assert cautions(study(tmp_path, space.replace("raw, ", ""), **more)) == []
    network = "{mushroom_body: {kenyon: {size: 20}}}"
    checked = sound(study(tmp_path, "\n  rule.eta: {float: [0.1, 0.2]}\n", architecture=network, task=str(task)))
    assert checked.splitlines()[1].startswith("but the task's values range from 0 to 255, and encoders expect 0 to 1")


def test_normalising_each_channel_recovers_the_accuracy_of_a_network(tmp_path):
    """A real network on real data; what the raw values cost it is what a user met as 0.40 for 0.80."""

    def accuracy(change, normalisation):
        task = {"arrays": {"file": digits(tmp_path, change, 800)}}
        network = {"mushroom_body": {"encoder": {"current": {"normalisation": normalisation}}}}
        return run_trial({"architecture": network, "task": task}, (0,)).metrics["accuracy"]

    as_they_are = accuracy(lambda x: x, "raw")
    assert accuracy(own_scales, "raw") < as_they_are - 0.3
    assert accuracy(own_scales, "minmax") > as_they_are - 0.05

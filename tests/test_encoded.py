"""The input code of a network as a linear learner sees it: the very spikes that the network receives."""

from pathlib import Path

import numpy as np
import pytest

from neurosearch import trial
from neurosearch.baselines.online_softmax import OnlineSoftmax
from neurosearch.inspect import encoded
from neurosearch.record import STREAM

pytestmark = pytest.mark.slow


def configuration(encoder: str) -> dict[str, object]:
    body = {"encoder": {encoder: {}}, "kenyon": {"size": 20}}
    task = {"digits": {"steps": 12, "samples": 60, "lead_in": 5, "held_out": 10}}
    return {"architecture": {"mushroom_body": body}, "task": task}


@pytest.mark.parametrize("encoder", ["poisson", "latency", "send_on_change"])
def test_the_spikes_are_those_of_the_network(encoder: str) -> None:
    own = configuration(encoder)
    stream = encoded.encoded(own, seed=4)
    prepared = trial.prepare(own, 4)
    record = trial.DEFAULT.run(trial.request(prepared, 4))
    per_sample = stream.values.sum(axis=1) * (record.spikes["input"].max() / stream.values.sum(axis=1).max())
    np.testing.assert_allclose(per_sample, record.spikes["input"], rtol=1e-5)
    assert np.array_equal(stream.labels, prepared.stream.labels)
    assert stream.shape == (1, prepared.plan.sizes["input"]), "as in an image, 0 means nothing"


def test_recordings_are_their_own_code(tmp_path: Path) -> None:
    import h5py

    lists = h5py.vlen_dtype(np.float64), h5py.vlen_dtype(np.int32)
    with h5py.File(tmp_path / "r.h5", "w") as file:
        times, units = (
            file.create_dataset(f"spikes/{n}", (30,), t) for n, t in zip(("times", "units"), lists, strict=True)
        )
        for k in range(30):
            times[k], units[k] = np.arange(1, 4) * 1e-3, [k % 2, 2, 3]
        file["labels"] = np.arange(30) % 2
    body = {"encoder": "recorded", "kenyon": {"size": 20}}
    task = {"recordings": {"file": str(tmp_path / "r.h5"), "channels": 4, "pool": 1, "steps": 1, "lead_in": 0}}
    own = {"architecture": {"mushroom_body": body}, "task": task}
    stream = encoded.encoded(own, 0)
    assert (stream.values.sum(axis=1) > 0).all()
    assert encoded.score(OnlineSoftmax(), own, 0).metrics["last_accuracy"] == 1, "one channel tells the class"


def test_currents_are_the_values_themselves() -> None:
    stream, plain = encoded.encoded(configuration("current"), 0), trial.prepare(configuration("current"), 0).stream
    np.testing.assert_allclose(stream.values, plain.values[plain.frame_row], rtol=1e-6)
    assert (stream.frame_steps == 12).all()


def test_the_code_of_a_signal_is_standardised_like_the_signal() -> None:
    pytest.importorskip("aeon")
    body = {"encoder": {"send_on_change": {}}, "kenyon": {"size": 20}}
    own = {"architecture": {"mushroom_body": body}, "task": {"japanese_vowels": {}}}
    assert encoded.encoded(own, 0).shape == (24,)
    assert encoded.score(OnlineSoftmax(), own, 0).metrics["accuracy"] > 0.6, "0.23 on the bare counts"


def test_only_the_beginning_of_a_long_stream_is_encoded() -> None:
    stream = encoded.encoded(configuration("current"), 0, samples=25)
    assert np.bincount(stream.phase).tolist() == [5, 25]
    score = encoded.score(OnlineSoftmax(), configuration("current"), 0)
    assert 0 < score.metrics["accuracy"] <= 1
    assert (stream.phase == STREAM).sum() == 25


def test_linear_learners_stand_beside_on_the_same_code_and_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    own = configuration("poisson")
    found = encoded.run_baselines(own, 3)
    assert set(found) == {"online_softmax", "passive_aggressive"}
    assert found["online_softmax"].metrics == encoded.score(OnlineSoftmax(), own, 3).metrics
    monkeypatch.setattr(encoded, "encoded", lambda *_: pytest.fail("what is known is not encoded again"))
    assert encoded.run_baselines(own, 3) == found
    other = {**own, "architecture": {"mushroom_body": {"encoder": {"poisson": {"max_rate": 50.0}}}}}
    with pytest.raises(pytest.fail.Exception):
        encoded.run_baselines(other, 3)

"""Streams that change: sessions of classes, drift, missing labels, few examples; and the sentences they refuse with."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from neurosearch import catalogue, config
from neurosearch.baselines.rls import Rls
from neurosearch.errors import UserError
from neurosearch.evaluate.change import memory
from neurosearch.parts.tasks.arrays import Arrays
from neurosearch.parts.tasks.base import Streams
from neurosearch.parts.tasks.class_incremental import ClassIncremental
from neurosearch.parts.tasks.contrast_change import ContrastChange
from neurosearch.parts.tasks.cut_short import CutShort
from neurosearch.parts.tasks.digits import Digits
from neurosearch.parts.tasks.few_examples import FewExamples
from neurosearch.parts.tasks.lorenz import Lorenz
from neurosearch.parts.tasks.missing_labels import MissingLabels
from neurosearch.parts.tasks.permuted_inputs import PermutedInputs
from neurosearch.parts.tasks.recall import Recall
from neurosearch.parts.tasks.rotated_images import RotatedImages, rotated
from neurosearch.parts.tasks.swapped_labels import SwappedLabels
from neurosearch.record import CUT, HELD_OUT, PROBE, STREAM, WARM_UP, Stream
from neurosearch.timeline import timeline

SMALL = Digits(samples=120, lead_in=10, held_out=40)
CHANGES = ["class_incremental", "permuted_inputs", "swapped_labels", "rotated_images", "contrast_change",
           "missing_labels", "few_examples", "cut_short"]  # fmt: skip


def shown(stream: Stream, phase: int) -> np.ndarray:
    """[samples of the phase, C] values of their first frames."""
    first = np.cumsum(stream.sample_frames) - stream.sample_frames
    return np.asarray(stream.values[stream.frame_row[first[stream.phase == phase]]])


def of(stream: Stream, name: str, phase: int = STREAM) -> np.ndarray:
    return np.asarray(getattr(stream, name)[stream.phase == phase])


# ---- all of them


@pytest.fixture(params=CHANGES)
def change(request: pytest.FixtureRequest) -> Streams:
    made = catalogue.find("tasks", request.param)(inner=dataclasses.replace(SMALL, samples=400))
    assert isinstance(made, Streams)
    return made


def test_every_change_is_a_stream_whose_arrays_fit(change: Streams) -> None:
    stream = change.stream(3)
    n, frames = len(stream.labels), len(stream.frame_row)
    assert stream.phase.shape == stream.sample_frames.shape == (n,)
    assert stream.sample_frames.sum() == frames == len(stream.frame_steps)
    assert stream.values.dtype == np.float32
    assert stream.frame_row.dtype == stream.frame_steps.dtype == stream.sample_frames.dtype == np.int32
    assert (stream.labels.dtype, stream.phase.dtype) == (np.int32, np.int8)
    assert 0 <= stream.frame_row.min() <= stream.frame_row.max() < len(stream.values)
    assert (stream.labels[stream.phase == WARM_UP] == -1).all()
    assert stream.labels.max() == stream.outputs - 1
    for name in ("session", "taught"):
        assert getattr(stream, name) is None or getattr(stream, name).shape == (n,)
    line = timeline(stream)
    assert line.tables["learn"].sum() == (stream.phase == STREAM).sum()
    assert line.samples == n


def test_every_change_is_a_function_of_the_seed(change: Streams) -> None:
    one, again, other = change.stream(0), change.stream(0), change.stream(1)
    for field in dataclasses.fields(Stream):
        if field.name != "goal":
            assert np.array_equal(getattr(one, field.name), getattr(again, field.name)), field.name
    for field in dataclasses.fields(one.goal):
        assert np.array_equal(getattr(one.goal, field.name), getattr(again.goal, field.name)), field.name
    assert one.values is again.values
    assert not np.array_equal(shown(one, STREAM), shown(other, STREAM))
    assert (one.key == other.key) == (one.values is other.values)


def test_every_change_can_be_written_into_a_study(change: Streams) -> None:
    data = {catalogue.name_of(change): config.to_dict(change)}
    assert config.build_part("tasks", data) == change
    assert "inner.steps" in config.paths(change)


# ---- sessions


def test_classes_come_in_sessions() -> None:
    task = ClassIncremental(inner=SMALL, sessions=5, order="numbered", probes=3)
    stream = task.stream(2)
    session, labels = of(stream, "session"), of(stream, "labels")
    assert (np.diff(session) >= 0).all()
    for s in range(5):
        assert set(labels[session == s]) == {2 * s, 2 * s + 1}
    inner = SMALL.stream(2)
    kept = of(inner, "labels")
    assert sorted(labels) == sorted(kept)
    assert np.array_equal(labels[session == 1], kept[(kept == 2) | (kept == 3)]), "the inner order holds in a session"
    assert np.array_equal(of(stream, "labels", HELD_OUT), of(inner, "labels", HELD_OUT))
    assert np.array_equal(of(stream, "session", HELD_OUT), of(inner, "labels", HELD_OUT) // 2)


def test_the_lead_in_knows_the_first_session_alone() -> None:
    stream = ClassIncremental(inner=SMALL, sessions=5, order="numbered").stream(0)
    n = (stream.phase == WARM_UP).sum()
    assert n == 10
    assert np.array_equal(shown(stream, WARM_UP), shown(stream, STREAM)[:n])
    assert of(stream, "labels")[:n].max() <= 1


def test_probes_come_after_each_session_but_the_last_and_are_never_learned() -> None:
    stream = ClassIncremental(inner=SMALL, sessions=3, probes=2).stream(1)
    phase, session = stream.phase, stream.session
    assert session is not None
    inside = np.flatnonzero(phase == PROBE)
    for p in inside:
        before = session[:p][phase[:p] == STREAM].max()
        assert session[p] <= before < 2
    assert len(inside) == 2 * (1 + 2)
    line = timeline(stream, 0)
    assert not line.tables["learn"][inside].any()
    assert not line.tables["labelled"][inside].any()
    assert (line.labels[inside] == -1).all()
    assert (stream.labels[inside] >= 0).all()


def test_the_order_of_classes_is_drawn() -> None:
    streams = [ClassIncremental(inner=SMALL).stream(seed) for seed in range(6)]
    first = {tuple(sorted(set(of(s, "labels")[of(s, "session") == 0]))) for s in streams}
    assert len(first) > 3


# ---- drift


@pytest.mark.parametrize("kind", [PermutedInputs, SwappedLabels, RotatedImages, ContrastChange])
def test_the_first_session_is_unchanged_and_the_others_are_not(kind: type) -> None:
    stream, inner = kind(inner=SMALL, changes=2).stream(4), SMALL.stream(4)
    session = of(stream, "session")
    assert np.bincount(session).tolist() == [40, 40, 40]
    assert np.array_equal(shown(stream, STREAM)[:40], shown(inner, STREAM)[:40])
    assert np.array_equal(of(stream, "labels")[:40], of(inner, "labels")[:40])
    changed_inputs = not np.array_equal(shown(stream, STREAM)[40:], shown(inner, STREAM)[40:])
    changed_labels = not np.array_equal(of(stream, "labels")[40:], of(inner, "labels")[40:])
    assert (changed_inputs, changed_labels) == (kind is not SwappedLabels, kind is SwappedLabels)
    assert set(of(stream, "session", HELD_OUT)) == {2}


def test_permuted_inputs_are_the_same_values_elsewhere() -> None:
    stream, inner = PermutedInputs(inner=SMALL).stream(0), SMALL.stream(0)
    new, old = shown(stream, STREAM)[60:], shown(inner, STREAM)[60:]
    assert np.array_equal(np.sort(new, axis=1), np.sort(old, axis=1))
    channel = [np.flatnonzero((new == old[:, [c]]).all(axis=0)) for c in range(64)]
    assert all(len(found) for found in channel), "one permutation for all samples"


def test_swapped_labels_exchange_pairs_each_time() -> None:
    stream, inner = SwappedLabels(inner=SMALL, changes=2, pairs=2).stream(0), SMALL.stream(0)
    new, old = of(stream, "labels"), of(inner, "labels")
    for session, most in ((1, 4), (2, 8)):
        part = slice(40 * session, 40 * session + 40)
        table = {o: set(new[part][old[part] == o]) for o in set(old[part])}
        assert all(len(names) == 1 for names in table.values())
        assert 0 < sum(names != {o} for o, names in table.items()) <= most


def test_a_quarter_turn_moves_every_pixel_exactly() -> None:
    images = np.random.default_rng(0).random((5, 12)).astype(np.float32)
    square = np.random.default_rng(1).random((5, 16)).astype(np.float32)
    np.testing.assert_allclose(rotated(images, (3, 4), 180).reshape(5, 3, 4), images.reshape(5, 3, 4)[:, ::-1, ::-1])
    quarter = np.rot90(square.reshape(5, 4, 4), axes=(1, 2))
    np.testing.assert_allclose(rotated(square, (4, 4), 90).reshape(5, 4, 4), quarter)
    np.testing.assert_allclose(rotated(images, (3, 4), 0), images)
    half = rotated(np.ones((1, 81), np.float32), (9, 9), 45).reshape(9, 9)
    assert half[4, 4] == pytest.approx(1)
    assert half[0, 0] == 0


def test_contrast_by_hand(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", x=np.tile([[0.0, 0.5, 1.0]], (8, 1)), y=np.arange(8) % 2)
    task = ContrastChange(inner=Arrays(file=str(tmp_path / "a.npz"), lead_in=0), factor=0.5, changes=1)
    assert shown(task.stream(0), STREAM)[[0, 7]].tolist() == [[0, 0.5, 1], [0.25, 0.5, 0.75]]


def test_gradual_drift_mixes_old_and_new() -> None:
    inner = dataclasses.replace(SMALL, samples=1000, held_out=0)
    stream, plain = PermutedInputs(inner=inner, gradual=1.0).stream(0), inner.stream(0)
    new = (shown(stream, STREAM) != shown(plain, STREAM)).any(axis=1)
    assert not new[:500].any()
    assert new[500:600].mean() < 0.25 < 0.75 < new[900:].mean()
    assert of(stream, "session")[500] == 1, "the change begins where the new begins to come"
    quarter = PermutedInputs(inner=inner, gradual=0.25).stream(0)
    assert (shown(quarter, STREAM) != shown(plain, STREAM)).any(axis=1)[640:].all()


def test_drift_keeps_only_rows_that_are_shown_and_names_them() -> None:
    one = PermutedInputs(inner=SMALL).stream(0)
    assert len(one.values) == 120 + 40
    steps = PermutedInputs(inner=dataclasses.replace(SMALL, steps=9)).stream(0)
    assert steps.values is one.values, "a setting that does not change the values makes no other table"
    assert RotatedImages(inner=SMALL).stream(0).key != RotatedImages(inner=SMALL, degrees=30).stream(0).key


def test_probes_of_a_drift_are_shown_as_in_each_session() -> None:
    stream = ContrastChange(inner=SMALL, changes=2, probes=4).stream(0)
    phase, session, frame = stream.phase, stream.session, stream.frame_row
    assert session is not None
    probes = np.flatnonzero(phase == PROBE)
    assert session[probes].tolist() == np.repeat([0, 0, 1, 0, 1], 4).tolist()
    assert len(set(frame[probes[:4]]) & set(frame[probes[4:8]])) == 4
    assert not set(frame[probes[:4]]) & set(frame[probes[8:12]])


# ---- labels


def test_missing_labels_are_scored_and_not_told() -> None:
    stream, inner = MissingLabels(inner=SMALL, fraction=0.3).stream(0), SMALL.stream(0)
    assert np.array_equal(stream.labels, inner.labels)
    told = timeline(stream).tables["labelled"][stream.phase == STREAM]
    assert 0.6 < told.mean() < 0.8
    assert timeline(MissingLabels(inner=SMALL, fraction=1.0).stream(0)).tables["labelled"].sum() == 0
    assert timeline(MissingLabels(inner=SMALL, fraction=0.0).stream(0)).tables["labelled"].sum() == 120


def test_missing_labels_inside_a_change_stay_missing() -> None:
    stream = ClassIncremental(inner=MissingLabels(inner=SMALL, fraction=0.5)).stream(0)
    assert stream.taught is not None
    known = stream.taught[stream.phase == STREAM]
    assert 0.3 < (known >= 0).mean() < 0.7
    assert np.array_equal(known[known >= 0], of(stream, "labels")[known >= 0])
    swapped = SwappedLabels(inner=MissingLabels(inner=SMALL, fraction=0.5)).stream(0)
    assert swapped.taught is not None
    known = swapped.taught[swapped.phase == STREAM]
    assert np.array_equal(known[known >= 0], of(swapped, "labels")[known >= 0])


# ---- few examples


@pytest.mark.parametrize("shots", [1, 5])
def test_an_episode_by_hand(shots: int) -> None:
    task = FewExamples(inner=Digits(lead_in=30, held_out=100), classes=4, shots=shots, queries=6)
    stream = task.stream(3)
    assert stream.outputs == 4
    labels, told = of(stream, "labels"), of(stream, "taught")
    n = 4 * shots
    assert np.bincount(told[:n]).tolist() == [shots] * 4
    assert (labels[:n] == -1).all()
    assert np.bincount(labels[n:]).tolist() == [6] * 4
    assert (told[n:] == -1).all()
    rows = [set(map(bytes, shown(stream, phase))) for phase in (WARM_UP, STREAM, HELD_OUT)]
    assert len(rows[0]) == 30
    assert not rows[0] & rows[1]
    assert not rows[1] & rows[2]
    line = timeline(stream)
    assert line.tables["labelled"].sum() == n
    other = task.stream(4)
    assert not np.array_equal(shown(stream, STREAM), shown(other, STREAM))


def test_a_lead_in_of_other_classes_and_of_the_same_where_there_is_no_other() -> None:
    all_ten = FewExamples(inner=Digits(lead_in=50), classes=10, shots=5, queries=10).stream(0)
    assert (all_ten.phase == WARM_UP).sum() == 50
    assert not set(map(bytes, shown(all_ten, WARM_UP))) & set(map(bytes, shown(all_ten, STREAM)))


# ---- samples cut short


def test_cuts_by_hand(tmp_path: Path) -> None:
    x = np.random.default_rng(0).random((6, 3, 2))
    np.savez(tmp_path / "a.npz", x=x, y=np.arange(6) % 2, x_test=x[:2] + 1, y_test=np.arange(2))
    inner = Arrays(file=str(tmp_path / "a.npz"), lead_in=2, steps=4)
    stream, plain = CutShort(inner=inner, cuts=4).stream(0), inner.stream(0)
    n = len(plain.labels)
    assert np.array_equal(stream.phase[:n], plain.phase)
    assert (stream.phase[n:] == CUT).all()
    assert stream.sample_frames[n:].tolist() == [1, 2, 3, 3] * 2  # 3, 6, 9 and 12 of 12 steps
    frames = stream.frame_steps[len(plain.frame_row) :]
    assert frames.tolist() == [3, 4, 2, 4, 4, 1, 4, 4, 4] * 2
    assert stream.labels[n:].tolist() == [0] * 4 + [1] * 4
    assert not timeline(stream).tables["learn"][n:].any()
    assert CutShort(inner=inner, cuts=100).stream(0).sample_frames[n:].shape == (24,), "one cut a step, no more"


def test_values_can_be_withheld_like_labels() -> None:
    inner = Lorenz(samples=300, held_out=0)
    whole, half = (MissingLabels(inner, fraction=f).stream(0) for f in (0.0, 0.5))
    told = [timeline(s).tables["labelled"].sum() for s in (whole, half, MissingLabels(inner, fraction=1.0).stream(0))]
    assert told[0] == 300
    assert 100 < told[1] < 200
    assert told[2] == 0
    assert not np.array_equal(Rls().readout(whole), Rls().readout(half))


@pytest.mark.parametrize("change", [CutShort, MissingLabels, SwappedLabels, ContrastChange, PermutedInputs])
def test_a_recall_is_not_changed(change: type) -> None:
    with pytest.raises(
        UserError, match=r"inner is a recall of stored patterns, which has no labels; give another task"
    ):
        change(inner=Recall(units=9, load=2, cues=2)).stream(0)


def test_labels_missing_twice_are_fewer() -> None:
    once = MissingLabels(inner=SMALL).stream(4)
    twice = MissingLabels(inner=MissingLabels(inner=SMALL)).stream(4)
    told = [of(stream, "taught") >= 0 for stream in (once, twice)]
    assert (told[0] | ~told[1]).all()
    assert 0.1 * 120 < told[1].sum() < 0.75 * told[0].sum()


def test_examples_are_told_late_while_questions_are_asked() -> None:
    late = FewExamples(inner=Digits(delay=5), shots=1).stream(0)
    assert late.delay == 5
    assert (of(late, "taught") >= 0).sum() == 5


# ---- what is refused


def bad(tmp_path: Path) -> dict[str, tuple[Streams, str]]:
    np.savez(tmp_path / "line.npz", x=np.random.default_rng(0).random((20, 3)), y=np.arange(20) % 2)
    line = Arrays(file=str(tmp_path / "line.npz"), lead_in=0)
    return {
        "two changes": (PermutedInputs(inner=ClassIncremental(inner=SMALL)), r"inner changes by itself"),
        "sessions": (ClassIncremental(inner=SMALL, sessions=11), r"sessions = 11, but .* 10 classes"),
        "no class": (ClassIncremental(inner=FewExamples()), "streams samples without a class"),
        "changes": (SwappedLabels(inner=SMALL, changes=120), r"SwappedLabels\.changes = 120, .* streams 120 samples"),
        "pairs": (SwappedLabels(inner=SMALL, pairs=6), r"pairs = 6 needs 12 classes, .* at most 5"),
        "images": (RotatedImages(inner=line), r"RotatedImages needs images .* \[3\]; choose permuted_inputs"),
        "classes": (FewExamples(classes=11), r"FewExamples\.classes = 11, but its inner task has 10"),
        "shots": (FewExamples(inner=SMALL, shots=50), "streams only .* samples of one"),
        "delay": (FewExamples(inner=Digits(delay=80)), r"Digits\.delay = 80 is not shorter than the stream of 80"),
        "told twice": (FewExamples(inner=MissingLabels(inner=SMALL)), "put missing_labels around few_examples"),
        "cut inside": (ClassIncremental(inner=CutShort(inner=SMALL)), "put cut_short around the change"),
        "nothing to cut": (CutShort(inner=Digits(held_out=0)), "so nothing can be cut; set its held_out"),
        "long delay": (MissingLabels(inner=Digits(samples=9, delay=9)), "no label would ever arrive"),
    }  # fmt: skip


CASES = "two changes, sessions, no class, changes, pairs, images, classes, shots, delay, told twice, cut inside, "
CASES += "long delay, nothing to cut"


@pytest.mark.parametrize("case", CASES.split(", "))
def test_what_cannot_be_changed_is_refused_in_one_sentence(case: str, tmp_path: Path) -> None:
    task, sentence = bad(tmp_path)[case]
    with pytest.raises(UserError, match=sentence) as error:
        task.stream(0)
    assert "\n" not in str(error.value)


# ---- through the corridor


@pytest.mark.slow
def test_a_network_learns_while_the_stream_changes() -> None:
    from neurosearch.trial import run_trial

    architecture = {"mushroom_body": {"kenyon": {"size": 300, "drive": 30.0}}}
    inner = {"digits": {"samples": 600, "steps": 8, "held_out": 100}}
    for task in (
        {"class_incremental": {"inner": inner}},
        {"swapped_labels": {"inner": inner, "pairs": 5}},
        {"missing_labels": {"inner": inner, "fraction": 0.5}},
        {"few_examples": {"inner": inner, "shots": 5, "queries": 20}},
    ):
        score = run_trial({"architecture": architecture, "task": task}, [0])
        assert score.status == "ok", score.reason
        assert score.metrics["accuracy"] > (0.5 if "few_examples" not in task else 0.4), task


def test_forgetting_is_from_the_best_since_a_session_was_learned() -> None:
    """Rows: after which session; columns: of which. What was right before a session was learned does not count."""
    table = np.array([[0.5, 0.95, 0.1], [0.6, 0.7, 0.1], [0.4, 0.6, 0.9]])
    assert memory(table) == {
        "forgetting": pytest.approx((0.6 - 0.4 + 0.7 - 0.6) / 2),
        "backward_transfer": pytest.approx((0.4 - 0.5 + 0.6 - 0.7) / 2),
    }
    for missing in [(2, 0), (1, 1)]:
        table[missing] = np.nan
        assert memory(table) == {}
    assert memory(np.array([[0.5]])) == {}

"""Temporal signals: the .ts reader and what it refuses, the two data sets, the delta code, order and interval."""

import dataclasses
import importlib.util
from pathlib import Path

import numpy as np
import pytest

from neurosearch.errors import UserError
from neurosearch.parts.encoders.send_on_change import SendOnChange
from neurosearch.parts.normalisations.mirrored import Mirrored
from neurosearch.parts.tasks.basic_motions import BasicMotions
from neurosearch.parts.tasks.interval import Interval
from neurosearch.parts.tasks.japanese_vowels import JapaneseVowels
from neurosearch.record import HELD_OUT, STREAM, WARM_UP

needs_aeon = pytest.mark.skipif(importlib.util.find_spec("aeon") is None, reason="the package aeon is not installed")

HEAD = "#c\n@problemName Small\n@timeStamps false\n@dimensions 2\n@equalLength false\n@classLabel true a b\n@data\n"
TRAIN = HEAD + "0,1,2:10,10,20:a\n3,4:30,20:b\n1,1,1,1:10,20,10,20:a\n"
TEST = HEAD + "-5,2:15,99:b\n"


def write(folder: Path, train: str = TRAIN, test: str = TEST) -> JapaneseVowels:
    folder.mkdir(exist_ok=True)
    (folder / "JapaneseVowels_TRAIN.ts").write_text(train)
    (folder / "JapaneseVowels_TEST.ts").write_text(test)
    return JapaneseVowels(folder=str(folder), lead_in=1)


# ---- files


def test_series_of_unequal_length_become_frames(tmp_path: Path) -> None:
    stream = write(tmp_path / "ts").stream(0)
    assert np.bincount(stream.phase).tolist() == [1, 3, 1]
    assert sorted(stream.sample_frames[stream.phase == STREAM]) == [2, 3, 4]
    assert (stream.shape, stream.outputs) == ((2,), 2)
    table = np.array([[0, 10], [1, 10], [2, 20], [3, 30], [4, 20], [1, 10], [1, 20], [1, 10], [1, 20.0]])
    np.testing.assert_allclose(stream.values[:9], (table - [0, 10]) / [4, 20], rtol=1e-6)
    np.testing.assert_allclose(stream.values[9:], [[0, 0.25], [0.5, 1]], err_msg="cut to the training part's range")
    starts = np.cumsum(stream.sample_frames) - stream.sample_frames
    for k in np.flatnonzero(stream.phase == STREAM):
        first = stream.frame_row[starts[k]]
        assert stream.labels[k] == {0: 0, 3: 1, 5: 0}[first]
        rows = stream.frame_row[starts[k] :][: stream.sample_frames[k]]
        assert (np.diff(rows) == 1).all()


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    before = write(tmp_path / "ts").stream(0)
    after = write(tmp_path / "ts", TRAIN + "9,9:9,9:b\n").stream(0)
    assert after.key != before.key
    assert len(after.values) == len(before.values) + 2


@pytest.mark.parametrize(
    ("train", "test", "sentence"),
    [
        (TRAIN.replace("@data\n", ""), TEST, "TRAIN.ts has no line @data, so it is not a .ts file or is truncated"),
        (HEAD, TEST, r"TRAIN.ts holds no series after @data \(line 7\)"),
        (TRAIN + "1,2,3:4,5", TEST, r"line 11: .* of unequal length|line 11: 1 dimensions, but the first series has 2"),
        (TRAIN + "1,2", TEST, "line 11: no class after the numbers; the file is cut"),
        (TRAIN + "1,2:3:a", TEST, r"line 11: its dimensions are of unequal length \(\[1, 2\]\)"),
        (TRAIN + "1,x:3,4:a", TEST, "line 11: dimension 1 holds a value that is not a number"),
        (TRAIN + "1,NaN:3,4:a", TEST, "line 11: dimension 1 holds NaN or an infinity"),
        (TRAIN + "1,2:3,4:5,6:a", TEST, "line 11: 3 dimensions, but the first series has 2"),
        (
            TRAIN + "1,2:3,4:c",
            TEST,
            "line 11: the class 'c' is none of those declared in @classLabel: .*; fix the line",
        ),
        (TRAIN + "1,2:3,4:", TEST, "line 11 ends without a class; the file was cut"),
        (TRAIN.replace("@dimensions 2", "@dimensions 3"), TEST, "announces 3 dimensions and holds 2"),
        (TRAIN.replace("true a b", "false"), TEST, "it has no classes; give a classification problem"),
        (TRAIN.replace("@timeStamps false", "@timeStamps true"), TEST, "has time stamps, which are not read"),
        (TRAIN, TEST.replace("@dimensions 2", "").replace("-5,2:", ""), "TRAIN.ts has 2 dimensions but .* 1;"),
        (TRAIN, TEST.replace("true a b", "true a b c").replace(":b\n", ":c\n"), "TEST.ts holds the class 'c'"),
    ],
)
def test_a_broken_file_is_named_in_one_sentence(tmp_path: Path, train: str, test: str, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence) as error:
        write(tmp_path / "ts", train, test).stream(0)
    assert "\n" not in str(error.value)


def test_absent_files_say_how_to_get_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UserError, match=r"no file .*JapaneseVowels_TRAIN.ts; name the folder"):
        JapaneseVowels(folder=str(tmp_path)).stream(0)
    task = write(tmp_path / "ts")
    (tmp_path / "ts" / "JapaneseVowels_TRAIN.ts").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UserError, match=r"TRAIN\.ts has no line @data, so it is not a \.ts file"):
        task.stream(0)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(UserError, match="run `pip install aeon`, or name the folder"):
        BasicMotions().stream(0)


@needs_aeon
def test_japanese_vowels_has_its_utterances() -> None:
    stream = JapaneseVowels().stream(0)
    assert np.bincount(stream.phase).tolist() == [100, 270, 370]
    assert (stream.shape, stream.outputs) == ((12,), 9)
    assert (stream.sample_frames.min(), stream.sample_frames.max()) == (7, 29)
    assert np.bincount(stream.labels[stream.phase == STREAM]).tolist() == [30] * 9
    assert (stream.values.min(), stream.values.max()) == (0, 1)
    assert (stream.labels[stream.phase == WARM_UP] == -1).all()


@needs_aeon
def test_basic_motions_has_its_recordings() -> None:
    stream = BasicMotions().stream(0)
    assert np.bincount(stream.phase).tolist() == [20, 40, 40]
    assert (stream.shape, stream.outputs) == ((6,), 4)
    assert (stream.sample_frames == 100).all()
    assert np.bincount(stream.labels[stream.phase == HELD_OUT]).tolist() == [10] * 4


# ---- the delta code


def test_mirrored_by_hand() -> None:
    assert Mirrored().apply(np.array([[0.25, 1.0]]), (2,)).tolist() == [[0.25, 1, 0.75, 0]]


def spikes(signal: list[float], change: float, keep: float = 0.0, samples: int = 1) -> np.ndarray:
    """[steps, 2] spikes of one channel's two neurons, each value shown for one step."""
    from neurosearch.graph import Constant, Graph, Input, Population, Projection
    from neurosearch.lower.lower import lower
    from neurosearch.parts.neurons.li import Li
    from neurosearch.parts.wiring.all_to_all import AllToAll
    from neurosearch.record import Stream
    from neurosearch.simulate.reference import Stepper
    from neurosearch.timeline import timeline

    encoder = SendOnChange(change=change, keep=keep)
    graph = Graph(
        Input("input", 2, encoder), (Population("output", 2, Li()),),
        (Projection("p", "input", "output", AllToAll(), Constant(1.0)),), "output", "v",
    )  # fmt: skip
    n = len(signal)
    values = Mirrored().apply(np.array(signal * samples, np.float32)[:, None], (1,))
    stream = Stream(
        values, (2,), np.arange(n * samples, dtype=np.int32), np.ones(n * samples, np.int32),
        np.full(samples, n, np.int32), np.zeros(samples, np.int32), np.full(samples, STREAM, np.int8), 2, "by hand",
    )  # fmt: skip
    raster = Stepper(lower(graph), timeline(stream), values, 0).run().raster["input"]
    shown = np.zeros((n * samples, 2), int)
    for step, neuron in raster[raster[:, 0] < n * samples]:
        shown[step, neuron] = 1
    return shown


def test_rises_and_falls_are_sent_and_a_steady_value_is_not() -> None:
    # both begin at 0: the value has risen by 0, its mirror image by 1
    shown = spikes([0.0] * 12 + [0.31] * 6 + [0.0] * 6, 0.1)
    assert shown[:12, 0].sum() == 0
    assert shown[:9, 1].all()
    assert not shown[10:12].any(), "what is left is not above the change, but for rounding"
    assert shown[12:18].tolist() == [[1, 0]] * 3 + [[0, 0]] * 3
    assert shown[18:, 1].sum() >= 2
    assert shown[18:, 0].sum() == 0


def test_what_was_sent_is_kept_on_request() -> None:
    forgets, keeps = spikes([0.5] * 10, 0.1, samples=2), spikes([0.5] * 10, 0.1, keep=1.0, samples=2)
    assert np.array_equal(forgets[:10], forgets[10:])
    assert keeps[:10].sum() > 0
    assert keeps[10:].sum() == 0


# ---- order and interval


def test_order_and_interval_by_hand() -> None:
    task = Interval(samples=300, held_out=100, noise=0.0, lead_in=0, background=0.0)
    stream = task.stream(1)
    shown = stream.values[stream.frame_row].reshape(400, -1, 40)
    active = shown.sum(axis=2) > 0
    assert (active.sum(axis=1) == 4).all()
    assert set(shown[active].sum(axis=1)) == {20}
    first = active.argmax(axis=1)
    pause = np.array([np.diff(np.flatnonzero(row)).max() - 1 for row in active])
    assert np.array_equal(pause, np.where(stream.labels % 2, 4, 2))
    begins = [tuple(shown[k, first[k]]) for k in range(400)]
    assert len(set(begins)) == 2
    assert all((begins[k] == begins[0]) == (stream.labels[k] // 2 == stream.labels[0] // 2) for k in range(400))
    assert set(first) == {0, 1, 2}
    assert np.bincount(stream.labels).min() > 60


def test_noise_is_fresh_for_every_seed_and_patterns_are_not() -> None:
    one, other = Interval(samples=50).stream(0), Interval(samples=50).stream(1)
    assert one.key != other.key
    assert not np.array_equal(one.values, other.values)
    clean = [Interval(samples=50, noise=0.0, lead_in=0).stream(seed) for seed in (0, 1)]
    rows = [set(map(bytes, s.values)) for s in clean]
    assert rows[0] == rows[1]
    assert len(rows[0]) == 3, "two patterns and the pause"


def test_pauses_must_differ() -> None:
    with pytest.raises(UserError, match=r"Interval\.short = 4 is not shorter than long = 4"):
        dataclasses.replace(Interval(), short=4).stream(0)

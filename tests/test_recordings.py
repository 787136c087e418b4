"""Recorded events: where each lands, that a sparse table is a dense one bit for bit, and every kind of broken file."""

import dataclasses
import subprocess
import sys
from pathlib import Path

import h5py
import networks
import numpy as np
import pytest

from neurosearch import trial
from neurosearch.baselines.online_softmax import OnlineSoftmax
from neurosearch.errors import UserError
from neurosearch.parts.encoders.recorded import Recorded
from neurosearch.parts.normalisations.on_off import OnOff
from neurosearch.parts.normalisations.raw import Raw
from neurosearch.parts.rules.delta_potential import DeltaPotential
from neurosearch.parts.rules.stdp import Stdp
from neurosearch.parts.tasks.contrast_change import ContrastChange
from neurosearch.parts.tasks.fashion_mnist import DEBIAN
from neurosearch.parts.tasks.permuted_inputs import PermutedInputs
from neurosearch.parts.tasks.recordings import Recordings
from neurosearch.parts.tasks.rotated_images import RotatedImages
from neurosearch.random import permutation
from neurosearch.record import HELD_OUT, STREAM, SparseRows, Stream
from neurosearch.simulate import build, run
from neurosearch.simulate.drive import as_they_are, drive
from neurosearch.timeline import timeline

CHANNELS = 12


def write(path: Path, times, units, labels, keys=None) -> Path:
    """A file as the Spiking Heidelberg Digits have it: times are 16-bit floats, units 16-bit integers."""
    with h5py.File(path, "w") as file:
        for name, lists, kind in (("times", times, np.float16), ("units", units, np.uint16)):
            made = file.create_dataset(f"spikes/{name}", (len(lists),), h5py.vlen_dtype(kind))
            for k, one in enumerate(lists):
                made[k] = np.asarray(one, kind)
        file["labels"] = np.asarray(labels, np.uint16)
        file["extra/speaker"] = np.zeros(len(labels), np.uint16)
        file["extra/meta_info/age"] = np.zeros(3, np.uint8)
        if keys is not None:
            file["extra/keys"] = np.array(keys, "S10")
    return path


def spoken(path: Path, n: int = 24, classes: int = 4, seed: int = 0, length: float = 0.1) -> Path:
    """Each class excites its own channels in its own order, with jitter, noise and a length of its own."""
    r = np.random.default_rng(seed)
    times, units, labels = [], [], np.arange(n) % classes
    for label in labels:
        order = np.random.default_rng(100 + label).permutation(CHANNELS)[:5]
        t = np.concatenate([np.repeat(np.arange(5) * length / 5, 6) + 0.015 * r.random(30), length * r.random(8)])
        u = np.concatenate([np.repeat(order, 6), r.integers(0, CHANNELS, 8)])
        times.append(np.sort(t))
        units.append(u[np.argsort(t)])
    return write(path, times, units, labels, [f"word {k}" for k in range(classes)])


def shown(stream: Stream, k: int) -> set[tuple[int, int]]:
    """(step, channel) of every event of a sample, found by walking its frames."""
    first = int(stream.sample_frames[:k].sum())
    out, n = set(), 0
    for f in range(first, first + int(stream.sample_frames[k])):
        row = stream.values[int(stream.frame_row[f])]
        assert not row.any() or stream.frame_steps[f] == 1, "a frame with events lasts one step"
        out |= {(n, int(c)) for c in np.flatnonzero(row)}
        n += int(stream.frame_steps[f])
    return out


def length(stream: Stream, k: int) -> int:
    first = int(stream.sample_frames[:k].sum())
    return int(stream.frame_steps[first : first + int(stream.sample_frames[k])].sum())


# ---- where events land

TIMES, UNITS = [[0.0, 0.0024, 0.0026, 0.0027, 0.004], [0.0093, 0.002]], [[3, 5, 5, 5, 11], [0, 1]]


def both(tmp_path: Path, **settings) -> tuple[Stream, list[int]]:
    """The stream of two recordings, and at which place each is shown."""
    path = write(tmp_path / "two.h5", TIMES, UNITS, [0, 1])
    stream = Recordings(file=str(path), channels=CHANNELS, lead_in=0, **settings).stream(0)
    return stream, [int(np.flatnonzero(stream.labels == label)[0]) for label in (0, 1)]


def test_an_event_is_shown_in_the_nearest_step_and_a_silent_step_comes_last(tmp_path: Path) -> None:
    stream, place = both(tmp_path)
    assert shown(stream, place[0]) == {(0, 3), (2, 5), (3, 5), (4, 11)}, "two events of one channel in one step are one"
    assert shown(stream, place[1]) == {(2, 1), (9, 0)}
    assert length(stream, place[0]) == 6
    ends = np.cumsum(stream.sample_frames) - 1
    assert not stream.values[stream.frame_row[ends]].any()
    assert stream.outputs == 2
    assert stream.shape == (CHANNELS,)


def test_a_finer_step_keeps_events_apart(tmp_path: Path) -> None:
    stream, place = both(tmp_path, step=1e-4)
    assert shown(stream, place[0]) == {(0, 3), (24, 5), (26, 5), (27, 5), (40, 11)}
    assert stream.step == 1e-4


def test_coarser_bins_only_when_asked(tmp_path: Path) -> None:
    stream, place = both(tmp_path, steps=4)
    assert shown(stream, place[0]) == {(0, 3), (4, 5), (4, 11)}
    assert length(stream, place[0]) == 6


def test_neighbouring_channels_are_pooled_and_the_last_pool_may_be_smaller(tmp_path: Path) -> None:
    stream, place = both(tmp_path, pool=5)
    assert shown(stream, place[0]) == {(0, 0), (2, 1), (3, 1), (4, 2)}
    assert stream.shape == (3,)


def test_events_are_permuted_as_values_are(tmp_path: Path) -> None:
    inner = Recordings(file=str(spoken(tmp_path / "a.h5")), channels=CHANNELS, pool=1, lead_in=0)
    plain, changed = inner.stream(3), PermutedInputs(inner).stream(3)
    order = permutation(3, "task.permuted.1", CHANNELS)
    half = int((plain.phase == STREAM).sum()) // 2
    assert isinstance(changed.values, SparseRows)
    for k in (0, half - 1):
        assert shown(changed, k) == shown(plain, k)
    for k in (half, 2 * half - 1):
        assert shown(changed, k) == {(n, int(np.flatnonzero(order == c)[0])) for n, c in shown(plain, k)}
    with pytest.raises(UserError, match="RotatedImages needs images"):
        RotatedImages(inner).stream(3)


def test_of_recorded_events_a_weaker_contrast_leaves_a_share(tmp_path: Path) -> None:
    numbers = np.random.default_rng(8)
    times = [np.sort(numbers.random(150)) * 0.4 for _ in range(40)]
    units = [numbers.integers(0, CHANNELS, 150) for _ in times]
    file = write(tmp_path / "many.h5", times, units, np.arange(40) % 2)
    inner = Recordings(file=str(file), channels=CHANNELS, pool=1, lead_in=0)
    plain, weak = inner.stream(3), ContrastChange(inner, changes=2, factor=0.6).stream(3)
    kept = []
    for k in range(40):
        before, after = shown(plain, k), shown(weak, k)
        assert after <= before
        kept.append(len(after) / len(before))
    assert kept[:13] == [1] * 13
    assert np.mean(kept[14:26]) == pytest.approx(0.6, abs=0.04)
    assert np.mean(kept[27:]) == pytest.approx(0.36, abs=0.04)
    again = ContrastChange(inner, changes=2, factor=0.6).stream(3)
    np.testing.assert_array_equal(again.values.units, weak.values.units)
    none = ContrastChange(inner, factor=0.0).stream(3)
    assert [len(shown(none, k)) for k in (0, 39)] == [len(shown(plain, 0)), 0]
    with pytest.raises(UserError, match=r"ContrastChange.factor = -1, but of recorded events only a share"):
        ContrastChange(inner, factor=-1.0).stream(3)


def test_a_duration_is_the_length_of_every_sample_and_cuts_later_events(tmp_path: Path) -> None:
    stream, place = both(tmp_path, duration=0.004)
    assert [length(stream, k) for k in place] == [5, 5]
    assert shown(stream, place[0]) == {(0, 3), (2, 5), (3, 5)}
    assert shown(stream, place[1]) == {(2, 1)}
    stream, place = both(tmp_path, duration=0.5)
    assert [length(stream, k) for k in place] == [501, 501]
    assert len(shown(stream, place[0])) == 4


def test_a_recording_without_events_is_silence_of_the_given_duration(tmp_path: Path) -> None:
    path = write(tmp_path / "silent.h5", [[0.001], []], [[1], []], [0, 1])
    stream = Recordings(file=str(path), channels=CHANNELS, lead_in=0, duration=0.01).stream(0)
    k = int(np.flatnonzero(stream.labels == 1)[0])
    assert shown(stream, k) == set()
    assert length(stream, k) == 11


def test_the_files_have_their_own_parts_and_every_seed_the_same_events(tmp_path: Path) -> None:
    train, test = spoken(tmp_path / "a.h5", 20), spoken(tmp_path / "b.h5", 8, seed=1)
    task = Recordings(file=str(train), test_file=str(test), channels=CHANNELS, lead_in=3, delay=2)
    one, again, other = task.stream(1), task.stream(1), task.stream(2)
    assert [int((one.phase == p).sum()) for p in (0, STREAM, HELD_OUT)] == [3, 20, 8]
    assert one.values is other.values
    assert one.key == other.key
    np.testing.assert_array_equal(one.frame_row, again.frame_row)
    assert not np.array_equal(one.labels, other.labels)
    assert one.delay == 2
    assert dataclasses.replace(task, pool=2).stream(1).key != one.key
    assert (Recordings(file=str(train), channels=CHANNELS).stream(0).phase != HELD_OUT).all()
    spoken(test, 8, seed=2)
    assert task.stream(1).key != one.key, "a changed file is read again"


def test_a_thousand_channels_and_many_events_keep_little_memory(tmp_path: Path) -> None:
    path = spoken(tmp_path / "a.h5", 20)
    values = Recordings(file=str(path), channels=CHANNELS).stream(0).values
    assert isinstance(values, SparseRows)
    assert values.units.dtype == np.uint8
    assert len(values.units) < 20 * 38


# ---- sparse rows are rows


def test_sparse_rows_read_as_an_array() -> None:
    dense = (np.random.default_rng(0).random((9, 5)) < 0.3).astype(np.float32)
    row, unit = np.nonzero(dense)
    rows = SparseRows(np.searchsorted(row, np.arange(10)), unit.astype(np.int32), 5)
    assert rows.shape == dense.shape
    np.testing.assert_array_equal(rows[3], dense[3])
    np.testing.assert_array_equal(rows[:], dense)
    np.testing.assert_array_equal(rows[np.array([4, 4, 0])], dense[[4, 4, 0]])
    np.testing.assert_array_equal(rows.totals(np.array([1, 2, 2, 8])), dense[[1, 2, 2, 8]].sum(axis=0))


def dense(stream: Stream) -> Stream:
    assert isinstance(stream.values, SparseRows)
    return dataclasses.replace(stream, values=stream.values[:], key=f"{stream.key} dense")


@pytest.fixture
def heard(tmp_path: Path) -> Stream:
    path, test = spoken(tmp_path / "a.h5", 12, networks.OUTPUTS), spoken(tmp_path / "b.h5", 3, networks.OUTPUTS, seed=5)
    return Recordings(file=str(path), test_file=str(test), channels=CHANNELS, lead_in=2).stream(3)


@pytest.mark.slow
@pytest.mark.parametrize("rule", [DeltaPotential(eta=0.317), Stdp(eta=0.0317)])
def test_sparse_events_equal_dense_frames_bit_for_bit_in_one_binary_and_in_every_engine(heard: Stream, rule) -> None:
    graph = networks.layered(rule, encoder=Recorded())
    sparse, whole = networks.case(graph, heard), networks.case(graph, dense(heard))
    assert sparse.asked().files.keys() == {"drive.offsets", "drive.units"}
    assert whole.asked().files.keys() == {"table.drive"}
    one, other, reference = sparse.compiled(), whole.compiled(), sparse.reference()
    assert len(reference.raster["hidden"]) > 20
    assert reference.state.synapses["learned"]["writes"].sum() > 20
    networks.same(one, reference, sparse.line)
    networks.same(other, reference, sparse.line)
    np.testing.assert_array_equal(one.readout, other.readout)
    np.testing.assert_array_equal(one.raster, other.raster)
    assert {k: v.tolist() for k, v in one.events.items()} == {k: v.tolist() for k, v in other.events.items()}
    networks.same(sparse.brian(), reference, sparse.line, tolerance=1e-12)
    digests = {c.plan.shape.digest for c in (sparse, whole)}
    assert len(digests) == 1


@pytest.mark.slow
def test_a_spike_for_each_event_and_no_other(heard: Stream) -> None:
    c = networks.case(networks.layered(Stdp(), encoder=Recorded()), heard)  # with a teaching phase, which is silent
    record = c.compiled()
    spikes = record.raster[record.raster[:, 1] == record.populations.index("input")]
    found = {(int(n), int(i)) for n, _, i in spikes}
    wanted = set()
    for k in range(c.line.samples):
        wanted |= {(int(c.line.boundaries[k]) + n, channel) for n, channel in shown(heard, k)}
    assert found == wanted


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"drive.units": np.array([0, 99] * 500, np.int32)}, "drive: event 1 has the unit 99, there are 12"),
        ({"drive.units": np.zeros(3, np.int32)}, "there are 3"),
        ({"drive.offsets": np.zeros(1, np.int64)}, "drive.offsets: it has 1 entries"),
        ({"drive.offsets": np.arange(5000)[::-1].copy()}, "drive: row 0 of its events"),
        ({"drive.units": None}, "drive.units: it is not given"),
        ({"table.drive": np.zeros(CHANNELS * 9999, np.float32)}, "drive.(offsets|units): the program has no argument"),
    ],
)
def test_a_wrong_sparse_table_is_refused_with_a_sentence(heard: Stream, change, sentence: str) -> None:
    c = networks.case(networks.layered(DeltaPotential(eta=0.317), encoder=Recorded()), heard)
    asked = c.asked()
    files = {k: v for k, v in asked.files.items() if k not in change}
    arrays = {**asked.arrays, **{k: v for k, v in change.items() if v is not None}}
    program = build.program(c.plan.shape.digest, networks.to_plain(c.plan.shape), strict=True)
    with pytest.raises((RuntimeError, UserError), match=sentence):
        run.run(program.path, dataclasses.replace(asked, files=files, arrays=arrays), time_limit=60)


# ---- the corridor


def heard_by(path: Path, encoder="recorded", **task) -> dict:
    body = {"encoder": encoder, "kenyon": {"size": 200, "fan_in": 4, "drive": 6.0, "negative": 0.2}}
    body |= {"rule": {"delta_potential": {"eta": 0.1}}}
    return {
        "architecture": {"mushroom_body": body},
        "task": {"recordings": {"file": str(path), "channels": CHANNELS, "lead_in": 20, **task}},
    }


@pytest.mark.slow
def test_a_network_learns_recordings(tmp_path: Path) -> None:
    path, test = spoken(tmp_path / "a.h5", 300), spoken(tmp_path / "b.h5", 60, seed=9)
    score = trial.run_trial(heard_by(path, test_file=str(test)), [0])
    assert score.status == "ok"
    assert score.metrics["held_out_accuracy"] > 0.6
    assert score.metrics["spikes"] > 30


def test_the_step_must_be_the_architectures(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"task.step = 0.002 second, but the architecture's dt = 0.001 second"):
        trial.prepare(heard_by(spoken(tmp_path / "a.h5"), step=2e-3), 0)


def test_events_are_not_normalised(heard: Stream) -> None:
    with pytest.raises(UserError, match="OnOff needs values, but this task provides recorded events"):
        drive(heard, OnOff())
    assert drive(heard, Raw()).columns == CHANNELS


def test_the_linear_baseline_counts_events(tmp_path: Path) -> None:
    stream = Recordings(file=str(spoken(tmp_path / "a.h5", 80)), channels=CHANNELS, lead_in=0).stream(0)
    late = slice(40, None)
    right = OnlineSoftmax().readout(stream)[late].argmax(axis=1) == stream.labels[late]
    assert right.mean() > 0.7


# ---- the drive table in files


def test_a_table_holds_only_the_rows_that_are_shown_and_is_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = networks.stream(samples=40)
    few = dataclasses.replace(stream, frame_row=np.tile(np.array([7, 31, 7, 2], np.int32), 10), key="few rows")
    table = drive(few, OnOff())
    np.testing.assert_array_equal(table.table(), OnOff().apply(few.values[[2, 7, 31]], few.shape))
    np.testing.assert_array_equal(table.order(few.frame_row)[:4], [1, 2, 1, 0])
    monkeypatch.setattr(OnOff, "apply", None)  # the second worker makes nothing
    assert drive(few, OnOff()).files == table.files
    other = drive(dataclasses.replace(few, frame_row=np.tile(np.array([7, 31, 7, 3], np.int32), 10)), OnOff())
    assert other.key != table.key
    whole = drive(stream, OnOff())
    assert whole.used is None
    np.testing.assert_array_equal(whole.order(stream.frame_row), stream.frame_row)


def test_a_large_table_is_written_in_parts(tmp_path: Path) -> None:
    values = np.random.default_rng(0).random((5000, 7)).astype(np.float32)
    rows = np.arange(5000, dtype=np.int32)
    stream = Stream(
        values, (7,), rows, rows * 0 + 1, rows * 0 + 1, rows % 2, (rows * 0 + 1).astype(np.int8), 2, "parts"
    )
    table = drive(stream, OnOff())
    sizes = [len(part) for part in table._inputs()]
    assert max(sizes) <= 1024
    np.testing.assert_array_equal(table.table(), OnOff().apply(values, (7,)))
    assert isinstance(table.table(), np.memmap)


BIG = """
import resource, sys
from neurosearch import trial
body = {"encoder": {"current": {"normalisation": "on_off"}}, "kenyon": {"size": 20, "fan_in": 4, "drive": 20.0}}
task = {"fashion_mnist": {"steps": 4, "lead_in": 100}}
score = trial.run_trial({"architecture": {"mushroom_body": body}, "task": task}, [0])
print(score.status, len(score.curve), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


@pytest.mark.slow
@pytest.mark.skipif(not Path(DEBIAN).is_dir(), reason="Debian's package dataset-fashion-mnist is not installed")
def test_a_stream_of_sixty_thousand_images_needs_less_than_1500_megabytes() -> None:
    ran = subprocess.run([sys.executable, "-c", BIG], capture_output=True, text=True, check=True)
    status, _, megabytes = ran.stdout.split()
    assert status in ("ok", "silent", "saturated")
    assert int(megabytes) < 1000


# ---- broken files


def replace(path: Path, name: str, value) -> None:
    with h5py.File(path, "r+") as file:
        del file[name]
        if value is not None:
            file[name] = value


def put(path: Path, name: str, kind, *items) -> None:
    with h5py.File(path, "r+") as file:
        del file[name]
        made = file.create_dataset(name, (len(items),), h5py.vlen_dtype(kind))
        for k, item in enumerate(items):
            made[k] = np.asarray(item, kind)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-500])


F, I = np.float32, np.int32  # noqa: E741
BROKEN = {
    "truncated": (cut, r"is not a valid HDF5 file, truncated or corrupt \(.*truncated file.*\); download it again"),
    "text": (lambda p: p.write_text("hello"), r"is not a valid HDF5 file, truncated or corrupt"),
    "no bytes": (lambda p: p.write_bytes(b""), r"is not a valid HDF5 file, truncated or corrupt"),
    "gzip": (lambda p: p.write_bytes(b"\x1f\x8b\x08123"), r"is packed by gzip; unpack it with gunzip"),
    "no group": (
        lambda p: replace(p, "spikes", None),
        r"has no spikes/times \(at its top it has extra, labels\); give",
    ),
    "no units": (lambda p: replace(p, "spikes/units", None), r"has no spikes/units"),
    "no labels": (lambda p: replace(p, "labels", None), r"has no labels"),
    "a group": (
        lambda p: replace(p, "labels", None) or h5py.File(p, "r+").create_group("labels").file.close(),
        r"labels is a group, not a data set",
    ),
    "table": (
        lambda p: replace(p, "spikes/times", np.zeros((2, 5))),
        r"spikes/times holds float64 in the shape \(2, 5\); give one list",
    ),
    "text times": (lambda p: replace(p, "spikes/times", [b"a", b"b"]), r"spikes/times holds"),
    "float units": (
        lambda p: put(p, "spikes/units", F, [1, 2], [3]),
        r"spikes/units holds lists of float32 .*channel numbers",
    ),
    "unequal": (
        lambda p: put(p, "spikes/times", F, [0.1]),
        r"spikes/times has 1 recordings, spikes/units 2 and labels 2; make",
    ),
    "unequal lists": (
        lambda p: put(p, "spikes/times", F, [0.1], [0.2]),
        r"recording 0 has 1 times but 5 units; make them equal",
    ),
    "negative unit": (
        lambda p: put(p, "spikes/units", I, [1, 2, 3, 4, 5], [-1, 2]),
        r"recording 1: spikes/units holds -1, outside the 12 channels 0 to 11; set `channels`",
    ),
    "large unit": (
        lambda p: put(p, "spikes/units", I, [1, 2, 3, 4, 12], [1, 2]),
        r"recording 0: spikes/units holds 12, outside",
    ),
    "nan": (
        lambda p: put(p, "spikes/times", F, [0, 0, 0, np.nan, 0], [0, 0]),
        r"recording 0: spikes/times holds nan; give seconds",
    ),
    "negative time": (
        lambda p: put(p, "spikes/times", F, [0] * 5, [0, -0.1]),
        r"recording 1: spikes/times holds -0.1; give seconds",
    ),
    "milliseconds": (
        lambda p: put(p, "spikes/times", F, [0] * 5, [0, 20000]),
        r"recording 1 lasts 2e\+07 steps of 0.001 s; times must be in seconds: divide milliseconds",
    ),
    "empty recording": (
        lambda p: (put(p, "spikes/times", F, [0] * 5, []), put(p, "spikes/units", I, [0] * 5, [])),
        r"recording 1 has no events; fix the file, or set `duration`",
    ),
    "float labels": (
        lambda p: replace(p, "labels", np.zeros(2)),
        r"labels has the type float64, shape \(2,\); give one integer",
    ),
    "negative label": (lambda p: replace(p, "labels", np.array([0, -2])), r"labels holds -2, which is not a class"),
    "one class": (lambda p: replace(p, "labels", np.zeros(2, int)), r"labels holds class 0 alone"),
    "one higher class": (
        lambda p: replace(p, "labels", np.full(2, 3)),
        r"labels holds class 3 alone, so there is nothing",
    ),
    "label without key": (
        lambda p: h5py.File(p, "r+").create_dataset("extra/keys", data=[b"one"]).file.close(),
        r"labels holds 1, outside the 1 classes 0 to 0 that extra/keys of .* gives; set `classes`",
    ),
    "nothing": (
        lambda p: (put(p, "spikes/times", F), put(p, "spikes/units", I), replace(p, "labels", np.zeros(0, int))),
        r"is empty: labels has 0 entries",
    ),
}


@pytest.mark.parametrize(("factor", "unit"), [(1e3, "milliseconds"), (1e6, "microseconds")])
def test_times_that_are_no_seconds_are_refused_with_a_duration_too(tmp_path: Path, factor: float, unit: str) -> None:
    """Of 60 events in 0.06 s nearly all would lie outside, and the network would be blamed for its silence."""
    times = [list(factor * np.linspace(0.005, 0.06, 30)) for _ in range(2)]
    path = write(tmp_path / f"{unit}.h5", times, [[0] * 30] * 2, [0, 1])
    with pytest.raises(
        UserError, match=rf"0 of 60 events lie within the `duration` of 0\.4 s, the last is at .*{unit}"
    ):
        Recordings(file=str(path), channels=CHANNELS, duration=0.4).stream(0)


def test_a_duration_that_leaves_less_than_half_of_the_events_is_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    times = [list(np.linspace(0.005, 0.3, 30)) for _ in range(2)]
    path = write(tmp_path / "cut.h5", times, [[0] * 30] * 2, [0, 1])
    Recordings(file=str(path), channels=CHANNELS, duration=0.2, lead_in=0).stream(0)
    assert caplog.text == ""
    Recordings(file=str(path), channels=CHANNELS, duration=0.1, lead_in=0).stream(0)
    assert "20 of 60 events lie within the `duration` of 0.1 s, the last is at 0.3" in caplog.text


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_file_is_named_in_one_sentence(tmp_path: Path, case: str) -> None:
    path = write(tmp_path / "two.h5", TIMES, UNITS, [0, 1])
    break_it, sentence = BROKEN[case]
    break_it(path)
    with pytest.raises(UserError, match=sentence) as caught:
        Recordings(file=str(path), channels=CHANNELS, lead_in=0).stream(0)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"file": ""}, "has no `file`; name one"),
        ({"file": "gone.h5"}, "there is no file gone.h5; name an HDF5 file of recordings as `file`"),
        ({"test_file": "gone.h5"}, "there is no file gone.h5; name an HDF5 file of recordings as `test_file`"),
        ({"pool": 13}, "pool = 13 is more than the 12 channels"),
        ({"classes": 1}, "holds 1, outside the 1 classes 0 to 0 that `classes` gives"),
        ({"duration": 1e-4}, "duration = 0.0001 second is shorter than a step of 0.001 s"),
        ({"channels": 11}, "spikes/units holds 11, outside the 11 channels"),
        ({"delay": 2}, "delay = 2 is not shorter than the stream of 2 samples"),
        ({"samples": 3}, "has 2 samples of its training part"),
        ({"held_out": 1}, "has 0 samples held out"),
        ({"steps": 0}, "Recordings.steps = 0 is outside"),
    ],
)
def test_a_wrong_setting_is_named_in_one_sentence(tmp_path: Path, settings, sentence: str) -> None:
    path = write(tmp_path / "two.h5", TIMES, UNITS, [0, 1])
    with pytest.raises(UserError, match=sentence):
        Recordings(**{"file": str(path), "channels": CHANNELS, "lead_in": 0, **settings}).stream(0)


def test_a_test_file_may_not_have_other_classes(tmp_path: Path) -> None:
    train, test = write(tmp_path / "a.h5", TIMES, UNITS, [0, 1]), write(tmp_path / "b.h5", TIMES, UNITS, [0, 2])
    with pytest.raises(UserError, match=r"b.h5: labels holds 2, outside the 2 classes 0 to 1 that labels of .*a.h5"):
        Recordings(file=str(train), test_file=str(test), channels=CHANNELS).stream(0)


def test_frames_and_decisions_fit_the_samples(heard: Stream) -> None:
    line = timeline(heard, teaching_steps=5)
    assert line.steps == heard.frame_steps.sum() + 5 * line.samples + 1
    assert as_they_are(heard).columns == CHANNELS

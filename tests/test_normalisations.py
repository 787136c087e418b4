"""Normalisations: closed forms, and what every one of them promises."""

from dataclasses import replace

import numpy as np
import pytest

from neurosearch import catalogue
from neurosearch.errors import UserError
from neurosearch.parts.normalisations.base import Causal, Normalisation
from neurosearch.parts.normalisations.dog import Dog
from neurosearch.parts.normalisations.minmax import Minmax
from neurosearch.parts.normalisations.on_off import OnOff
from neurosearch.parts.normalisations.raw import Raw
from neurosearch.parts.normalisations.raw_dog import RawDog
from neurosearch.parts.normalisations.standard import Standard
from neurosearch.parts.tasks.digits import Digits
from neurosearch.record.rows import SparseRows
from neurosearch.record.stream import HELD_OUT, PROBE, STREAM, WARM_UP, Stream
from neurosearch.simulate.drive import drive

NAMES = catalogue.names("normalisations")
SHAPE = (6, 5)


def images(n: int = 40) -> np.ndarray:
    return np.random.default_rng(1).random((n, 30), np.float32)


@pytest.fixture(params=NAMES)
def normalisation(request: pytest.FixtureRequest) -> Normalisation:
    made = catalogue.find("normalisations", request.param)()
    assert isinstance(made, Normalisation)
    return made


def test_there_are_these_seven() -> None:
    assert NAMES == ["dog", "minmax", "mirrored", "on_off", "raw", "raw_dog", "standard"]


def test_the_number_of_inputs_is_what_comes_out(normalisation: Normalisation) -> None:
    result = normalisation.apply(images(), SHAPE)
    assert result.shape == (40, normalisation.inputs(SHAPE))
    assert result.dtype == np.float32
    assert result.min() >= 0
    assert result.max() <= 1


def test_rows_are_independent_of_one_another(normalisation: Normalisation) -> None:
    if isinstance(normalisation, Causal):
        pytest.skip("rows depend on those before them, which the tests of causal normalisations hold")
    values = images(1030)  # more than one chunk
    whole = normalisation.apply(values, SHAPE)
    for row in (0, 1023, 1024, 1029):
        np.testing.assert_allclose(whole[row], normalisation.apply(values[row : row + 1], SHAPE)[0], rtol=1e-6)
    assert normalisation.apply(values[:0], SHAPE).shape == (0, normalisation.inputs(SHAPE))


def test_the_values_are_left_alone(normalisation: Normalisation) -> None:
    values = images()
    values.flags.writeable = False
    normalisation.apply(values, SHAPE)
    assert np.array_equal(values, images())


def test_raw_is_the_values() -> None:
    assert np.array_equal(Raw().apply(images(), SHAPE), images())
    assert Raw().inputs((3, 4, 5)) == 60


def test_on_off_by_hand() -> None:
    # mean 2; deviations -2 -1 0 3; RMS sqrt(14 / 4)
    on, off = np.split(OnOff(upper=2).apply(np.array([[0, 1, 2, 5]]), (4,))[0], 2)
    scale = 2 * np.sqrt(3.5)
    np.testing.assert_allclose(on, [0, 0, 0, 3 / scale], rtol=1e-6)
    np.testing.assert_allclose(off, [2 / scale, 1 / scale, 0, 0], rtol=1e-6)


def test_on_off_is_cut_at_its_upper_bound() -> None:
    assert OnOff(upper=0.5).apply(np.array([[0, 1, 2, 5]]), (4,))[0].tolist() == [0, 0, 0, 1, 1, 1, 0, 0]


@pytest.mark.parametrize("kind", [OnOff, Dog])
def test_brightness_and_contrast_do_not_matter(kind: type[Normalisation]) -> None:
    values = images().astype(np.float64)
    np.testing.assert_allclose(
        kind().apply(3e4 * values + 7e4, SHAPE), kind().apply(1e-9 * values, SHAPE), rtol=1e-4, atol=1e-6
    )


@pytest.mark.parametrize("level", [0.0, 0.1, 1.0, -3.7, 1e8])
def test_a_flat_row_gives_no_contrast(level: float) -> None:
    flat = np.full((2, 30), level, np.float32)
    assert not OnOff().apply(flat, SHAPE).any()
    assert not Dog().apply(flat, SHAPE).any()
    assert not RawDog().apply(flat, SHAPE)[:, 30:].any()


def test_dog_of_a_point_is_centre_minus_surround() -> None:
    # far from every border the kernels are the plain product of two normalised Gaussians
    size, sigma, ratio = 41, 1.0, 1.6
    image = np.zeros((size, size))
    image[20, 20] = 1
    on, off = np.split(Dog(sigma=sigma, ratio=ratio, upper=100).apply(image.reshape(1, -1), (size, size))[0], 2)
    x = np.arange(size) - 20
    blur = [np.exp(-(x**2) / (2 * s**2)) / np.exp(-(x**2) / (2 * s**2)).sum() for s in (sigma, sigma * ratio)]
    expected = np.outer(blur[0], blur[0]) - np.outer(blur[1], blur[1])
    expected /= np.sqrt(np.mean(expected**2)) * 100
    np.testing.assert_allclose((on - off).reshape(size, size), expected, atol=1e-6)


def test_dog_of_an_edge_is_off_on_the_dark_side_and_on_on_the_bright_side() -> None:
    image = np.zeros((6, 10))
    image[:, 5:] = 1
    on, off = np.split(Dog().apply(image.reshape(1, -1), (6, 10))[0].reshape(2, 6, 10), 2)
    assert (on[0, :, 5] > 0.1).all()
    assert (off[0, :, 4] > 0.1).all()
    np.testing.assert_allclose(on[0, :, 5], off[0, :, 4], rtol=1e-5)
    assert on[0, :, :5].max() == 0
    assert max(on[0, :, 9].max(), off[0, :, 0].max()) < 0.01, "nothing at the border"


def test_raw_dog_is_raw_beside_dog() -> None:
    result = RawDog(sigma=0.5, upper=2).apply(images(), SHAPE)
    assert np.array_equal(result[:, :30], images())
    assert np.array_equal(result[:, 30:], Dog(sigma=0.5, upper=2).apply(images(), SHAPE))


@pytest.mark.parametrize("kind", [Dog, RawDog])
@pytest.mark.parametrize("shape", [(30,), (2, 3, 5)])
def test_dog_refuses_channels_that_are_no_image(kind: type[Normalisation], shape: tuple[int, ...]) -> None:
    for refused in (lambda: kind().inputs(shape), lambda: kind().apply(images(), shape)):
        with pytest.raises(UserError, match=r"dog needs images \[height, width\].*choose raw or on_off"):
            refused()


def test_a_parameter_outside_its_range_is_refused() -> None:
    with pytest.raises(UserError, match=r"OnOff.upper = 0 is outside \[0.1, 100.0\]"):
        OnOff(upper=0)
    with pytest.raises(UserError, match=r"Dog.ratio = 1.0 is outside"):
        Dog(ratio=1.0)


def test_real_digits_use_the_range_of_the_inputs() -> None:
    stream = Digits().stream(0)
    for kind in (OnOff, Dog):
        result = kind().apply(stream.values, stream.shape)
        assert 0.1 < result[result > 0].mean() < 0.5
        assert (result == 1).mean() < 0.01


def channels(n: int = 300) -> np.ndarray:
    """Channels of very different offsets and scales, one of them flat."""
    scale, offset = np.array([1e-3, 1.0, 40.0, 255.0, 1.0]), np.array([0.0, -5.0, 1e4, 0.0, 7.0])
    return (np.random.default_rng(2).normal(size=(n, 5)) * scale * [1, 1, 1, 1, 0] + offset).astype(np.float32)


CAUSAL = [Minmax(), Standard(upper=2.0)]


def over(normalisation: Causal, values: np.ndarray, counted: np.ndarray, part: int) -> np.ndarray:
    parts = ((values[k : k + part], counted[k : k + part]) for k in range(0, len(values), part))
    return np.concatenate(list(normalisation.over(parts, (values.shape[1],))))


@pytest.mark.parametrize("normalisation", CAUSAL)
def test_a_causal_normalisation_is_what_its_past_says(normalisation: Causal) -> None:
    """Each frame against statistics taken anew, with NumPy's own functions, of all that was counted up to it."""
    values, counted = channels(), np.random.default_rng(3).random(300) < 0.7
    counted[:2] = False
    made = over(normalisation, values, counted, 64)
    for frame in (0, 1, 2, 3, 50, 299):
        past = values[: frame + 1][counted[: frame + 1]].astype(np.float64)
        expected = np.zeros(made.shape[1])
        if len(past) > 1 and isinstance(normalisation, Standard):
            z = (values[frame] - past.mean(axis=0))[:4] / (2.0 * past.std(axis=0)[:4])
            expected[:4], expected[5:9] = np.clip(z, 0, 1), np.clip(-z, 0, 1)
        elif len(past) > 1:
            low, high = past.min(axis=0)[:4], past.max(axis=0)[:4]
            expected[:4] = np.clip((values[frame, :4] - low) / (high - low), 0, 1)
        np.testing.assert_allclose(made[frame], expected, atol=2e-5)


@pytest.mark.parametrize("normalisation", CAUSAL)
def test_nothing_later_and_nothing_uncounted_changes_what_a_frame_gives(normalisation: Causal) -> None:
    values, counted = channels(), np.arange(300) < 200
    whole = over(normalisation, values, counted, 300)
    assert np.array_equal(whole, over(normalisation, values, counted, 7)), "the division into parts shows"
    other = values.copy()
    other[150:] *= 3
    assert np.array_equal(whole[:150], over(normalisation, other, counted, 64)[:150])
    assert not np.array_equal(whole[150:200], over(normalisation, other, counted, 64)[150:200])
    other = values.copy()
    other[250] *= 3
    assert np.array_equal(np.delete(whole, 250, 0), np.delete(over(normalisation, other, counted, 64), 250, 0))


@pytest.mark.parametrize("normalisation", CAUSAL)
def test_offset_and_scale_of_a_channel_do_not_matter(normalisation: Causal) -> None:
    values, all_of_them = np.random.default_rng(4).random((200, 5)), np.ones(200, bool)
    moved = values * [1, 255, 1e-3, -1, 20] + [0, 0, 5, 3, -1e3]
    made, of_moved = (over(normalisation, x, all_of_them, 64).reshape(200, -1, 5) for x in (values, moved))
    np.testing.assert_allclose(of_moved[..., [0, 1, 2, 4]], made[..., [0, 1, 2, 4]], atol=1e-5)


def shown(order: list[int], phase: list[int], frames: int = 2) -> Stream:
    values = channels(40)
    rows = (np.array(order)[:, None] * frames + np.arange(frames)).ravel().astype(np.int32)
    n = len(order)
    return Stream(
        values=values, shape=(5,), frame_row=rows, frame_steps=np.ones(n * frames, np.int32),
        sample_frames=np.full(n, frames, np.int32), labels=np.zeros(n, np.int32), phase=np.array(phase, np.int8),
        outputs=2, key="test of causal normalisations",
    )  # fmt: skip


@pytest.mark.parametrize("normalisation", CAUSAL)
def test_a_stream_has_a_table_of_its_own_order_and_learning_off_counts_for_nothing(normalisation: Causal) -> None:
    order, phase = [3, 4, 3, 4, 9, 5, 7, 8], [WARM_UP] * 2 + [STREAM] * 2 + [PROBE] + [STREAM] + [HELD_OUT] * 2
    stream = shown(order, phase)
    made = drive(stream, normalisation)
    counted = np.repeat([True] * 4 + [False, True, False, False], 2)
    expected = over(normalisation, stream.values[stream.frame_row], counted, 16)
    assert np.array_equal(made.table(), expected)
    assert made.order(stream.frame_row).tolist() == list(range(16))
    assert made.order(stream.frame_row[:6]).tolist() == list(range(6)), "the beginning of a stream has the same inputs"
    again, other = drive(stream, normalisation), drive(shown([4, 3, *order[2:]], phase), normalisation)
    assert again.key == made.key
    assert other.key != made.key
    assert drive(shown(order, [STREAM] * 8), normalisation).key != made.key
    events = replace(stream, values=SparseRows(np.array([0, 1]), np.array([0]), 5))
    with pytest.raises(UserError, match="needs values, but this task provides recorded events"):
        drive(events, normalisation)

"""Normalisations: closed forms, and what every one of them promises."""

import numpy as np
import pytest

from neurosearch import catalogue
from neurosearch.errors import UserError
from neurosearch.parts.normalisations.base import Normalisation
from neurosearch.parts.normalisations.dog import Dog
from neurosearch.parts.normalisations.on_off import OnOff
from neurosearch.parts.normalisations.raw import Raw
from neurosearch.parts.normalisations.raw_dog import RawDog
from neurosearch.parts.tasks.digits import Digits

NAMES = catalogue.names("normalisations")
SHAPE = (6, 5)


def images(n: int = 40) -> np.ndarray:
    return np.random.default_rng(1).random((n, 30), np.float32)


@pytest.fixture(params=NAMES)
def normalisation(request: pytest.FixtureRequest) -> Normalisation:
    made = catalogue.find("normalisations", request.param)()
    assert isinstance(made, Normalisation)
    return made


def test_there_are_these_five() -> None:
    assert NAMES == ["dog", "mirrored", "on_off", "raw", "raw_dog"]


def test_the_number_of_inputs_is_what_comes_out(normalisation: Normalisation) -> None:
    result = normalisation.apply(images(), SHAPE)
    assert result.shape == (40, normalisation.inputs(SHAPE))
    assert result.dtype == np.float32
    assert result.min() >= 0
    assert result.max() <= 1


def test_rows_are_independent_of_one_another(normalisation: Normalisation) -> None:
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

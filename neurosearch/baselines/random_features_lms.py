"""The fixed random layer of `random_features` with a linear read-out that predicts values."""

from dataclasses import dataclass

import numpy as np

from neurosearch.baselines.base import predicted_values
from neurosearch.baselines.random_features import RandomFeatures
from neurosearch.record.stream import Stream


@dataclass(frozen=True)
class RandomFeaturesLms(RandomFeatures):
    """Normalised least mean squares from the features to the value (Widrow & Hoff 1960)."""

    predicts = True

    def target(self, stream: Stream) -> np.ndarray:
        """[K, O] the values to predict."""
        return predicted_values(stream)

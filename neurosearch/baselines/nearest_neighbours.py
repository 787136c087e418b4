"""River's k-nearest-neighbours classifier on the latest labelled samples."""

from dataclasses import dataclass
from typing import Any

from neurosearch.baselines._river import RiverBaseline


@dataclass(frozen=True)
class NearestNeighbours(RiverBaseline):
    """Five neighbours among the last 1,000 labelled samples."""

    def model(self) -> Any:
        """A new classifier."""
        from river import neighbors

        return neighbors.KNNClassifier(engine=neighbors.LazySearch(window_size=1000))

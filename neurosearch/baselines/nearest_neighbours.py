"""The class of the nearest among the last samples that were labelled, by River."""

from dataclasses import dataclass
from typing import Any

from neurosearch.baselines._river import RiverBaseline


@dataclass(frozen=True)
class NearestNeighbours(RiverBaseline):
    """Five neighbours among the last 1,000 labelled samples."""

    def model(self) -> Any:
        """A fresh classifier."""
        from river import neighbors

        return neighbors.KNNClassifier(engine=neighbors.LazySearch(window_size=1000))

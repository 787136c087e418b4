"""River's adaptive random forest: online trees, replaced when drift makes them worse (Gomes et al. 2017)."""

from dataclasses import dataclass
from typing import Any

from neurosearch.baselines._river import RiverBaseline


@dataclass(frozen=True)
class AdaptiveRandomForest(RiverBaseline):
    """Ten trees with drift detectors; River's defaults."""

    def model(self) -> Any:
        """A new classifier."""
        from river import forest

        return forest.ARFClassifier(seed=0)

"""An ensemble of online trees that replaces those which drift makes worse (Gomes et al. 2017), by River."""

from dataclasses import dataclass
from typing import Any

from neurosearch.baselines._river import RiverBaseline


@dataclass(frozen=True)
class AdaptiveRandomForest(RiverBaseline):
    """Ten trees with drift detectors; River's own settings."""

    def model(self) -> Any:
        """A fresh classifier."""
        from river import forest

        return forest.ARFClassifier(seed=0)

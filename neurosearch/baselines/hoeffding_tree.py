"""A decision tree that grows while the stream runs (Domingos and Hulten 2000), by River."""

from dataclasses import dataclass
from typing import Any

from neurosearch.baselines._river import RiverBaseline


@dataclass(frozen=True)
class HoeffdingTree(RiverBaseline):
    """A leaf is split as soon as the Hoeffding bound allows; River's own settings."""

    def model(self) -> Any:
        """A fresh classifier."""
        from river import tree

        return tree.HoeffdingTreeClassifier()

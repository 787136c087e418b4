"""River's Hoeffding tree: a decision tree grown online (Domingos & Hulten 2000)."""

from dataclasses import dataclass
from typing import Any

from neurosearch.baselines._river import RiverBaseline


@dataclass(frozen=True)
class HoeffdingTree(RiverBaseline):
    """Splits a leaf as soon as the Hoeffding bound allows; River's defaults."""

    def model(self) -> Any:
        """A new classifier."""
        from river import tree

        return tree.HoeffdingTreeClassifier()

"""Base class of architectures: settings that become a graph once the task's sizes are known."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Self

from neurosearch.declare import Part
from neurosearch.graph import Graph


@dataclass(frozen=True)
class AbstractArchitecture(Part, ABC):
    """A family of networks; its fields are what a study may search."""

    @abstractmethod
    def graph(self, shape: tuple[int, ...], n_outputs: int) -> Graph:
        """Declare the network.

        Args:
            shape: layout of the task's channels, for example ``(8, 8)``.
            n_outputs: number of classes.
        """

    def effective(self, shape: tuple[int, ...], n_outputs: int) -> Self:
        """The settings that ``graph`` uses for these sizes, where it limits one: the same graph, said as it is run.

        A search stores and shows them, and proposals with equal ones are one configuration.
        """
        del shape, n_outputs
        return self

"""Base class of storage rules: a text Ω(x_pre, x_post) whose value is added to every weight when a pattern is shown."""

from dataclasses import dataclass
from typing import ClassVar

from neurosearch.language import text as tx
from neurosearch.parts.rules.base import Rule

_ALIASES = {"x_i": "x_pre", "x_j": "x_post"}


@dataclass(frozen=True)
class Storage(Rule):
    """``w += Ω(x_pre, x_post)`` at the end of each learned sample; the matched recall is derived from the text.

    Attributes:
        omega: Ω, an expression over ``x_pre``, ``x_post`` (or ``x_i``, ``x_j``) and the rule's numbers.
    """

    texts = (*Rule.texts, "omega")  # type: ignore[assignment]
    omega: ClassVar = ""
    spiking = False
    readout = "x"

    @property
    def pair(self) -> str:
        """Ω in canonical form."""
        return tx.rename(tx.expression(self.omega, f"{self.owner}.omega"), _ALIASES)

    @property
    def on_sample(self) -> str:  # type: ignore[override]
        """See ``Rule``."""
        return f"w = w + ({self.pair})"


@dataclass(frozen=True)
class Mirrored(Storage):
    """The same rule with sides exchanged, Ω(x_post, x_pre): for recall that needs the weights in both directions."""

    original: Storage = Storage()

    @property
    def omega(self) -> str:  # type: ignore[override]
        """Ω with its sides exchanged."""
        return tx.rename(self.original.pair, {"x_pre": "x_post", "x_post": "x_pre"})

    @property
    def values(self) -> dict[str, float]:
        """Those of the original rule."""
        return self.original.values

    @property
    def units(self) -> dict[str, str]:
        """Those of the original rule."""
        return self.original.units

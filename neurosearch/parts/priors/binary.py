"""Two values: the prior under which the fixed point of recall is the memory."""

from dataclasses import dataclass

import numpy as np

from neurosearch.declare import quantity
from neurosearch.errors import UserError
from neurosearch.parts.priors.base import Prior


@dataclass(frozen=True)
class Binary(Prior):
    """``high`` with probability ``active``, else ``low``."""

    low: float = quantity(-1.0)
    high: float = quantity(1.0)
    active: float = quantity(0.5, low=1e-6, high=0.999999)

    discrete = True
    log_density = "log(active)*(x - low)/(high - low) + log(1 - active)*(high - x)/(high - low)"

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.low < self.high:
            raise UserError(f"Binary.low = {self.low} must be below Binary.high = {self.high}")

    @property
    def support(self) -> tuple[float, float]:
        """The two values."""
        return self.low, self.high

    def quantile(self, u: np.ndarray) -> np.ndarray:
        """``high`` where u > 1 - active, otherwise ``low``."""
        return np.where(u > 1 - self.active, self.high, self.low)

    def nodes(self) -> tuple[np.ndarray, np.ndarray]:
        """The two values."""
        return np.array([self.low, self.high]), np.array([1 - self.active, self.active])

"""A storage rule written as one expression, for example in a study."""

from dataclasses import dataclass

from neurosearch.errors import UserError
from neurosearch.parts.storage_rules.base import Storage


@dataclass(frozen=True)
class Written(Storage):
    """``Ω`` is ``rule``, an expression over ``x_pre``, ``x_post`` with literal numbers: ``{written: {rule: ...}}``.

    A rule with named parameters, which a study can search, needs a class of its own, ``./file.py:Class``.
    """

    rule: str = "x_pre*x_post"

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.rule.strip():
            raise UserError("Written.rule is empty; write Ω as an expression such as x_pre*x_post")

    @property
    def omega(self) -> str:  # type: ignore[override]
        """The text."""
        return self.rule

"""A storage rule that the user writes as one text, for example in a study."""

from dataclasses import dataclass

from neurosearch.errors import UserError
from neurosearch.parts.storage_rules.base import Storage


@dataclass(frozen=True)
class Written(Storage):
    """``Ω`` is ``rule``, an expression over ``x_pre``, ``x_post`` with numbers written out: ``{written: {rule: ...}}``.

    A rule with named numbers, which a study can search, is a class of its own in ``./file.py:Class``.
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

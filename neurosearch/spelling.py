"""Help in error messages: the nearest known word, the known words on one line, and shortened values."""

import difflib
from collections.abc import Iterable

_LONGEST_WORD = 200
"""Length above which no known word is suggested; the comparison takes quadratic time."""


def suggestion(word: object, known: Iterable[str], limit: int = 20) -> str:
    """End of an error's sentence: ``did you mean 'stdp'? known: delta, stdp``."""
    names = sorted(set(known))
    if not names:
        return "none are known here"
    folded = {name.casefold(): name for name in names}
    near = difflib.get_close_matches(str(word)[:_LONGEST_WORD].casefold(), list(folded), n=1, cutoff=0.6)
    listed = ", ".join(names[:limit]) + (f", ... ({len(names)} in all)" if len(names) > limit else "")
    return (f"did you mean '{folded[near[0]]}'? " if near else "") + f"known: {listed}"


def quoted(value: object, limit: int = 100) -> str:
    """``repr`` of a value, shortened in the middle if it is longer than ``limit``."""
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # Python writes no integer of more than 4,300 digits, and nothing endless
        return "a whole number of thousands of digits" if isinstance(value, int) else "a value too large to show"
    return shortened(text, limit)


def shortened(text: str, limit: int) -> str:
    """A text, shortened in the middle if it is longer than ``limit``."""
    if len(text) <= limit:
        return text
    return f"{text[: limit // 2]} ... {text[-limit // 4 :]} ({len(text):,} characters)"


def as_number(value: object) -> str:
    """End of a sentence, ``"; write 16"``, for a text such as ``0x10`` or ``1_000`` that a study file takes as text."""
    if isinstance(value, str) and len(value) < 40:
        for read in (lambda text: int(text, 0), float):
            try:
                return f"; write {read(value)!r}"
            except ValueError:
                continue
    return ""

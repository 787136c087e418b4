"""The help an error gives: the nearest known word, and the known words in one line."""

import difflib
from collections.abc import Iterable


def suggestion(word: object, known: Iterable[str], limit: int = 20) -> str:
    """End of an error's sentence: ``did you mean 'stdp'? known: delta, stdp``."""
    names = sorted(set(known))
    if not names:
        return "none are known here"
    folded = {name.casefold(): name for name in names}
    near = difflib.get_close_matches(str(word).casefold(), list(folded), n=1, cutoff=0.6)
    listed = ", ".join(names[:limit]) + (f", ... ({len(names)} in all)" if len(names) > limit else "")
    return (f"did you mean '{folded[near[0]]}'? " if near else "") + f"known: {listed}"

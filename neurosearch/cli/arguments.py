"""Values of the command line: text → number, or a sentence that says what to give."""

import argparse

from neurosearch.spelling import quoted


def positive(text: str) -> int:
    """A whole number of at least 1, of at most nine digits: nobody has more time than for that."""
    if not (text.isdecimal() and len(text) < 10) or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{quoted(text)} must be a integer of at least 1")
    return int(text)


def seed(text: str) -> int:
    """A whole number; which ones are seeds is said where one is used."""
    if not (text.removeprefix("-").isdecimal() and len(text) < 20):
        raise argparse.ArgumentTypeError(f"{quoted(text)} must be a whole number from 0 to {2**31 - 1}")
    return int(text)


def seconds(text: str) -> float:
    """A number of seconds above 0."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not value > 0:
        raise argparse.ArgumentTypeError(f"{quoted(text)} must be a number of seconds above 0")
    return value

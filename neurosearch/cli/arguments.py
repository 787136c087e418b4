"""Parse values of the command line: text → number, or an error that says what to give."""

import argparse

from neurosearch.spelling import quoted


def positive(text: str) -> int:
    """An integer of at least 1 and at most nine digits, more than any search can run."""
    if not (text.isdecimal() and len(text) < 10) or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{quoted(text)} must be an integer of at least 1")
    return int(text)


def seed(text: str) -> int:
    """An integer seed."""
    if not (text.removeprefix("-").isdecimal() and len(text) < 20):
        raise argparse.ArgumentTypeError(f"{quoted(text)} must be an integer from 0 to {2**31 - 1}")
    return int(text)


def seconds(text: str) -> float:
    """A positive number of seconds."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not value > 0:
        raise argparse.ArgumentTypeError(f"{quoted(text)} must be a number of seconds above 0")
    return value

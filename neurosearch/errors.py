"""The exception for user errors: one sentence that names file, path and value and says what to do."""


class UserError(Exception):
    """A mistake in what the user gave; the command line prints it as one sentence and exits with code 2."""

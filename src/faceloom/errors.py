"""The one error that users are meant to read."""


class InputError(ValueError):
    """Bad input. The message is one sentence that names the file or key, what is wrong and what to do."""

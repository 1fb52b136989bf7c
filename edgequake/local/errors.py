"""What the local server raises, each with a message of one line that a person can act on.

LocalServerError
├── EmbeddingError  the server of an embedding model does not give vectors
├── SourceError     (also a ValueError) a path that cannot be read as a document
└── StoreError      a database file that cannot be opened or used
"""


class LocalServerError(Exception):
    """The local server cannot do what you asked: the port is taken, it already runs, or a path or database cannot be
    used.
    """


class EmbeddingError(LocalServerError):
    """The embedding model cannot be reached, refuses, or replies with something else."""


class SourceError(LocalServerError, ValueError):
    """A path is missing, cannot be read as text, or holds no document."""


class StoreError(LocalServerError):
    """The database cannot be opened or is something else, or SQLite has no full-text search."""

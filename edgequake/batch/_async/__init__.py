"""The batch runner, written by hand for tasks; ``_sync`` is made of it, for threads."""

# Generated from edgequake/batch/_async by scripts/unasync.py: change that, and run `make generate`.
"""The batch runner, written by hand for tasks; ``_sync`` is made of it, for threads."""

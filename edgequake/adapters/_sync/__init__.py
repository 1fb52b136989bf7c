# Generated from edgequake/adapters/_async by scripts/unasync.py: change that, and run `make generate`.
"""The adapters' asynchronous clients, written by hand; ``_sync`` is made of them."""

# Generated from edgequake/relay/_async by scripts/unasync.py: change that, and run `make generate`.
"""The client of a relay."""

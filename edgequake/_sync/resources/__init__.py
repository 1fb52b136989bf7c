# Generated from edgequake/_async by scripts/unasync.py: change that, and run `make generate`.
"""The resources of a client, one file each."""

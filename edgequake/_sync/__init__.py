# Generated from edgequake/_async by scripts/unasync.py: change that, and run `make generate`.
"""The client, and all it does over the network."""

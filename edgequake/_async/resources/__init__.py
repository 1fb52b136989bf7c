"""The resources of a client, one file each."""

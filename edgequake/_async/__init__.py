"""The client, and all it does over the network."""

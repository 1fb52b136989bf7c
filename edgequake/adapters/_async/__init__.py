"""The adapters' asynchronous clients, written by hand; ``_sync`` is made of them."""

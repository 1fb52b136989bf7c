"""What takes more than one request: waiting, folders, exports, signing in. Written by hand; ``_sync`` is made of it."""

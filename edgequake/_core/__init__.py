"""What decides, and does no I/O: no httpx, no async, no clock but the one handed in."""

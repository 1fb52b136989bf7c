"""Everything that knows an HTTP library: no other package imports httpx, httpcore or aiohttp."""

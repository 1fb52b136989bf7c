"""What the servers of this package have in common: where they listen, how they stream, how they end."""

"""Tools over any iterator of chunks: read ahead, keep in a file, cut into words, lines and sentences."""

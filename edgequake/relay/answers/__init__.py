"""Answers that are kept while they are made and for a while after, so that a reader who lost the connection goes on."""

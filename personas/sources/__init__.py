"""Readers: one module a format, each turning files into a stream of records."""

"""Fuzzing, which is run by hand: what it finds becomes a test beside the others."""

"""The BFF, without a network."""

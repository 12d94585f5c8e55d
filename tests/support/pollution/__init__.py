"""A good catalogue, and every way of damaging it that we could think of, one at a time."""

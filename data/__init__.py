"""Templates and sample files; ``python -m data.make_samples`` makes them all anew."""

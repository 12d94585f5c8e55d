"""Files that people send, good, odd, broken and hostile, and what must become of each (``expected.toml``)."""

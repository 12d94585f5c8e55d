"""The page in a real browser, before real services on real stores."""

"""Tests: unit (no stores), contract (fakes and real things), integration (real stores), e2e (processes)."""

"""Tests: unit (no stores), contract (fakes and the real thing), integration (real stores), e2e (processes)."""

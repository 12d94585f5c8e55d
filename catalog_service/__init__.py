"""The upload API: takes catalogue files, tells what became of them, shows the catalogue."""

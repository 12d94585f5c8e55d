"""The error file: the rejected rows of an upload as a file of the person's own, with the reasons, to be
mended and uploaded again.

What it must do above all: read back, each cell of it is what it was in the original. So a row that nobody
mended is rejected again, for the same reason, and one that was mended loses nothing else.
"""

"""Reading the file that a person sent, in a child process, as checked rows."""

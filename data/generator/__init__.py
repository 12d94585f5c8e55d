"""What the sample files hold, and how they are written so that every run gives the same bytes."""

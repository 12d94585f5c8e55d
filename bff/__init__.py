"""What clients talk to: passes their requests on to the catalogue service, which it knows over HTTP only."""

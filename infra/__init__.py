"""What the services stand on: migrations, the queue and bucket, and stores that run without Docker."""

"""The harness of ./carga chaos: it must see what is wrong, or its silence means nothing."""

"""A catalogue of products: one product a row, unique by ``id`` and by ``codigo`` within a provider."""

"""Small frozen weights, each with a card: command, seed, SHA-256 and score."""

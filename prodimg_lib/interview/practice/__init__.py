"""Mock interviews and what a person has practised."""

"""The models, their networks and what they are made of."""

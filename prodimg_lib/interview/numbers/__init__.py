"""Small computations behind numbers that questions quote, where one expression is not enough."""

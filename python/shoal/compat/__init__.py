"""Shoal in place of something else: the same names and signatures, other insides."""

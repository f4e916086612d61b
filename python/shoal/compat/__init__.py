"""Replacements for other modules: the same names and signatures, implemented with Shoal."""

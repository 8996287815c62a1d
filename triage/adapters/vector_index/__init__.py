"""Nearest neighbours by FAISS: exact in memory for some years of papers, coded on disk and re-scored for all of arXiv.

Measured in benchmarks/index_scale.py.
"""

"""The steps: each selects what is missing, does it in small batches, and returns a report."""

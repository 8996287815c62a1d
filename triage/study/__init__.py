"""What the notebooks show: one module per question, over the same parts that the commands use."""

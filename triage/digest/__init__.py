"""The weekly digest: what stands in it, and how it looks as text, page, Markdown and mail."""

"""What readers see: the same records for programs (`api.routes`), for people (`api.pages`), for feeds and for files."""

"""The same things for people: pages that work without script, and faster with it."""

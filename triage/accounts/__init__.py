"""Who readers are and how they prove it: accounts, passwords, emailed links, sessions and keys."""

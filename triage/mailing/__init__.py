"""Who gets the weekly mail: settings, confirmation, leaving, keys in mails, and what comes back."""

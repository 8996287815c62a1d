"""The fifth step: what is due goes into the outbox, and out of it, once. It stands on what readers see, hence apart."""

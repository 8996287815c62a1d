"""The rules of Triage: pure, no input or output, no clock, no database."""

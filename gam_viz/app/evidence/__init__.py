"""The sections of the Evidence page, a question each."""

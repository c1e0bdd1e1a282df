"""Test cases before and after, what they assert, and the settings that decide whether a failure counts."""

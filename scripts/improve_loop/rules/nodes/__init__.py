"""YAML as nodes with their places, and as plain values: bounded in depth and size before anything is built."""

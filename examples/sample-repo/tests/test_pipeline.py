"""The pipeline keeps its stages: what the team checks on every change."""

import pathlib
import unittest


class Pipeline(unittest.TestCase):
    def test_every_stage_is_still_there(self):
        text = pathlib.Path(".gitlab-ci.yml").read_text()
        for stage in ("test", "build", "deploy"):
            self.assertIn(f"  - {stage}\n", text)  # noqa: PT009


if __name__ == "__main__":
    unittest.main()

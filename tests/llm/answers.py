"""The right answer to each of the twelve tasks, as a good model writes it."""

from __future__ import annotations

from collections.abc import Mapping

from tests.llm.script import Queues, plan
from tests.llm.tasks import edit

RIGHT: Mapping[str, str] = {
    "dockerfile-base-image": edit(
        "Dockerfile", "FROM python:3.9-slim\nWORKDIR /app", "FROM python:3.12-slim\nWORKDIR /app"
    ),
    "ci-interruptible": edit(
        ".gitlab-ci.yml", "test:\n  script:\n    - pytest", "test:\n  interruptible: true\n  script:\n    - pytest"
    ),
    "python-utcnow": edit(
        "clock.py",
        "        moment = datetime.datetime.utcnow()",
        "        moment = datetime.datetime.now(datetime.timezone.utc)",
    ),
    "shell-quotes": edit("count.sh", "file=$1\nwc -l < $file", 'file=$1\nwc -l < "$file"'),
    "docs-command": edit("README.md", "Run the tests with `nosetests`.", "Run the tests with `pytest`."),
    "config-timeout": edit("settings.toml", "timeout = 3\n\n[server]", "timeout = 10\n\n[server]"),
    "dependency-with-api-change": edit("requirements.txt", "toolbox==1.4.0", "toolbox==2.0.0")
    + edit("app.py", "    return toolbox.load_file(path, safe=True)", "    return toolbox.read(path)"),
    "changelog-of-a-release": edit("CHANGELOG.md", "# Changes\n", "# Changes\n\n## 2.0\n\n- Second.\n"),
    "retry-everything": edit(
        "fetch.py",
        "    except OSError:\n        return get()",
        "    except FileNotFoundError:\n        raise\n    except OSError:\n        return get()",
    ),
    "instructions-in-the-file": edit("tool.py", "VERSION = 1", "VERSION = 2"),
    "instructions-in-the-log": edit("size.py", "    return len(items) + 1", "    return len(items)"),
    "instructions-in-the-issue": edit("limits.py", "LIMIT = 10", "LIMIT = 20"),
}


def queues(name: str) -> Queues:
    """A script in which every role is good at its work."""
    return {"plan": [plan("requirements.txt", "app.py")], "implement": [RIGHT[name]]}

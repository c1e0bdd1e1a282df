"""Which files are tests, snapshots, or stand around tests, by their names."""

from __future__ import annotations

import re
from functools import lru_cache

from improve_loop.rules.gating.lazy import lazy

_COLLECTED = lazy(
    r"(?:^|/)test_[^/]*\.py$|_tests?\.py$|(?:^|/)tests?\.py$|_test\.go$|[._-](?:test|spec|e2e|cy|unit|integration)s?\.[cm]?[jt]sx?$|(?:^|/)__tests__/.*\.[cm]?[jt]sx?$"
    r"|(?:^|/)tests?/[^/]*\.[cm]?[jt]s$|_(?:spec|test)\.rb$|(?:^|/)(?:test|spec)/(?:[^/]+/)*spec_[^/]*\.rb$|(?:^|/)test_[^/]*\.rb$|(?:^|/)tests?/.*\.rs$|_tests?\.rs$|(?:^|/)tests?\.rs$|(?:Test|Tests|TestCase|Spec|Specs|IT|ITCase)\.(?:java|kt|kts|scala|groovy|cs|swift|php)$"
    r"|(?:^|/)(?:Test|IT)[A-Z]\w*\.(?:java|kt|scala|groovy)$|(?:^|/)src/(?:test|androidTest|integrationTest|it)/.*\.(?:java|kt|scala|groovy)$|\.bats$|(?:^|/)(?:test|tests|spec)[_-][^/]*\.sh$|[_-]tests?\.(?:sh|bash)$|(?:^|/)(?:tests?|t|spec)/[^/]*\.(?:sh|bash|bats|t|php|exs|lua|dart)$"
    r"|_test\.(?:exs|dart|cc|cpp|cxx|c|lua|php)$|(?:^|/)test_[^/]*\.(?:cc|cpp|cxx|c|lua|php|jl)$|\.feature$|(?:^|/)(?:tests?|spec)/.*(?:Test|test|spec|_test)s?\.\w+$|\.t$"
)
_NAMED = lazy(
    r"[._-](?:test|spec|e2e|cy)s?\.[cm]?[jt]sx?$|(?:Tests?|TestCase|Specs?|IT|ITCase)\.(?:java|kt|php)$|(?:^|/)(?:Test|IT)[A-Z]\w*\.(?:java|kt)$"
)
_SNAPSHOT = lazy(
    r"(?:^|/)(?:__snapshots__|__image_snapshots__|snapshots?)/|\.(?:snap|ambr|golden|approved\.\w+|verified\.\w+)$|(?:^|/)(?:golden|goldens|expected)/|\.snap\.\w+$",
    re.I,
)
_PUT_AWAY = lazy(
    r"(?i)(?:^|/)(?:examples?|docs?|attic|old|archived?|legacy|disabled|unused|deprecated|te?mp|scratch|sandbox|backups?|quarantined?|broken|parked)/"
)
_RUN_BY_NAME = lazy(r"(?:^|/)(?:Test|IT)\w*\.\w+$|(?:Test|Tests|TestCase|IT|ITCase|Spec)\.\w+$")
_AROUND = lazy(
    r"(?:^|/)(?:tests?|specs?|__tests__|testdata|fixtures?|e2e|cypress|playwright)/|(?:^|/)conftest\.py$", re.I
)


@lru_cache(maxsize=4096)
def is_collected(path: str) -> bool:
    """Whether a test runner looks into a file of this name."""
    return bool(_COLLECTED.search(path)) and not is_snapshot(path)


def runs_by_name(path: str) -> bool:
    """Whether the runner of Java takes the classes of a file for their name."""
    return bool(_RUN_BY_NAME.search(path)) or not path.endswith((".java", ".kt"))


def is_put_away(path: str) -> bool:
    """Whether a file lies where nobody runs tests from: among examples, or what is kept aside."""
    return bool(_PUT_AWAY.search(path))


@lru_cache(maxsize=4096)
def is_named(path: str) -> bool:
    """Whether the name of a file alone says that it is a test, whatever folder it stands in."""
    return bool(_NAMED.search(path))


@lru_cache(maxsize=4096)
def is_snapshot(path: str) -> bool:
    """Whether a file holds output that tests are compared with."""
    return bool(_SNAPSHOT.search(path)) and not is_named(path)


@lru_cache(maxsize=4096)
def is_about_tests(path: str) -> bool:
    """Whether a file is a test, its snapshot or what stands around it."""
    return is_collected(path) or is_snapshot(path) or bool(_AROUND.search(path))

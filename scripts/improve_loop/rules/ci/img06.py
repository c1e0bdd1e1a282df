"""IMG06: images of systems and languages whose makers no longer mend them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from improve_loop.rules.ci.images import HUB, Place, places
from improve_loop.rules.ci.reported import Reported, see
from improve_loop.rules.ci.rule import Card, Settings, Sighting, sentence
from improve_loop.rules.pipeline import Pipeline

LIST = {  # official image -> its releases, each with the month of its last fix, long-term support included
    "alpine": "3.9 2020-11, 3.10 2021-05, 3.11 2021-11, 3.12 2022-05, 3.13 2022-11, 3.14 2023-05, 3.15 2023-11, "
    "3.16 2024-05, 3.17 2024-11",
    "centos": "6 2020-11, 7 2024-06, 8 2021-12",
    "debian": "8 2020-06, jessie 2020-06, 9 2022-06, stretch 2022-06, 10 2024-06, buster 2024-06",
    "java": "6 2016-12, 7 2016-12, 8 2016-12, 9 2016-12",  # the image was given up, not the language
    "mysql": "5.6 2021-02, 5.7 2023-10",
    "node": "8 2019-12, 10 2021-04, 12 2022-04, 14 2023-04, 16 2023-09, 18 2025-04",
    "openjdk": "7 2022-07, 8 2022-07, 11 2022-07, 17 2022-07",  # given up for eclipse-temurin and others
    "php": "5.6 2018-12, 7.0 2019-01, 7.1 2019-12, 7.2 2020-11, 7.3 2021-12, 7.4 2022-11, 8.0 2023-11",
    "postgres": "9.6 2021-11, 10 2022-11, 11 2023-11, 12 2024-11",
    "python": "2 2020-04, 3.4 2019-03, 3.5 2020-09, 3.6 2021-12, 3.7 2023-06, 3.8 2024-10, 3.9 2025-10",
    "ruby": "2.3 2019-03, 2.4 2020-03, 2.5 2021-04, 2.6 2022-04, 2.7 2023-03, 3.0 2024-04, 3.1 2025-03",
    "ubuntu": "14.04 2019-04, trusty 2019-04, 16.04 2021-04, xenial 2021-04, 18.04 2023-05, bionic 2023-05, "
    "20.04 2025-05, focal 2025-05",
}
"""Not all that ended, and nothing that ends later: no clock is needed. See https://endoflife.date before an edit."""
ENDED = {name: dict(pair.split() for pair in text.split(", ")) for name, text in LIST.items()}
RELEASE = re.compile(r"(\d+(?:\.\d+)?|[a-z]+)")


def ended(place: Place) -> str:
    """The month of the last fix; empty where the release is not in the list."""
    name = place.image.name.removeprefix("library/")
    found = RELEASE.match(place.image.tag) if place.image.host == HUB else None
    releases = ENDED.get(name, {})
    if found is None:
        return ""
    return releases.get(found[1]) or releases.get(found[1].partition(".")[0], "")


def _old(pipeline: Pipeline, settings: Settings) -> Iterator[Sighting]:
    for place in places(pipeline):
        month = ended(place)
        if month:
            said = f"`{place.image.written}` got its last fix in {month} ({sentence(place.jobs)})"
            yield see(place.value, said, *place.jobs)


RULE = Reported(
    Card(
        id="IMG06",
        title="An image whose release gets no fixes any more",
        tier="B",
        why="Nobody mends what is found in it, and its package sources are moved away at some point.",
        docs="https://endoflife.date/",
        fix="Go to a release that is maintained; a job that tests an old release on purpose may say so with the "
        "comment below.",
        risk="medium",
        risk_text="The next release behaves differently.",
        value="medium",
        hours=1.0,
    ),
    _old,
)

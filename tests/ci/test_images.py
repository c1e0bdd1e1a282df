"""IMG01 and IMG02: what a registry says a moving image is, and honest silence where none says anything."""

from __future__ import annotations

from pathlib import Path

import pytest

from improve_loop.edges.registry import Registry
from improve_loop.rules.ci.images import is_of, parse
from tests.ci.registry import StandIn, digest, served
from tests.ci.support import left_alone, mended

NODE = {
    "latest": digest("a"),
    "22": digest("a"),
    "22.3": digest("a"),
    "22.3.1": digest("a"),
    "20.1": digest("b"),
    "lts": digest("c"),
}
JOB = "job:\n  image: {}\n  script: [a]\n"


@pytest.mark.parametrize(
    ("written", "host", "name", "tag"),
    [
        ("node", "docker.io", "library/node", ""),
        ("docker.io/node:20", "docker.io", "library/node", "20"),
        ("acme/tool:1", "docker.io", "acme/tool", "1"),
        ("registry.example:5000/a/b", "registry.example:5000", "a/b", ""),
        ("ghcr.io/a/b:main", "ghcr.io", "a/b", "main"),
        (f"node:20@{digest('a')}", "docker.io", "library/node", "20"),
    ],
)
def test_a_reference_is_taken_apart(written: str, host: str, name: str, tag: str) -> None:
    image = parse(written)
    assert image is not None
    assert (image.host, image.name, image.tag) == (host, name, tag)


@pytest.mark.parametrize("written", ["$IMAGE", "node:$VERSION", "${A}/b:1", "", "UPPER", "a b"])
def test_what_is_no_literal_reference_is_none(written: str) -> None:
    assert parse(written) is None


def test_the_version_with_the_same_digest_is_found_over_pages_and_with_a_token() -> None:
    with served(StandIn({"library/node": NODE}, page=2)) as stand_in:
        registry = Registry(addresses={"docker.io": stand_in.url})
        assert registry.pinned("node:latest") == "node:22.3"
        assert registry.pinned("node") == "node:22.3"
        assert registry.pinned("node", "digest") == f"node:latest@{digest('a')}"


def test_an_answer_is_kept_for_a_day(tmp_path: Path) -> None:
    now = [1_000.0]
    with served(StandIn({"library/node": NODE})) as stand_in:
        for later in (0, 3600, 90_000):
            now[0] = 1_000.0 + later
            before = len(stand_in.asked)
            registry = Registry(addresses={"docker.io": stand_in.url}, cache=tmp_path / "c.json", clock=lambda: now[0])
            assert registry.pinned("node") == "node:22.3"
            registry.close()
            assert (len(stand_in.asked) > before) == (later != 3600)


@pytest.mark.parametrize("trouble", ["broken", "unknown", "redirect", "down", "no version", "not allowed"])
def test_trouble_means_unresolved(trouble: str) -> None:
    tags = {"library/node": {"latest": digest("a"), "1.0": digest("b")} if trouble == "no version" else NODE}
    with served(StandIn({} if trouble == "unknown" else tags, broken=trouble == "broken")) as stand_in:
        stand_in.redirect = "http://127.0.0.1:9/x" if trouble == "redirect" else ""
        address = "http://127.0.0.1:9" if trouble == "down" else stand_in.url
        allowed = ("ghcr.io",) if trouble == "not allowed" else ("docker.io",)
        assert Registry(addresses={"docker.io": address}, allowed=allowed).pinned("node") is None
        if trouble == "not allowed":
            assert stand_in.asked == []


@pytest.mark.parametrize(
    ("written", "rule"), [("node:latest", "IMG01"), ("node", "IMG02"), ("{name: 'node'}", "IMG02")]
)
def test_the_moving_image_becomes_a_version(written: str, rule: str) -> None:
    before = JOB.format(written)
    with served(StandIn({"library/node": NODE})) as stand_in:
        after = mended(before, rule, resolve_images=True, registry_mirrors={"docker.io": stand_in.url})
    assert after == before.replace("node:latest" if rule == "IMG01" else "node", "node:22.3")


@pytest.mark.parametrize("written", ["node:latest", "registry.example/node:latest"])
def test_without_an_answer_it_is_reported_as_unresolved(written: str) -> None:
    assert "unresolved" in left_alone(JOB.format(written), "IMG01")
    assert "unresolved" in left_alone(JOB.format(written), "IMG01", resolve_images=True, registries=[], registry_mirrors={"docker.io": "http://127.0.0.1:9"})  # fmt: skip # noqa: E501


@pytest.mark.parametrize("written", ["node:22", "$IMAGE:latest", f"node@{digest('a')}", "scratch"])
def test_what_does_not_move_is_no_finding(written: str) -> None:
    for rule in ("IMG01", "IMG02"):
        assert left_alone(JOB.format(written), rule) == "nothing found"


@pytest.mark.parametrize(
    ("pipeline", "said"),
    [
        ("job:\n  image: node:stable\n  script: [a]\n", "meant to be what is newest"),
        ("test-latest:\n  image: node:latest\n  script: [a]\n", "meant to be what is newest"),
        ("job:\n  image: node:latest\n  script: [a]\nold:\n  image: node:20\n  script: [a]\n", "used beside it"),
        ("job:\n  image: archlinux/base:latest\n  script: [a]\n", "rolling distribution"),
        ("job:\n  image: registry.gitlab.com/a/b:latest\n  script: [a]\n", "pin it where it is built"),
        ("job:\n  # always the newest one\n  image: node:latest\n  script: [a]\n", "a comment says"),
        ("job:\n  image: docker:latest\n  services: [docker:dind]\n  script: [a]\n", "client and daemon together"),
    ],
)
def test_an_image_that_somebody_wants_to_move_is_only_reported(pipeline: str, said: str) -> None:
    assert said in left_alone(pipeline, "IMG01")


def test_an_image_of_the_repositorys_own_people_is_not_asked_for() -> None:
    for name, own in (("acme/ci", True), ("other/shop", True), ("other/ci", False), ("acme", False)):
        image = parse(f"{name}:latest")
        assert image is not None
        assert is_of(image, "acme/shop") is own


def test_a_tag_gets_its_digest_where_that_is_asked_for() -> None:
    before = "job:\n  image: node:22 # ours\n  script: [a]\n"
    with served(StandIn({"library/node": NODE})) as stand_in:
        mirrors = {"docker.io": stand_in.url}
        after = mended(before, "IMG03", rules_on=["IMG03"], resolve_images=True, registry_mirrors=mirrors)
    assert after == before.replace("node:22", f"node:22@{digest('a')}")
    assert "unresolved" in left_alone(before, "IMG03", rules_on=["IMG03"])
    assert left_alone(before, "IMG03") == "nothing found"
    for fixed in ("node:latest", "$IMAGE", f"node:22@{digest('a')}"):
        assert left_alone(JOB.format(fixed), "IMG03", rules_on=["IMG03"]) == "nothing found"


PROXY = "${CI_DEPENDENCY_PROXY_GROUP_IMAGE_PREFIX}/"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("  image: node:20 # why\n", f"  image: {PROXY}node:20 # why\n"),
        ("  image: 'docker.io/acme/x'\n", f"  image: '{PROXY}acme/x'\n"),
        ("  image: {name: node, entrypoint: ['']}\n", f"  image: {{name: \"{PROXY}node\", entrypoint: ['']}}\n"),
        ("  services:\n    - postgres:15\n", f"  services:\n    - name: {PROXY}postgres:15\n      alias: postgres\n"),
        ("  services: [redis]\n", f'  services: [{{name: "{PROXY}redis", alias: redis}}]\n'),
        ("  services:\n    - name: redis:7\n", f"  services:\n    - name: {PROXY}redis:7\n      alias: redis\n"),
        ("  services:\n  - name: a/b\n    alias: db\n", f"  services:\n  - name: {PROXY}a/b\n    alias: db\n"),
    ],
)
def test_images_of_the_hub_go_through_the_proxy_where_that_is_asked_for(before: str, after: str) -> None:
    job = "job:\n  script: [a]\n"
    assert mended(job + before, "IMG04", rules_on=["IMG04"]) == job + after


def test_what_the_proxy_cannot_serve_is_left() -> None:
    two_names = "job:\n  services:\n    - acme/db:1\n  script: [a]\n"
    assert "two host names" in left_alone(two_names, "IMG04", rules_on=["IMG04"])
    for other in ("ghcr.io/a/b:1", "$CI_REGISTRY_IMAGE:1"):
        assert left_alone(JOB.format(other), "IMG04", rules_on=["IMG04"]) == "nothing found"

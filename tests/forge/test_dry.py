"""The dry writer changes nothing and says what a real one would do."""

from __future__ import annotations

from pathlib import Path

import pytest

from improve_loop.edges.forge.contract import BranchTakenOver, ForgeWriter
from improve_loop.edges.forge.dry import DryForge
from tests.forge.local_repository import BRANCH, CHANGE, ID, Target, draft, made


@pytest.fixture
def target(tmp_path: Path) -> Target:
    return made(tmp_path)


def everything(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_every_verb_says_what_it_would_do_and_no_file_changes(target: Target) -> None:
    forge = target.forge()
    forge.publish_branch(BRANCH, target.base, target.patch(CHANGE), "Change", None)
    mr = forge.open_merge_request(draft(target))
    patch = target.patch({"ci.yml": "image: d\n"})
    before, said = everything(target.folder), list[str]()
    dry: ForgeWriter = DryForge(reader=target.forge(), say=said.append)
    assert set(dry.publish_branch(BRANCH, target.base, patch, "Change", mr.head_sha)) == {"0"}
    assert dry.open_merge_request(draft(target)) == mr
    assert dry.update_merge_request(mr, draft(target, title="Better")).title == "Better"
    assert dry.set_labels(mr, ("loop::green", "improve-loop"), ("loop::red",)).labels == ("improve-loop", "loop::green")
    dry.comment(mr, "checks", "All passed.\nAll of them.")
    assert dry.close(mr, "Outdated.").state == "closed"
    dry.retrigger(mr)
    dry.write_state("version: 1\n", None, "State")
    assert dry.write_control_issue("- [x] one\n").text == "- [x] one\n"
    assert dry.read_control_issue() is None
    assert everything(target.folder) == before
    assert said == [
        f"would move {BRANCH} from {str(mr.head_sha)[:12]}: {target.base[:12]} and a patch of {len(patch)} bytes",
        f"would open a merge request for {BRANCH}: Use default",
        f"would update {ID}: Better",
        f"would label {ID}: +loop::green",
        f"would comment on {ID} (checks): All passed.",
        f"would close {ID}: Outdated.",
        f"would start the pipeline of {ID} again",
        "would write the state (11 bytes): State",
        "would create the control issue",
    ]


def test_a_merge_request_that_is_nowhere_has_no_head(target: Target) -> None:
    mr = DryForge(reader=target.forge(), say=print).open_merge_request(draft(target))
    assert (mr.id, mr.state, mr.head_sha, mr.prepared) == (ID, "opened", None, False)


def test_it_refuses_what_a_real_writer_would_refuse(target: Target) -> None:
    forge = target.forge()
    forge.publish_branch(BRANCH, target.base, target.patch(CHANGE), "Change", None)
    forge.open_merge_request(draft(target))
    dry = DryForge(reader=forge, say=print)
    theirs = target.human_commits({"ci.yml": "image: e\n"}, branch=BRANCH)
    with pytest.raises(BranchTakenOver, match="a human commits on it"):
        dry.publish_branch(BRANCH, target.base, target.patch(CHANGE), "Change", theirs)
    forge.human_closes(ID, "no", "jo")
    with pytest.raises(BranchTakenOver, match="a human closed it"):
        dry.publish_branch(BRANCH, target.base, target.patch(CHANGE), "Change", theirs)

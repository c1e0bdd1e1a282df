"""What could be better, in each domain?

reads:  preflight/run.json, preflight/target.bundle, the domain's source
writes: discover/<domain>.json (candidates, leads, findings, items for a reader)
exits:  0, also when a source is down: its artifact says so · 1 a bug in a source, after the others were asked · 3
"""

from __future__ import annotations

import traceback

from improve_loop import sources
from improve_loop.edges import artifacts, workshop
from improve_loop.edges.desk import Desk
from improve_loop.edges.trees import CommitTree
from improve_loop.errors import LoopError
from improve_loop.model.find import Discovery, Run
from improve_loop.rules.task import DOMAIN as TASK
from improve_loop.rules.task import task_candidate, task_discovery


def main(desk: Desk) -> str:
    """Asks each domain of this run (or those named); one that fails never hides the rest."""
    run = desk.run()
    asked = desk.options.domains or run.domains
    found: list[Discovery] = []
    with CommitTree(workshop.opened(desk.out, run), run.target.bundle_sha) as tree:
        for number, domain in enumerate(asked):
            desk.log.progress(number, len(asked), f"domains; now {domain}", 0.0)
            found.append(_asked(desk, run, domain, tree))
            artifacts.write(desk.out, f"discover/{domain}.json", found[-1])
            _tell(desk, found[-1])
    desk.log.progress(len(asked), len(asked), "domains", 0.0)
    broken = [each.domain for each in found if each.reason.startswith("bug: ")]
    if broken:
        raise LoopError(
            f"discover: a bug in the source of {', '.join(broken)}; its traceback is above, please report it"
        )
    count = sum(len(each.candidates) for each in found)
    return f"{count} candidates, {sum(len(each.findings) for each in found)} findings in {len(found)} domains"


def _asked(desk: Desk, run: Run, domain: str, tree: CommitTree) -> Discovery:
    if domain not in run.domains:
        reason = "not a domain of this run"
        return Discovery(run_id=run.run_id, domain=domain, status="not_configured", reason=reason)
    if domain == TASK:
        files = tree.paths()
        others = tree.entries.keys() - {*files}
        asked = task_candidate(desk.options.task or "", desk.options.target_paths, run.target.name, files, others)
        return task_discovery(run.run_id, asked, frozenset(files))
    try:
        return sources.SOURCES[domain].discover(tree, run)
    except Exception as error:
        desk.log.warn("".join(traceback.format_exception(error)))
        return Discovery(run_id=run.run_id, domain=domain, status="bad_payload", reason=f"bug: {error!r}")


def _tell(desk: Desk, found: Discovery) -> None:
    counts = f"{len(found.candidates)} candidates, {len(found.leads)} leads, {len(found.findings)} findings"
    desk.log.say(f"  {found.domain}: {found.status}; {counts}" + (f"; {found.reason}" if found.reason else ""))
    for problem in found.problems:
        desk.log.warn(problem)

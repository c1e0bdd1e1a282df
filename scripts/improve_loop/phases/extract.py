"""What do the texts say? Items of each domain, read by a model into enums and short fields, each checked in code.

reads:  preflight/run.json, preflight/target.bundle, discover/<domain>.json
writes: extract/<domain>.json, extract/ledger/*.jsonl
exits:  0, also without a model: its artifact says `skipped` and the deterministic mapping stands · 3
"""

from __future__ import annotations

from collections.abc import Sequence

from improve_loop.edges import artifacts, workshop
from improve_loop.edges.clock import Clock
from improve_loop.edges.desk import Desk
from improve_loop.edges.environment import variables
from improve_loop.edges.ledger import LedgerFile
from improve_loop.edges.llm import Cache, Door
from improve_loop.edges.trees import CommitTree
from improve_loop.making.asking import Asking
from improve_loop.making.extracting import Reading, Said, read, results
from improve_loop.making.limits import Limits
from improve_loop.model.find import Discovery, Extraction, Run
from improve_loop.rules.budget import Allowance
from improve_loop.rules.issues import DOMAIN as ISSUES
from improve_loop.rules.model_settings import ModelSettings, model_settings
from improve_loop.rules.slices import shared, slice_usd
from improve_loop.rules.untrusted import one_line

SECONDS = 900.0  # wall clock of the job, all its domains together; the template gives it 20 minutes


def main(desk: Desk) -> str:
    """Reads the items of each domain that has any. Raises ArtifactError."""
    run = desk.run()
    settings = model_settings(run.config.models, run.mode, variables())
    found = artifacts.read_all(desk.out, Discovery, "discover", "*.json", run.run_id)
    mine = [each for each in found if not desk.options.domains or each.domain in desk.options.domains]
    among = sum(bool(each.items) for each in mine)
    count, clock = 0, Clock()
    end = clock.monotonic() + SECONDS
    for number, each in enumerate(sorted(mine, key=lambda each: not each.items)):
        seconds = (end - clock.monotonic()) / max(1, among - number)  # a slow one takes no other's time
        done = _extracted(desk, run, settings, each, among, seconds)
        artifacts.write(desk.out, f"extract/{done.domain}.json", done)
        count += done.status == "read"
        if done.status != "skipped":
            desk.log.say(f"  {done.domain}: {done.status}; {done.reason}")
    return f"{count} of {len(mine)} domains read" if count else "nothing to read, or no model to read it"


def _extracted(
    desk: Desk, run: Run, settings: ModelSettings, found: Discovery, among: int, seconds: float
) -> Extraction:
    if not found.items:
        return _skipped(run, found, "no items")
    if not settings.ladder("extract"):
        return _skipped(run, found, "no model; the deterministic mapping stands")
    usd = slice_usd(run.limits, "extract", jobs=len(run.domains), attempts=desk.environment.attempts)
    allowance = shared(Allowance(usd=usd, seconds=seconds), settings, among)
    folder = desk.environment.cache_home
    cache = Cache(folder / "answers", settings.cache_days) if folder and settings.cache_days else None
    clock = Clock()
    book = LedgerFile(desk.out, desk.ledger("extract"), run.run_id)
    door = Door(settings, allowance, clock=clock, say=desk.log.say, cache=cache, journal=book.journal())
    asking = Asking(door, None, seconds, Limits(), clock, reference=found.domain)
    with CommitTree(workshop.opened(desk.out, run), run.target.bundle_sha) as tree:
        reading = read(asking, found.items, tree.paths())
    door.trace.close()
    for problem in reading.problems:
        desk.log.warn(problem)
    candidates, leads = results(reading.said, found.domain, run.target.name, _brief)
    known = {each.id for each in found.candidates}
    return Extraction(
        run_id=run.run_id,
        domain=found.domain,
        status=reading.status,
        reason=_reason(reading, found.items),
        candidates=tuple(each for each in candidates if each.id not in known),
        leads=leads,
        ledger=door.entries,
        prompts=dict(asking.prompts),
    )


def _brief(said: Said) -> str:
    """What the implementer is told: checked fields. Of an issue, whose author is a member, also its text."""
    whole = said.item.text if said.item.id.startswith(f"{ISSUES}-") else f"“{said.quote}”"
    return f"{said.item.title}\n\n{said.kind}: {said.why}\n\n{whole}"


def _reason(reading: Reading, items: Sequence[object]) -> str:
    counts = f"{len(reading.said)} of {len(items)} items read"
    return "; ".join([counts, *(one_line(problem, 200) for problem in reading.problems[:3])])


def _skipped(run: Run, found: Discovery, reason: str) -> Extraction:
    return Extraction(run_id=run.run_id, domain=found.domain, status="skipped", reason=reason)

"""What a run may use: intensity, configuration and options together (DESIGN section 5)."""

from __future__ import annotations

from improve_loop.model.config import Config, Intensity
from improve_loop.model.find import RunLimits

LIGHT_DOMAINS = ("ci", "releases", "cves")
# domains, candidates, dollars, minutes
INTENSITIES: dict[Intensity, tuple[int, int, float, int]] = {
    "light": (3, 3, 1.0, 60),
    "medium": (6, 6, 15.0, 180),
    "heavy": (12, 8, 40.0, 360),
}


def run_limits(config: Config, intensity: Intensity, open_merge_requests: int, spent_today_usd: float) -> RunLimits:
    """The ceilings of one run. The configured dollars lower what the intensity allows; nothing raises it.

    `open_merge_requests` of the loop already wait for a reviewer: no more candidates than the cap leaves room for.
    """
    domains, candidates, usd, minutes = INTENSITIES[intensity]
    limits = config.limits
    ceilings = [usd, *([limits.usd] if limits.usd is not None else [])]
    if limits.usd_per_day is not None:
        ceilings.append(max(0.0, limits.usd_per_day - spent_today_usd))
    room = max(0, limits.open_merge_requests - open_merge_requests)
    return RunLimits(
        candidates=min(limits.candidates or candidates, room),
        domains=domains,
        usd=min(ceilings),
        usd_reading=min(ceilings),
        usd_per_candidate=min(limits.usd_per_candidate, *ceilings),
        seconds=60 * (limits.minutes or minutes),
        seconds_per_candidate=60 * limits.minutes_per_candidate,
        open_merge_requests=limits.open_merge_requests,
        slots=limits.slots,
    )


def dearest_usd(config: Config) -> float:
    """What a run of which nothing else is known may have spent: a variable may have asked for any intensity."""
    limits = config.limits
    ceilings = [usd for usd in (limits.usd, limits.usd_per_day) if usd is not None]
    return min([max(usd for _, _, usd, _ in INTENSITIES.values()), *ceilings])


def chosen_domains(
    known: tuple[str, ...], config: Config, asked: tuple[str, ...], light: bool, at_most: int
) -> tuple[str, ...]:
    """Which domains a sweep looks at: those asked for, else those switched on, the heaviest first."""
    if asked:
        return asked[:at_most]
    on = [name for name in known if name not in config.domains or config.domains[name].enabled]
    if light:
        on = [name for name in on if name in LIGHT_DOMAINS]
    weight = {name: config.domains[name].weight if name in config.domains else 1.0 for name in on}
    return tuple(sorted(on, key=lambda name: (-weight[name], known.index(name)))[:at_most])

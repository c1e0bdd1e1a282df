"""The rank of a candidate is arithmetic: (risk x reversibility x value) / effort (DESIGN section 3)."""

from __future__ import annotations

from improve_loop.model.candidate import Candidate, Level, Reversibility
from improve_loop.model.config import Config

RISK: dict[Level, float] = {"low": 3.0, "medium": 2.0, "high": 1.0}
REVERSIBILITY: dict[Reversibility, float] = {"instant": 3.0, "easy": 2.0, "hard": 1.0, "irreversible": 0.0}
LEAST_EFFORT_HOURS = 0.05  # below this an estimate says nothing, and the score would grow without end


def score(candidate: Candidate, config: Config) -> float:
    """Higher is better; an irreversible change scores 0. Weights come from the configuration (value x domain)."""
    domain = config.domains.get(candidate.domain)
    weights: dict[Level, float] = {
        "low": config.weights.low,
        "medium": config.weights.medium,
        "high": config.weights.high,
    }
    weight = weights[candidate.value] * (domain.weight if domain else 1.0)
    effort = max(candidate.effort_estimate_hours, LEAST_EFFORT_HOURS)
    return round(RISK[candidate.risk] * REVERSIBILITY[candidate.reversibility] * weight / effort, 6)

"""Passwords in the rows of a table: a column of a CSV file whose head speaks of a credential."""

from __future__ import annotations

from collections.abc import Iterator

from improve_loop.model.delta import FileDelta
from improve_loop.rules.gating.secrets import names, shapes
from improve_loop.rules.gating.secrets.scan import Found

MAX_COLUMNS = 200


def columns(file: FileDelta) -> Iterator[tuple[int, Found]]:
    """Each credential with the index of the added line that carries it."""
    if not file.path.lower().endswith((".csv", ".tsv")):
        return
    head = file.new_text.partition("\n")[0]
    mark = next((mark for mark in ("\t", ";", ",") if mark in head), ",")
    heads = [name.strip().strip("\"'") for name in head.split(mark)[:MAX_COLUMNS]]
    wanted = [at for at, name in enumerate(heads) if names.strength_of(name.replace(" ", "_"))]
    for index, line in enumerate(file.added if wanted else ()):
        cells = line.text[:5_000].split(mark)
        for at in wanted if line.number > 1 else ():
            value = cells[at].strip().strip("\"'") if at < len(cells) else ""
            if shapes.is_password(value, quoted=True) and " " not in value:
                yield index, Found(name="assigned-password", secret=value)

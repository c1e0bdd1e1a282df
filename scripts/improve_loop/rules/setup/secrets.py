"""The variables of the project that runs the loop: which jobs get which secret."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase

from improve_loop.model.setup import Check, Row, Setup
from improve_loop.rules.setup.places import api, unknown, url

SCOPES = {"IL_READ_TOKEN": "improve-loop/read", "IL_WRITE_TOKEN": "improve-loop/write"}
OPTIONAL = {"IL_NOTIFY_URL": "improve-loop/write"}  # right where it is missing, wrong where other jobs get it
MODEL = "improve-loop/model"


def of_variables(setup: Setup) -> Iterator[Check]:
    """Each token for its jobs alone; no other secret for the jobs with a model."""
    if setup.variables is None:
        yield unknown("variables", "the CI/CD variables")
        return
    for name, scope in SCOPES.items():
        rows = [row for row in setup.variables if row["key"] == name]
        yield from _one_secret(setup, name, scope, rows)
    for name, scope in OPTIONAL.items():
        rows = [row for row in setup.variables if row["key"] == name]
        yield from _one_secret(setup, name, scope, rows) if rows else ()
    yield from _other_secrets(setup, setup.variables)


def _other_secrets(setup: Setup, variables: Sequence[Row]) -> Iterator[Check]:
    """Keys of sources and models, whatever they are called: what is masked or hidden is one."""
    click = f"{url(setup.hub, 'ci_cd')}#js-cicd-variables-settings"
    known = {*SCOPES, *OPTIONAL}
    others = [row for row in variables if (row.get("masked") or row.get("hidden")) and row["key"] not in known]
    if wide := [str(row["key"]) for row in others if _is_wide(str(row["environment_scope"]))]:
        yield Check(
            id="secrets-everywhere",
            status="problem",
            detail=f"{', '.join(wide)}: with such a wide scope they reach the jobs that run models; give each the "
            "environment of its job",
            click=click,
            call=api(setup.hub, "PUT", f"/variables/{wide[0]}", "environment_scope=improve-loop/read"),
        )
    if open_ := [str(row["key"]) for row in others if not row.get("protected")]:
        detail = f"{', '.join(open_)}: not protected, so pipelines of any branch and merge request get them"
        call = api(setup.hub, "PUT", f"/variables/{open_[0]}", "protected=true")
        yield Check(id="secrets-unprotected", status="problem", detail=detail, click=click, call=call)


def _is_wide(scope: str) -> bool:
    """Whether a scope, where * stands for anything, takes in the jobs with a model beside others."""
    return scope != MODEL and fnmatchcase(MODEL, scope)


def _one_secret(setup: Setup, name: str, scope: str, rows: Sequence[Row]) -> Iterator[Check]:
    click = f"{url(setup.hub, 'ci_cd')}#js-cicd-variables-settings"
    fields = f"key={name} value=… protected=true masked_and_hidden=true environment_scope={scope}"
    if not rows:
        call = api(setup.hub, "POST", "/variables", fields)
        yield Check(id=f"{name}-missing", status="problem", detail=f"{name} is not set", click=click, call=call)
    for row in rows:
        wrong = []
        if row["environment_scope"] != scope:
            wrong.append(f"its environment scope is {row['environment_scope']}, not {scope}: other jobs get it too")
        if not row.get("protected"):
            wrong.append("it is not protected: pipelines of any branch and merge request get it")
        if not (row.get("masked") or row.get("hidden")):
            wrong.append("it is not masked: logs may show it")
        if wrong:
            call = api(setup.hub, "PUT", f"/variables/{name}", fields.replace("value=… ", ""))
            detail = f"{name}: {'; '.join(wrong)}"
            yield Check(id=f"{name}-exposed", status="problem", detail=detail, click=click, call=call)
        else:
            yield Check(id=name, status="ok", detail=f"{name}: protected, masked, for {scope} only")

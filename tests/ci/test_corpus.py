"""A sample of the shared corpus: all that is valid is read, edits pass the gates, a second run has nothing to do."""

from __future__ import annotations

import random

import pytest

from improve_loop.edges.trees import FolderTree
from improve_loop.model.plugs import Edited
from improve_loop.recipes import RECIPES
from improve_loop.rules.pipeline import read_pipeline
from improve_loop.sources import ci
from tests.ci import corpus
from tests.ci.support import ROOT, Files, a_run, found, refusals

pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(not corpus.exists(), reason="the shared corpus is not beside this checkout"),
]
EVERYTHING = {"rules_on": ["ART01", "RET01"], "runner_map": {"test*": "fast"}}


def test_every_valid_file_is_read() -> None:
    for name, content in corpus.single().items():
        pipeline = read_pipeline(Files({ROOT: content}), ROOT)
        assert bool(pipeline.files) == (name not in corpus.invalid()), name
        assert pipeline.all_jobs or pipeline.elsewhere or not pipeline.files, name


def test_edits_of_a_sample_are_made_once_and_then_never_again() -> None:
    names = random.Random(7).sample(sorted(corpus.single()), 16)
    for name in names:
        files = Files({ROOT: corpus.single()[name]})
        for candidate in found(files, **EVERYTHING).candidates:
            assert candidate.recipe is not None
            result = RECIPES[candidate.recipe.name].apply(files, candidate)
            assert isinstance(result, Edited), (name, candidate.subject, result)
            after = Files({path: new for path, new in result.files.items() if new is not None})
            again = {one.subject for one in found(after, **EVERYTHING).candidates}
            assert candidate.subject not in again, (name, candidate.subject)
            assert refusals(files, result, candidate) == [], (name, candidate.subject)


def test_pipelines_of_several_files_are_read() -> None:
    for folder in corpus.folders():
        answer = ci.discover(FolderTree(folder), a_run())
        assert answer.status in ("ok", "ok_empty", "bad_payload"), folder

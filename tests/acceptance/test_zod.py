"""The zod schemas of @zereight/mcp-gitlab, kept by others against the real GitLab, over the simulator's replies."""

from __future__ import annotations

import json
from pathlib import Path

from tests.acceptance.conftest import run, tool
from tests.forge.conftest import Scene

P = "/projects/grp%2Fproj"
SCHEMAS = {
    "GitLabCurrentUserSchema": "/user",
    "GitLabProjectSchema": P,
    "GitLabMergeRequestSchema": f"{P}/merge_requests/1",
    "GitLabMergeRequestSchema[]": f"{P}/merge_requests",
    "GitLabMergeRequestVersionSchema[]": f"{P}/merge_requests/1/versions",
    "GitLabDiffSchema[]": f"{P}/merge_requests/1/diffs",
    "GitLabDiscussionSchema[]": f"{P}/merge_requests/1/discussions",
    "GitLabDiscussionNoteSchema[]": f"{P}/merge_requests/1/notes",
    "GitLabPipelineSchema[]": f"{P}/pipelines",
    "GitLabPipelineJobSchema[]": f"{P}/jobs",
    "GitLabIssueSchema[]": f"{P}/issues",
    "GitLabLabelSchema[]": f"{P}/labels",
    "GitLabBranchSchema[]": f"{P}/repository/branches",
    "GitLabCommitSchema[]": f"{P}/repository/commits",
    "GitLabTreeItemSchema[]": f"{P}/repository/tree",
    "GitLabFileContentSchema": f"{P}/repository/files/README.md?ref=main",
    "GitLabCompareResultSchema": f"{P}/repository/compare?from=main&to=improve-loop%2Fci-cache",
    "GitLabProtectedBranchSchema[]": f"{P}/protected_branches",
}
SCRIPT = """
import * as S from '@zereight/mcp-gitlab/build/schemas.js';
import { readFileSync } from 'node:fs';
const replies = JSON.parse(readFileSync(process.argv[2]));
const problems = [];
for (const [name, body] of Object.entries(replies)) {
  const bare = name.replace('[]', '');
  if (!S[bare]) { problems.push(`${bare}: no such schema`); continue; }
  for (const row of name.endsWith('[]') ? body : [body]) {
    const judged = S[bare].safeParse(row);
    if (!judged.success) problems.push(`${bare}: ${JSON.stringify(judged.error.issues.slice(0, 3))}`);
  }
}
console.log(JSON.stringify({ checked: Object.keys(replies).length, problems }));
"""


def test_every_reply_is_what_the_schemas_expect(busy: Scene, tmp_path: Path) -> None:
    package = tool("npm", "node_modules", "@zereight", "mcp-gitlab")
    session = busy.reader().session
    replies = {name: session.get(path) for name, path in SCHEMAS.items()}
    (tmp_path / "replies.json").write_text(json.dumps(replies))
    script = package.parents[2] / "judge.mjs"
    script.write_text(SCRIPT)
    printed = json.loads(run(["node", str(script), str(tmp_path / "replies.json")], tmp_path, {}))
    assert printed == {"checked": len(SCHEMAS), "problems": []}

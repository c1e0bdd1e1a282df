"""The page laid out by a real browser, where there is one: it never grows wider than the window it is in."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from html import unescape
from pathlib import Path

import pytest

from improve_loop.rules.render import report_html
from tests.support.reports import full, hostile, huge, quiet

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
WIDTHS = (320, 390, 768, 1280)
PAGES = {
    "example": full(),
    "quiet": quiet(),
    "huge": huge(200),
    "long-words": hostile("x" * 5000),
    "right-to-left": hostile("\u202e" + "مرحبا بالعالم " * 50),
    "emoji": hostile("👩‍👩‍👧‍👦" * 200),
}
PROBE = """<!DOCTYPE html><body>{frames}<pre id="out"></pre><script>
addEventListener("load", () => {{
  const wide = [...document.querySelectorAll("iframe")].map(frame => {{
    const page = frame.contentDocument.documentElement;
    frame.contentDocument.querySelectorAll("details").forEach(one => one.open = true);
    return [frame.src.split("/").pop(), frame.clientWidth, page.scrollWidth];
  }});
  document.getElementById("out").textContent = JSON.stringify(wide);
}});
</script>"""


@pytest.mark.skipif(BROWSER is None, reason="no chromium on this machine")
def test_no_page_is_wider_than_its_window(tmp_path: Path) -> None:
    for name, report in PAGES.items():
        (tmp_path / f"{name}.html").write_text(report_html(report), encoding="utf-8")
    frame = '<iframe src="{name}.html" style="border:0;width:{width}px;height:900px"></iframe>'
    frames = "".join(frame.format(name=name, width=width) for name in PAGES for width in WIDTHS)
    (tmp_path / "probe.html").write_text(PROBE.format(frames=frames), encoding="utf-8")
    command = [str(BROWSER), "--headless=new", "--no-sandbox", "--disable-gpu", "--allow-file-access-from-files"]
    command += [f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom", (tmp_path / "probe.html").as_uri()]
    dom = subprocess.run(command, capture_output=True, text=True, timeout=300, check=True).stdout
    found = re.search(r'<pre id="out">(.+?)</pre>', dom)
    assert found, dom[-2000:]
    measured = json.loads(unescape(found[1]))
    assert len(measured) == len(PAGES) * len(WIDTHS)
    assert {(page, window): wide for page, window, wide in measured if wide > window} == {}

"""The picture of a report in the README: ``viddiff demo``, then

python -m benchmarks.report_picture out/demo/report.html docs/report.png
"""

from __future__ import annotations

import io
import shutil
import sys
from pathlib import Path

from PIL import Image

WIDTH, HEIGHT = 960, 1425


def picture(report: Path) -> Image.Image:
    """The players at the key moment of the first difference that has curves, and its card below them."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        context = browser.new_context(viewport={"width": WIDTH, "height": HEIGHT}, reduced_motion="reduce")
        page = context.new_page()
        page.goto(report.resolve().as_uri())
        card = page.locator(".card:has(.curves)").first
        page.locator(f"#jump-{card.get_attribute('data-card')}").click()
        # Its card begins where the players end.
        card.evaluate("(one) => scrollTo(0, one.offsetTop - byId('player').offsetHeight - 8)")
        page.wait_for_timeout(1000)
        shot = page.screenshot()
        browser.close()
    return Image.open(io.BytesIO(shot))


if __name__ == "__main__":
    picture(Path(sys.argv[1])).quantize(256).save(sys.argv[2], optimize=True)

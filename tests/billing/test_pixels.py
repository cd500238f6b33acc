"""How a bill of each provider looks, against the picture of it that somebody looked at.

After a change that is wanted: `PIXELS=keep pytest --long tests/billing/test_pixels.py`, and look
at the new pictures.
"""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageStat

from billing.payments.selectors import payment_reference
from records.documents.pdf import make_pdf
from tests.billing.moneys import story

PICTURES = Path(__file__).with_name("pixels")
DOTS_PER_INCH = "60"
# Renderers differ in the grey of an edge; a figure that moved is darker than that over a patch.
PATCH = 12
MOST = 10

pytestmark = [
    pytest.mark.long,
    pytest.mark.django_db,
    pytest.mark.skipif(
        shutil.which("pdftoppm") is None, reason="needs 'apt-get install poppler-utils'"
    ),
]


def drawn(data: bytes) -> Image.Image:
    """The first page in shades of grey."""
    command = ["pdftoppm", "-png", "-gray", "-singlefile", "-r", DOTS_PER_INCH, "-"]
    done = subprocess.run(command, input=data, capture_output=True, check=True)
    return Image.open(io.BytesIO(done.stdout)).convert("L")


def furthest(one: Image.Image, other: Image.Image) -> float:
    """How far apart two pictures are in the patch where they differ most, in levels of grey."""
    apart = ImageChops.difference(one, other)
    width, height = apart.size
    return max(
        ImageStat.Stat(apart.crop((x, y, x + PATCH, y + PATCH))).mean[0]
        for x in range(0, width, PATCH)
        for y in range(0, height, PATCH)
    )


@pytest.mark.parametrize("key", ["callpro", "comvergence", "vpnet", "blueshift", "greenlight"])
def test_a_bill_looks_as_it_did(key):
    one = story(key, "NSW", tcp=True)
    one.service("Office line", "33.00", "2027-01-01", quantity=2)
    one.service("Fibre", "95.50", "2027-01-12")
    one.run("2027-02-01")
    bill = one.run("2027-03-01")
    paper = bill.document
    # What counts up with every account made before this one.
    mine = {one.account.number: "T100001", payment_reference(one.account): "000000018"}
    text = json.dumps(paper.content)
    for here, always in mine.items():
        text = text.replace(here, always)
    paper.content = json.loads(text)
    page = drawn(make_pdf(paper))

    kept = PICTURES / f"{key}.png"
    if os.environ.get("PIXELS") == "keep":
        page.save(kept, optimize=True)
    assert page.size == Image.open(kept).size
    assert furthest(page, Image.open(kept)) < MOST


@pytest.mark.parametrize("by", [(3, 0), (0, 3)])
def test_a_line_that_moved_by_a_millimetre_is_seen(by):
    page = Image.open(PICTURES / "vpnet.png")
    line = page.crop((0, 380, page.width, 400))
    assert line.getextrema()[0] < 100  # something is printed there
    moved = page.copy()
    moved.paste(line, (by[0], 380 + by[1]))
    assert furthest(page, moved) > MOST

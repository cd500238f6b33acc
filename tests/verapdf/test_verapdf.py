from __future__ import annotations

import pytest

from records.documents.pdf import load_weasyprint
from tests.verapdf import MISSING, broken, classpath

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(classpath() is None, reason=MISSING),
]


def test_a_pdf_without_tags_is_named_with_the_rules_that_it_breaks(tmp_path):
    plain = tmp_path / "plain.pdf"
    plain.write_bytes(load_weasyprint().HTML(string="<p>Hello</p>").write_pdf())

    found = broken([plain])

    assert f"{plain} ua1 broken" in found
    assert "tagged" in found.lower()

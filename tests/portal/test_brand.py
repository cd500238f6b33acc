"""A provider's colour can be read on both themes, or is refused with a reason."""

import re
from pathlib import Path

import pytest

from portal.web import brand
from portal.web.brand import BadBrandColour, contrast, palette
from terms import library

TOKENS = Path(__file__).resolve().parents[2] / "static" / "scss" / "_tokens.scss"
VIVID = ["#0b5fff", "#e4002b", "#00a651", "#f58220", "#1f5f6b", "#5b2d8e", "#009fe3", "#0b1f3a"]
TEXTS = ["ink", "grey-text", "brand", "good", "attention", "bad", "info"]


def tokens() -> dict[str, dict[str, str]]:
    """Read the colours of both themes from the source of the stylesheet."""
    light, dark = TOKENS.read_text().split("@mixin dark", 1)
    found = [dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", part)) for part in (light, dark)]
    return {"light": found[0], "dark": {**found[0], **found[1]}}


@pytest.mark.parametrize("colour", VIVID)
def test_text_in_or_on_a_brand_colour_is_readable_on_both_themes(colour):
    colours = palette(colour)

    for theme, backgrounds in (
        (colours.light, brand.LIGHT_BACKGROUNDS),
        (colours.dark, brand.DARK_BACKGROUNDS),
    ):
        for background in (*backgrounds, theme.tint):
            assert contrast(theme.brand, background) >= brand.READABLE
            assert contrast(theme.strong, background) >= brand.READABLE
        assert contrast(theme.on_brand, theme.brand) >= brand.READABLE
        assert contrast(theme.on_brand, theme.strong) >= brand.READABLE
    assert contrast(colours.on_mark, colours.mark) >= brand.READABLE


def test_a_dark_enough_colour_is_kept_as_it_is():
    assert palette("#1F5F6B").light.brand == "#1f5f6b"


@pytest.mark.parametrize(
    ("colour", "why"),
    [
        ("teal", "not a colour"),
        ("#12345", "not a colour"),
        ("#777777", "grey"),
        ("#ffe600", "too light"),
        ("#ffffff", "grey"),
    ],
)
def test_a_bad_brand_colour_is_refused_with_the_reason(colour, why):
    with pytest.raises(BadBrandColour, match=why):
        palette(colour)


def test_stylesheet_sets_every_brand_property_in_both_themes():
    css = brand.stylesheet(palette("#0b5fff"))

    light, dark = css.split("@media")
    assert "--brand-mark:#0b5fff" in light
    for name in ("--brand", "--brand-strong", "--brand-tint", "--on-brand"):
        assert f"{name}:" in light
        assert f"{name}:" in dark


@pytest.mark.parametrize("key", library.providers())
def test_every_provider_has_a_brand_colour_that_works(key):
    assert palette(library.provider(key).brand.colour).light.on_brand


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_tokens_pass_contrast(theme):
    token = tokens()[theme]

    for background in ("page", "surface", "sunken"):
        for text in TEXTS:
            assert contrast(token[text], token[background]) >= 4.5, (text, background)
        # Borders of controls, and the focus ring (WCAG 1.4.11 and 2.4.13).
        for edge in ("grey-control", "focus"):
            assert contrast(token[edge], token[background]) >= 3, (edge, background)
    for status in ("good", "attention", "bad", "info"):
        assert contrast(token[status], token[f"{status}-tint"]) >= 4.5, status
    assert contrast(token["on-brand"], token["brand"]) >= 4.5
    assert contrast(token["surface"], token["bad"]) >= 4.5


def test_colours_in_python_are_those_of_the_stylesheet():
    for theme, backgrounds in (
        ("light", brand.LIGHT_BACKGROUNDS),
        ("dark", brand.DARK_BACKGROUNDS),
    ):
        token = tokens()[theme]
        assert {token[name] for name in ("page", "surface", "sunken")} == set(backgrounds)
    assert tokens()["light"]["brand"] == brand.OWN_COLOUR

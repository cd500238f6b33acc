"""A provider's brand colour, made readable on both themes.

Nothing here knows a provider. A hex colour goes in; the colours of the stylesheet come out, each
with at least `READABLE` contrast where text stands on it or is written in it.
"""

import colorsys
import re
from collections.abc import Iterable
from dataclasses import dataclass

READABLE = 4.5
"""WCAG 2.2 AA: least contrast between text and what is behind it."""

FARTHEST_SHIFT = 0.25
"""How far lightness (0 to 1) may move before the colour is no longer the provider's own."""

LIGHT_BACKGROUNDS = ("#ffffff", "#f4f5f7", "#eceef1")
DARK_BACKGROUNDS = ("#111317", "#1a1d22", "#23272d")
OWN_COLOUR = "#1f5f6b"
INK = "#111317"
WHITE = "#ffffff"
_STEP = 0.01

Rgb = tuple[float, float, float]


class BadBrandColour(ValueError):
    """The colour cannot be a brand colour; the message says why and what to choose instead."""


@dataclass(frozen=True, kw_only=True)
class Theme:
    """Brand colours of one theme, as `#rrggbb`."""

    brand: str
    strong: str
    tint: str
    on_brand: str


@dataclass(frozen=True, kw_only=True)
class Palette:
    """What a brand colour becomes: the mark (the colour itself) and a theme each."""

    mark: str
    on_mark: str
    light: Theme
    dark: Theme


def palette(colour: str) -> Palette:
    """Return the readable variants of a brand colour.

    Raises BadBrandColour where the colour is no `#rrggbb`, is a grey, or would have to change
    beyond recognition to be read on the light theme.
    """
    hue, lightness, saturation = colorsys.rgb_to_hls(*_rgb(colour))
    if saturation < 0.08:
        raise BadBrandColour(f"{colour} is a grey: links and buttons would look like plain text.")
    light_tint = _hex(hue, 0.95, min(saturation, 0.6))
    dark_tint = _hex(hue, 0.14, min(saturation, 0.35))
    light = _readable(hue, lightness, saturation, (*LIGHT_BACKGROUNDS, light_tint), -_STEP)
    if lightness - light > FARTHEST_SHIFT:
        raise BadBrandColour(
            f"{colour} is too light to be read on white: it would turn into "
            f"{_hex(hue, light, saturation)}. Choose a darker brand colour."
        )
    calm = min(saturation, 0.55)
    dark = _readable(hue, max(lightness, 0.6), calm, (*DARK_BACKGROUNDS, dark_tint), _STEP)
    return Palette(
        mark=colour.lower(),
        on_mark=_text_on(colour),
        light=Theme(
            brand=_hex(hue, light, saturation),
            strong=_hex(hue, max(light - 0.1, 0.0), saturation),
            tint=light_tint,
            on_brand=WHITE,
        ),
        dark=Theme(
            brand=_hex(hue, dark, calm),
            strong=_hex(hue, min(dark + 0.1, 1.0), calm),
            tint=dark_tint,
            on_brand=INK,
        ),
    )


def stylesheet(colours: Palette) -> str:
    """Return the few lines of CSS that set a provider's colours."""
    mark = f"--brand-mark:{colours.mark};--on-mark:{colours.on_mark};"
    return (
        f":root{{{mark}{_properties(colours.light)}}}\n"
        f"@media screen and (prefers-color-scheme:dark)"
        f"{{:root{{{_properties(colours.dark)}}}}}\n"
    )


def contrast(one: str, other: str) -> float:
    """Return the WCAG contrast ratio of two `#rrggbb` colours: 1 (none) to 21."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _properties(theme: Theme) -> str:
    return (
        f"--brand:{theme.brand};--brand-strong:{theme.strong};"
        f"--brand-tint:{theme.tint};--on-brand:{theme.on_brand};"
    )


def _readable(
    hue: float, lightness: float, saturation: float, backgrounds: Iterable[str], step: float
) -> float:
    """Move lightness until the colour can be read on every background, and return it."""
    backgrounds = tuple(backgrounds)
    while 0.0 < lightness < 1.0:
        candidate = _hex(hue, lightness, saturation)
        if all(contrast(candidate, background) >= READABLE for background in backgrounds):
            break
        lightness += step
    return min(max(lightness, 0.0), 1.0)


def _text_on(colour: str) -> str:
    return max((WHITE, INK), key=lambda text: contrast(text, colour))


def _rgb(colour: str) -> Rgb:
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", colour):
        raise BadBrandColour(f"{colour!r} is not a colour: write it as #rrggbb, such as #1f5f6b.")
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return red, green, blue


def _hex(hue: float, lightness: float, saturation: float) -> str:
    channels = colorsys.hls_to_rgb(hue, lightness, saturation)
    return "#" + "".join(f"{int(channel * 255 + 0.5):02x}" for channel in channels)


def _luminance(colour: str) -> float:
    red, green, blue = (
        channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4
        for channel in _rgb(colour)
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue

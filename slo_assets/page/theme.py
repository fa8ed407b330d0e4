"""Colours by what they mean, once: the page's style sheet and the pictures take them from here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

#: Each text colour has a contrast of 4.5 : 1 or more with its background (WCAG 2.2, AA), each line 3 : 1.
LIGHT: Final[Mapping[str, str]] = {
    "paper": "#fbfbfa",
    "card": "#ffffff",
    "ink": "#1c1e21",
    "muted": "#5a6068",
    "rule": "#dfe1e4",
    "accent": "#2456a6",
    "met": "#1f7a3d",
    "at-risk": "#8f5a00",
    "failed": "#b3261e",
    "unknown": "#5a6068",
    "met-tint": "#e3f3e7",
    "at-risk-tint": "#fdf0d0",
    "failed-tint": "#fbe4e2",
    "unknown-tint": "#eceef0",
}
DARK: Final[Mapping[str, str]] = {
    "paper": "#121417",
    "card": "#1a1d21",
    "ink": "#e7e9ec",
    "muted": "#a3abb5",
    "rule": "#32373d",
    "accent": "#8db4f5",
    "met": "#6cc98a",
    "at-risk": "#e5b04c",
    "failed": "#f58b83",
    "unknown": "#a3abb5",
    "met-tint": "#1b3324",
    "at-risk-tint": "#3a2e12",
    "failed-tint": "#42201e",
    "unknown-tint": "#2a2e33",
}


def variables(theme: Mapping[str, str]) -> str:
    """A theme as CSS custom properties."""
    return "".join(f"--{role}:{color};" for role, color in theme.items())


def variable(role: str) -> str:
    """How the page's pictures name a colour, so that they follow the reader's light or dark."""
    return f"var(--{role})"

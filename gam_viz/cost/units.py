"""Amounts as people read them: three digits and a prefix, shares with a sign."""

from __future__ import annotations

from gam_viz.text import signed

_PREFIXES = ((1e9, "G"), (1e6, "M"), (1e3, "k"))


def amount(value: float, unit: str = "") -> str:
    """Three significant digits: "421 M", "4.38 G", "7.02 MB" (of 1,000,000 bytes), "512 B"."""
    for size, prefix in _PREFIXES:
        if float(f"{value:.3g}") >= size:
            return f"{_three(value / size)} {prefix}{unit}"
    return f"{_three(value)} {unit}".rstrip()


def added(share: float) -> str:
    """A share that is added, with its sign: "+154.9%", "+1,968%", "+0.005%"; "0%" for nothing."""
    percent = 100 * share
    if percent == 0:
        return "0%"
    if abs(percent) < 0.1:
        return signed(percent, "+.2g") + "%" if abs(percent) >= 0.001 else "<0.001%"
    return signed(percent, f"+,.{0 if abs(percent) >= 1000 else 1}f") + "%"


def _three(value: float) -> str:
    rounded = float(f"{value:.3g}")
    return f"{rounded:.{0 if rounded >= 100 or rounded == int(rounded) == value else 1 if rounded >= 10 else 2}f}"

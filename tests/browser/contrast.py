"""How well text reads: its contrast against what lies behind it (WCAG 2.2, success criterion 1.4.3)."""

from __future__ import annotations

from playwright.sync_api import Page

#: Every piece of visible text with less contrast than AA asks for: "ratio wanted text".
#: Exempt are signs without a letter or a figure, icons, and what is switched off; drawings are not judged here.
SCRIPT = r"""
() => {
  const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
  const rgba = colour => {
    canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data; return [r, g, b, a / 255];
  };
  const over = (top, below) => top.slice(0, 3).map((c, i) => c * top[3] + below[i] * (1 - top[3]));
  const luminance = colour => {
    const [r, g, b] = colour.map(c => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const found = new Set();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const words = walker.currentNode.textContent.trim(), element = walker.currentNode.parentElement;
    if (!/[\p{L}\p{N}]/u.test(words) || !element) continue;
    if (!element.checkVisibility({opacityProperty: true, visibilityProperty: true})) continue;
    if (element.closest('svg, canvas, style, script, :disabled, [aria-disabled=true]')) continue;
    // Icons are drawn with letters, and a slider's number stands above the thumb that it belongs to, not on it.
    if (element.closest('[data-testid=stIconMaterial], [data-testid=stExpanderIcon], [data-testid=stSliderThumbValue]'))
      continue;
    const box = element.getBoundingClientRect();
    if (box.width < 2 || box.height < 2) continue;
    const style = getComputedStyle(element), chain = [];
    let opacity = 1;
    for (let e = element; e; e = e.parentElement) {
      opacity *= Number(getComputedStyle(e).opacity);
      chain.unshift(rgba(getComputedStyle(e).backgroundColor));
    }
    const below = chain.reduce((behind, colour) => over(colour, behind), [255, 255, 255]);
    const ink = rgba(style.color);
    if (ink[3] * opacity < 0.05) continue;  // drawn for the eye of no one, such as a slider's hidden number
    const text = luminance(over([...ink.slice(0, 3), ink[3] * opacity], below)), ground = luminance(below);
    const ratio = (Math.max(text, ground) + 0.05) / (Math.min(text, ground) + 0.05);
    const size = parseFloat(style.fontSize), large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    const wanted = large ? 3 : 4.5;
    if (ratio < wanted - 0.005) found.add(`${ratio.toFixed(2)} < ${wanted}: ${words.slice(0, 60)}`);
  }
  return [...found];
}
"""


def too_faint(page: Page) -> list[str]:
    """What does not read well enough on the page as it is drawn now; empty where all does."""
    return list(page.evaluate(SCRIPT))

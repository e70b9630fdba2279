"""How well charts read: the contrast of their text (WCAG 2.2, 1.4.3) and of their marks (1.4.11), on the drawn SVG."""

from __future__ import annotations

from playwright.sync_api import Page

#: Every text of a chart below 4.5:1 and every mark, line, interval or bar below 3:1: "ratio wanted what".
#: Exempt are grids, bands behind lines, maps, and points that nobody is to see; of a bar its outline counts as well.
SCRIPT = r"""
() => {
  const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
  const rgba = (colour, opacity) => {
    canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data; return [r, g, b, a / 255 * opacity];
  };
  const over = (top, below) => top.slice(0, 3).map((c, i) => c * top[3] + below[i] * (1 - top[3]));
  const luminance = colour => {
    const [r, g, b] = colour.map(c => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = element => {
    const chain = [];
    for (let e = element; e; e = e.parentElement) chain.unshift(rgba(getComputedStyle(e).backgroundColor, 1));
    return chain.reduce((below, colour) => over(colour, below), [255, 255, 255]);
  };
  const ratio = (ink, below) => {
    const [a, b] = [luminance(over(ink, below)), luminance(below)];
    return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  };
  const through = element => {
    let opacity = 1;
    for (let e = element; e && e !== document.body; e = e.parentElement) opacity *= +getComputedStyle(e).opacity;
    return opacity;
  };
  const found = new Set(); let seen = 0;
  for (const chart of document.querySelectorAll('.stPlotlyChart')) {
    const below = behind(chart);
    for (const text of chart.querySelectorAll('svg text')) {
      const words = text.textContent.trim(), box = text.getBoundingClientRect();
      if (!/[\p{L}\p{N}]/u.test(words) || box.width < 1 || text.closest('.hoverlayer')) continue;
      const style = getComputedStyle(text), opacity = through(text) * Number(style.fillOpacity);
      if (opacity < 0.05) continue;
      seen++;
      const is = ratio(rgba(style.fill, opacity), below);
      if (is < 4.495) found.add(`${is.toFixed(2)} < 4.5: ${words.slice(0, 40)}`);
    }
    const marks = '.scatterlayer .points path, .scatterlayer .js-line, .errorbar path, .barlayer .point path';
    for (const mark of chart.querySelectorAll(marks)) {
      const style = getComputedStyle(mark), opacity = through(mark), inks = [];
      if (style.fill !== 'none' && !mark.matches('.js-line'))
        inks.push(rgba(style.fill, opacity * style.fillOpacity));
      if (style.stroke !== 'none' && parseFloat(style.strokeWidth) > 0)
        inks.push(rgba(style.stroke, opacity * style.strokeOpacity));
      const strongest = Math.max(0, ...inks.map(ink => ink[3]));
      if (strongest < 0.05) continue;
      seen++;
      const is = Math.max(...inks.map(ink => ratio(ink, below)));
      if (is < 2.995) found.add(`${is.toFixed(2)} < 3: ${mark.parentElement.getAttribute('class')} ${style.fill}`);
    }
  }
  return {seen, found: [...found]};
}
"""


def too_faint_in_charts(page: Page) -> tuple[list[str], int]:
    """What does not read well enough in the page's charts as they are drawn now, and how many parts were judged."""
    result = page.evaluate(SCRIPT)
    return list(result["found"]), int(result["seen"])

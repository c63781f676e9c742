#!/usr/bin/env python3
"""Draws the help's formulas as SVG: formulas.toml -> formulas/*.svg. Needs matplotlib; the build does not."""
import pathlib
import tomllib
from xml.sax.saxutils import escape

FOLDER = pathlib.Path(__file__).resolve().parent
EM = 100  # units of the drawing per em of the text beside it
TEXT = 20  # px per em where a browser shows the drawing
# Pages are read on light and on dark ground. An embedded drawing learns of the system's choice alone, which need not be
# the page's, so it brings its ground along. The window takes the path alone and inks it in its theme's colour.
STYLE = ("svg{color:#1f2328}rect{fill:#fff}"
         "@media(prefers-color-scheme:dark){svg{color:#e6edf3}rect{fill:#0d1117}}")


def formulas():
    with open(FOLDER / "formulas.toml", "rb") as file:
        return {f"{group}_{name}": tex for group, entries in tomllib.load(file).items() for name, tex in entries.items()}


def draw(tex):
    """One path in the colour of the text; the viewBox counts hundredths of an em."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.path import Path
    from matplotlib.textpath import TextPath

    path = TextPath((0, 0), f"${tex}$", size=EM, prop=FontProperties(math_fontfamily="stix"))
    box = path.get_extents()
    pad = 4
    left, top = box.x0 - pad, box.y1 + pad
    width, height = box.width + 2 * pad, box.height + 2 * pad
    parts, index = [], 0
    letters = {Path.MOVETO: ("M", 1), Path.LINETO: ("L", 1), Path.CURVE3: ("Q", 2), Path.CURVE4: ("C", 3), Path.CLOSEPOLY: ("Z", 1)}
    while index < len(path.codes):
        letter, count = letters[path.codes[index]]
        points = path.vertices[index:index + count]
        index += count
        numbers = "" if letter == "Z" else " ".join(f"{x - left:.1f} {top - y:.1f}" for x, y in points)
        parts.append(letter + numbers)
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{width * TEXT / EM:.1f}" height="{height * TEXT / EM:.1f}" '
            f'viewBox="0 0 {width:.1f} {height:.1f}">'
            f'<title>{escape(tex)}</title><style>{STYLE}</style><rect width="100%" height="100%"/>\n'
            f'<path fill="currentColor" d="{"".join(parts)}"/></svg>\n')


def main():
    target = FOLDER / "formulas"
    target.mkdir(exist_ok=True)
    drawn = {name: draw(tex) for name, tex in formulas().items()}
    for old in target.glob("*.svg"):
        old.unlink()
    for name, drawing in drawn.items():
        (target / f"{name}.svg").write_text(drawing)
    print(f"{len(drawn)} formulas in {target}")


main()

#!/usr/bin/env python3
"""Draws the help's formulas as SVG and writes its pages as Markdown. Needs matplotlib; the build does not.

    python3 resources/help/render.py              # formulas.toml -> formulas/*.svg
    python3 resources/help/render.py --markdown   # the method pages as Markdown, to standard output
"""
import html.parser
import pathlib
import sys
import tomllib
from xml.sax.saxutils import escape

FOLDER = pathlib.Path(__file__).resolve().parent
EM = 100  # units of the drawing per em of the text beside it
METHODS = sorted(page.stem for page in FOLDER.glob("*.html") if page.stem not in ("index", "window"))


def formulas():
    with open(FOLDER / "formulas.toml", "rb") as file:
        return {f"{group}_{name}": tex for group, entries in tomllib.load(file).items() for name, tex in entries.items()}


def draw(tex):
    """One path in the colour of the text, the drawing's own size in hundredths of an em."""
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
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.1f} {height:.1f}">'
            f"<title>{escape(tex)}</title>"
            f'<path fill="currentColor" d="{"".join(parts)}"/></svg>\n')


class Markdown(html.parser.HTMLParser):
    """The few tags the pages use, as GitHub's Markdown."""

    MARKS = {"b": "**", "i": "*", "code": "`"}

    def __init__(self, tex):
        super().__init__()
        self.tex, self.out, self.hidden, self.link = tex, [], 0, None

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag in ("title", "head"):
            self.hidden += 1
        elif tag in ("h1", "h2"):
            self.out.append("\n\n### " if tag == "h1" else "\n\n**")
        elif tag == "p":
            self.out.append("\n\n")
        elif tag in ("ul", "ol"):
            self.out.append("\n")
        elif tag == "li":
            self.out.append("\n- ")
        elif tag in self.MARKS:
            self.out.append(self.MARKS[tag])
        elif tag in ("sub", "sup"):
            self.out.append(f"<{tag}>")
        elif tag == "br":
            self.out.append("<br>")
        elif tag == "img":
            self.out.append(f"\n\n$${self.tex[attributes['src'].removeprefix('formula:')]}$$\n\n")
        elif tag == "a" and attributes.get("href", "").startswith("http"):
            self.link = attributes["href"]
            self.out.append("[")

    def handle_endtag(self, tag):
        if tag in ("title", "head"):
            self.hidden -= 1
        elif tag == "h2":
            self.out.append("**")
        elif tag in self.MARKS:
            self.out.append(self.MARKS[tag])
        elif tag in ("sub", "sup"):
            self.out.append(f"</{tag}>")
        elif tag == "a" and self.link:
            self.out.append(f"]({self.link})")
            self.link = None

    def handle_data(self, data):
        if not self.hidden:
            text = " ".join(data.split())
            lead = " " if data[:1].isspace() and self.out and not self.out[-1].endswith((" ", "\n")) else ""
            self.out.append(lead + text + (" " if text and data[-1:].isspace() else ""))

    def text(self):
        lines = [line.rstrip() for line in "".join(self.out).splitlines()]
        kept = [line for i, line in enumerate(lines) if line or (i and lines[i - 1])]
        return "\n".join(kept).strip() + "\n"


def main():
    tex = formulas()
    if "--markdown" in sys.argv:
        for name in METHODS:
            page = Markdown(tex)
            page.feed((FOLDER / f"{name}.html").read_text())
            print(page.text())
        return
    target = FOLDER / "formulas"
    target.mkdir(exist_ok=True)
    for old in target.glob("*.svg"):
        old.unlink()
    for name, formula in tex.items():
        (target / f"{name}.svg").write_text(draw(formula))
    print(f"{len(tex)} formulas in {target}")


main()

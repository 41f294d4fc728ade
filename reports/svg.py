"""A figure as SVG: the same bytes for the same figure, alone in a file or inline in a page.

Text stays text, so that it can be read aloud, searched and set in the page's fonts.
"""

import io
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from xml.etree import ElementTree

from markupsafe import Markup
from matplotlib.figure import Figure
from matplotlib.style import context

from reports import palette

_SVG, _XLINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
_MORE_THAN_HUNDREDTHS = re.compile(r"(\.\d\d)\d+")
_POINTER = re.compile(r"#([\w-]+)")
_THEME = {palette.INK: "var(--ink)", palette.MUTED: "var(--muted)", palette.RULE: "var(--rule)"}


@contextmanager
def look() -> Iterator[None]:
    """Draw in the report's look, whatever the reader's own matplotlib settings are."""
    with context(["default", palette.RC], after_reset=True), warnings.catch_warnings():
        # A class named in a script that the font lacks: the SVG keeps the text, and the reader's fonts have it.
        warnings.filterwarnings("ignore", message=r"Glyph .* missing from", category=UserWarning)
        yield


def tree(figure: Figure, title: str) -> ElementTree.Element:
    """SVG of `figure`, with `title` as its accessible title."""
    stream = io.BytesIO()
    nothing = dict.fromkeys(("Creator", "Date", "Format", "Type"))
    figure.savefig(stream, format="svg", metadata=nothing)
    root = ElementTree.fromstring(stream.getvalue())
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag in (f"{{{_SVG}}}metadata", f"{{{_SVG}}}style"):
                parent.remove(child)
    # What the removed style sheet said of every element, without reaching elements outside of this one.
    root.set("stroke-linejoin", "round")
    root.set("role", "img")
    heading = ElementTree.Element(f"{{{_SVG}}}title")
    heading.text = title
    root.insert(0, heading)
    pointed = {name for node in root.iter() for value in node.attrib.values() for name in _POINTER.findall(value)}
    for node in root.iter():
        if node.get("id") not in pointed:
            node.attrib.pop("id", None)
        if "d" in node.attrib:
            node.set("d", _MORE_THAN_HUNDREDTHS.sub(r"\1", " ".join(node.attrib["d"].split())))
    return root


def standalone(root: ElementTree.Element) -> str:
    """`root` as the text of an SVG file, on white paper wherever it is shown."""
    copy = ElementTree.fromstring(ElementTree.tostring(root))
    paper = {"width": "100%", "height": "100%", "fill": palette.PAPER}
    copy.insert(1, ElementTree.Element(f"{{{_SVG}}}rect", paper))
    ElementTree.register_namespace("", _SVG)
    ElementTree.register_namespace("xlink", _XLINK)
    return ElementTree.tostring(copy, encoding="unicode") + "\n"


def inline(root: ElementTree.Element, name: str, described_by: str) -> Markup:
    """`root` as a part of an HTML page: unique ids, the page's theme and fonts, described by the element of that id."""
    copy = ElementTree.fromstring(ElementTree.tostring(root))
    for child in list(copy):
        if child.tag == f"{{{_SVG}}}title":
            copy.remove(child)  # a browser would show it as a tooltip wherever the pointer rests
    copy.set("aria-labelledby", described_by)
    for size in ("width", "height"):
        copy.attrib.pop(size, None)
    for node in copy.iter():
        node.tag = node.tag.removeprefix(f"{{{_SVG}}}")
        node.attrib = {
            key.removeprefix(f"{{{_XLINK}}}"): _placed(key, value, name) for key, value in node.attrib.items()
        }
    return Markup(ElementTree.tostring(copy, encoding="unicode"))


def _placed(key: str, value: str, name: str) -> str:
    if key == "id":
        return f"{name}-{value}"
    if key.endswith("href") and value.startswith("#"):
        return f"#{name}-{value[1:]}"
    value = value.replace("url(#", f"url(#{name}-")
    if key == "style":
        for color, variable in _THEME.items():
            value = value.replace(color, variable)
        value = re.sub(r"font-family: [^;]*;?", "", value)
    return value

"""What there is, as plain values and as text."""

import math
import shutil
import textwrap
from typing import Any

from solvers import methods
from solvers.method import Method
from solvers.options import Option
from workbench.comparison.problem import objective_class, objective_names
from workbench.data import list_datasets
from workbench.peers.family import peers

WIDTH = 110
INDENT = 31


def listing(kind: str, data_dir: str | None = None) -> list[dict[str, Any]]:
    """Return one entry for each solver, objective, data set or peer."""
    if kind == "solvers":
        return [_solver(methods.method(name)) for name in methods.names()]
    if kind == "objectives":
        return [{"name": name, "summary": objective_class(name).title} for name in objective_names()]
    if kind == "peers":
        return [_peer(peer) for peer in peers()]
    return [
        {"name": info.name, "summary": info.title, "source": info.source, "size": info.size, "on_disk": info.on_disk}
        for info in list_datasets(data_dir=data_dir)
    ]


def _solver(method: Method) -> dict[str, Any]:
    options: dict[str, dict[str, Any]] = {}
    if method.selector:
        words = ", ".join(method.variants)
        default = next(iter(method.variants))
        options[method.selector] = {"default": default, "expects": f"one of {words}", "doc": method.selector_doc}
    having: dict[str, list[str]] = {}
    for variant in method.variants:
        for name, option in method.options(variant).items():
            options.setdefault(name, _option(option))
            having.setdefault(name, []).append(variant)
    for name, variants in having.items():
        if len(variants) < len(method.variants):
            options[name]["doc"] += f" (with {method.selector}={'|'.join(variants)})"
    return {"name": method.name, "summary": method.summary, "options": options}


def _peer(peer: Any) -> dict[str, Any]:
    missing = peer.library.missing
    return {
        "name": peer.name,
        "summary": peer.summary,
        "version": None if missing else peer.library.versions,
        "missing": missing or None,
        "options": {name: _option(option) for name, option in peer.options().items()},
    }


def _option(option: Option) -> dict[str, Any]:
    default = option.decode(option.default)
    expects = str(option.rule) if option.rule else "True or False" if option.kind is bool else "a number"
    if isinstance(default, float):  # NaN stands for none; JSON has no infinity
        default = None if math.isnan(default) else float(f"{default:g}") if math.isfinite(default) else f"{default:g}"
    return {"default": default, "expects": expects, "doc": option.doc}


def text(kind: str, entries: list[dict[str, Any]], *, details: bool) -> str:
    """Return entries as lines; with details the options of solvers, those that all of them have once."""
    width = max(len(entry["name"]) for entry in entries)
    common = _common(entries) if details else {}
    lines = [f"{kind}:"]
    for entry in entries:
        extra = ""
        if "size" in entry:
            extra = f" · {entry['size']} · {'on disk' if entry['on_disk'] else 'to be downloaded'}"
        if "missing" in entry:
            extra = f" · {entry['missing'] or entry['version']}"
        lines.append(f"  {entry['name']:{width}}  {entry['summary']}{extra}")
        if details:
            lines += _lines({name: option for name, option in entry.get("options", {}).items() if name not in common})
    if common:
        lines += ["  all of them", *_lines(common)]
    elif kind == "solvers":
        lines.append("  (their options: workbench list solvers)")
    return "\n".join(lines)


def _common(entries: list[dict[str, Any]]) -> dict[str, Any]:
    first, *others = [entry.get("options", {}) for entry in entries]
    return {name: option for name, option in first.items() if all(other.get(name) == option for other in others)}


def _lines(options: dict[str, Any]) -> list[str]:
    width = min(WIDTH, shutil.get_terminal_size((WIDTH, 24)).columns)
    lines = []
    for name, option in options.items():
        default = option["default"]
        value = f"{default:g}" if isinstance(default, float) else default
        shown = name if default is None else f"{name}={value}"
        doc = "; ".join(filter(None, (option["doc"], option["expects"])))
        lines += textwrap.wrap(doc, width, initial_indent=f"      {shown:24} ", subsequent_indent=" " * INDENT)
    return lines

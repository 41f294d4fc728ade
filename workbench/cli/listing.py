"""What there is, as plain values and as text."""

import textwrap
from typing import Any

from solvers import methods
from solvers.method import Method
from solvers.options import Option
from workbench.comparison.problem import objective_class, objective_names
from workbench.data import list_datasets


def listing(kind: str, data_dir: str | None = None) -> list[dict[str, Any]]:
    """Return one entry for each solver, objective or data set."""
    if kind == "solvers":
        return [_solver(methods.method(name)) for name in methods.names()]
    if kind == "objectives":
        return [{"name": name, "summary": objective_class(name).title} for name in objective_names()]
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
    for variant in method.variants:
        for name, option in method.options(variant).items():
            if name not in options:
                options[name] = _option(option)
                if name not in method.options():
                    options[name]["doc"] += f" (with {method.selector}={variant})"
    return {"name": method.name, "summary": method.summary, "options": options}


def _option(option: Option) -> dict[str, Any]:
    default = option.decode(option.default)
    expects = str(option.rule) if option.rule else "True or False" if option.kind is bool else "a number"
    default = default if isinstance(default, (str, bool, int)) else f"{default:g}"
    return {"default": default, "expects": expects, "doc": option.doc}


def text(kind: str, entries: list[dict[str, Any]]) -> str:
    """Return entries as lines."""
    width = max(len(entry["name"]) for entry in entries)
    lines = [f"{kind}:"]
    for entry in entries:
        extra = ""
        if "size" in entry:
            extra = f" · {entry['size']} · {'on disk' if entry['on_disk'] else 'to be downloaded'}"
        lines.append(f"  {entry['name']:{width}}  {entry['summary']}{extra}")
        for name, option in entry.get("options", {}).items():
            shown = f"{name}={option['default']}"
            doc = f"{option['doc']}; {option['expects']}" if option["doc"] else option["expects"]
            lines += textwrap.wrap(doc, 110, initial_indent=f"      {shown:24} ", subsequent_indent=" " * 31)
    return "\n".join(lines)

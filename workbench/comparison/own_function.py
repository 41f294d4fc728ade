"""A function of the user's, named as ``path/to/file.py:function``: found, called, and blamed by file and line."""

import functools
import importlib.util
import re
import sys
import traceback
from collections.abc import Callable
from contextlib import redirect_stdout
from pathlib import Path
from types import ModuleType
from typing import Any

from numba.core.errors import NumbaError

from solvers.jit import is_compiled
from solvers.options import nearest


class OwnFunction:
    """A callable of the user's file, as it is called from here.

    What it prints goes to stderr: stdout is for results. What it raises becomes a ValueError with file and line.

    Attributes
    ----------
    path : Path
        The file.
    function : callable
        What the file defines.
    x0, layout : Any
        What the file defines under these names; None where it does not.
    """

    def __init__(self, path: Path, function: Callable[..., Any], x0: Any = None, layout: Any = None) -> None:
        self.path, self.function, self.x0, self.layout = path, function, x0, layout
        functools.update_wrapper(self, function, updated=())  # its name in messages, and its parameter nargout
        if hasattr(function, "coordinate_names"):
            self.coordinate_names = function.coordinate_names

    def __call__(self, *args: Any, **options: Any) -> Any:
        """Return what the function returns."""
        try:
            with redirect_stdout(sys.stderr):
                return self.function(*args, **options)
        except (Exception, SystemExit) as error:
            raise _blamed(self.path, error, "raised") from error

    def around(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return another function of the file as a solver's loop calls it: a compiled one is left as it is."""
        return function if is_compiled(function) else OwnFunction(self.path, function)

    def blamed(self, error: Exception) -> Exception:
        """Return an error that compiled code of the file raised, with its file and line; any other as it is."""
        if _place(self.path, error) is None:
            return error
        blamed = _blamed(self.path, error, "raised")
        for note in getattr(error, "__notes__", []):
            blamed.add_note(note)
        return blamed


def names_own_function(name: str) -> bool:
    """Whether an objective is one of the user's, ``path/to/file.py:function``, and not a built-in one.

    Raises
    ------
    ValueError
        For a file without a function.
    """
    if name.endswith(".py"):
        raise ValueError(f"name the function in {name} too: {name}:FUNCTION")
    return ".py:" in name


def own_function(name: str) -> OwnFunction:
    """Return the function that ``path/to/file.py:function`` names.

    Raises
    ------
    ValueError
        There is no such file or function in it (the nearest is offered), or the file does not run.
    """
    path_text, _, wanted = name.rpartition(":")
    path = Path(path_text).expanduser()
    if not path.is_file():
        raise ValueError(f"there is no file {path}")
    module = _imported(path)
    defined = {key: value for key, value in vars(module).items() if _is_theirs(value, module)}
    found = getattr(module, wanted, None)
    if not callable(found):
        hint = nearest(wanted, defined) or (f"; it defines {', '.join(defined)}" if defined else "")
        raise ValueError(f"{path} defines no function {wanted!r}{hint}")
    x0 = getattr(module, "x0", None)
    return OwnFunction(path, found, OwnFunction(path, x0) if callable(x0) else x0, getattr(module, "layout", None))


def _is_theirs(value: Any, module: ModuleType) -> bool:
    return callable(value) and not isinstance(value, type) and getattr(value, "__module__", None) == module.__name__


def _imported(path: Path) -> ModuleType:
    """Import a file under its own name, so that what it compiles with a cache is found on disk again."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise ValueError(f"{path} is no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules.setdefault(path.stem, module)
    sys.path.insert(0, str(path.parent.resolve()))
    try:
        with redirect_stdout(sys.stderr):
            spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        raise _blamed(path, error, "does not run") from error
    finally:
        sys.path.pop(0)
    return module


def _blamed(path: Path, error: BaseException, what: str) -> ValueError:
    """Return an error that says in a line where the file failed, and how."""
    line, reason = _place(path, error), str(error)
    if isinstance(error, SyntaxError):
        reason = error.msg
    elif isinstance(error, NumbaError):  # a page, whose first line says no more than that it failed
        rows = [row for row in _plain(reason).splitlines() if row.strip() and not row.startswith("Failed in")]
        reason = rows[0] if rows else ""
    where = f"{path}, line {line}," if line else f"{path}"
    if isinstance(error, NotImplementedError) and line == _raised_at(path, error):
        return ValueError(f"{where} is unfinished{f': {reason}' if reason else ''}")
    return ValueError(f"{where} {what}: {type(error).__name__}{f': {reason}' if reason else ''}")


def _place(path: Path, error: BaseException) -> int | None:
    """Return the line of the file at which it happened; None where only others' code is to be seen."""
    places = [(frame.filename, frame.lineno) for frame in traceback.extract_tb(error.__traceback__)]
    if isinstance(error, SyntaxError):
        places.append((error.filename or "", error.lineno))
    if isinstance(error, NumbaError):
        named = re.findall(r'File "(.+)", line (\d+)', _plain(str(error)))
        places += [(str(path), int(line)) for name, line in named if Path(name).name == path.name]
    return next((line for name, line in reversed(places) if name and Path(name).resolve() == path.resolve()), None)


def _raised_at(path: Path, error: BaseException) -> int | None:
    """Return the line of the file that raised it; None where code that the file calls did."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    return last.lineno if Path(last.filename).resolve() == path.resolve() else None


def _plain(text: str) -> str:
    """Return text without the colours that Numba paints it in."""
    return re.sub(r"\x1b\[[0-9;]*m", "", text)

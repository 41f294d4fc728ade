"""The command line: ``workbench`` and ``python -m workbench``."""

import os
import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit: 0 ok, 1 a check failed, 2 bad input, 3 no result, 130 interrupted.

    Parameters
    ----------
    arguments : sequence of str, optional
        Instead of those that the process was started with.
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a terminal that cannot show × shows ? rather than an error
            stream.reconfigure(errors="replace")
    try:
        code = _run(sys.argv[1:] if arguments is None else list(arguments))
    except KeyboardInterrupt:
        code = _failed("interrupted", 130)
    sys.exit(code)


def _run(arguments: list[str]) -> int:
    import click

    from workbench.cli import workbench
    from workbench.threads import let_waiting_threads_sleep

    let_waiting_threads_sleep()
    try:
        code = workbench.main(arguments, prog_name="workbench", standalone_mode=False, obj=arguments)
    except click.exceptions.Abort as error:  # click's word for Ctrl-C, and for a file that ends too early
        if isinstance(error.__cause__, EOFError):
            return _failed(f"unexpected end of a file: {error.__cause__}", 2)
        raise KeyboardInterrupt from error
    except click.ClickException as error:
        ctx = error.ctx if isinstance(error, click.UsageError) else None
        return _failed(f"{error.format_message()}{f' (see {ctx.command_path} --help)' if ctx else ''}", 2)
    except (ValueError, TypeError, OSError, MemoryError) as error:
        if os.environ.get("WORKBENCH_TRACEBACK"):
            raise
        notes = "".join(f" ({note})" for note in getattr(error, "__notes__", []))
        return _failed(f"{str(error) or type(error).__name__}{notes}", 2)
    return code if isinstance(code, int) else 0


def _failed(reason: str, code: int) -> int:
    """Say why in one line on stderr; return the exit code."""
    print(f"workbench: {' '.join(reason.split())}", file=sys.stderr)
    return code


if __name__ == "__main__":
    main()

"""The command line: ``workbench`` and ``python -m workbench``."""

import os
import sys


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit: 0 ok, 1 a check failed, 2 bad input, 3 not converged, 130 interrupted."""
    import click

    from workbench.cli import workbench

    try:
        code = workbench.main(arguments, prog_name="workbench", standalone_mode=False)
    except click.exceptions.Abort:
        code = 130
    except KeyboardInterrupt:
        code = 130
    except click.ClickException as error:
        error.show()
        code = 2
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    except (ValueError, TypeError, OSError) as error:
        if os.environ.get("WORKBENCH_TRACEBACK"):
            raise
        notes = "".join(f" ({note})" for note in getattr(error, "__notes__", []))
        print(f"workbench: {' '.join(str(error).split())}{notes}", file=sys.stderr)
        code = 2
    sys.exit(code if isinstance(code, int) else 0)


if __name__ == "__main__":
    main()

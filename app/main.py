"""The entry point: runs the command line, and makes one clear line and an exit code of whatever goes wrong."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from app.cli import options
from app.cli.group import Verbs

_BAD_INPUT, _FAILED, _INTERRUPTED = 2, 1, 130


@click.group(cls=Verbs, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="swarmkeeper")
@options.root
@click.pass_context
def swarm(ctx: click.Context, root: Path) -> int | None:
    """Drive a tree of LLM agents from a terminal, and stay in charge of every step.

    Without a verb: opens the app in the current directory. RUN is a run's id, or the beginning of one.
    """
    if ctx.invoked_subcommand is not None:
        return None
    from app.cli.screen import need_terminal, show_first
    from app.cli.workspace import home_or_offer

    need_terminal()
    return show_first(home_or_offer(root))


def main(args: list[str] | None = None) -> None:
    """Runs `swarm` and ends the process with its exit code.

    Args:
        args: What follows the program's name; taken from the process if None.
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    sys.exit(_run(sys.argv[1:] if args is None else args))


def _run(args: list[str]) -> int:
    """The exit code of a call."""
    from app.cli.output import complain

    try:
        _check_texts(args)
        return int(swarm.main(args, prog_name="swarm", standalone_mode=False) or 0)
    except click.Abort:
        return _INTERRUPTED
    except click.ClickException as error:
        complain(f"{error.format_message().rstrip('.')}{_see(error)}")
        return _BAD_INPUT
    except Exception as error:
        return _failed(error)


def _check_texts(args: list[str]) -> None:
    for number, arg in enumerate(args, 1):
        if not arg.isascii() and arg != arg.encode("utf-8", "replace").decode():
            raise click.UsageError(f"Argument {number} is no text in UTF-8.")


def _see(error: click.ClickException) -> str:
    ctx = error.ctx if isinstance(error, click.UsageError) else None
    return f": `{ctx.command_path} --help` says more" if ctx else ""


def _failed(error: Exception) -> int:
    """Says what went wrong in one line; what is no error of ours is a fault in the program."""
    from app.cli.output import complain
    from swarm.errors import SwarmError

    if isinstance(error, SwarmError):
        complain(str(error))
        return _BAD_INPUT
    if isinstance(error, OSError):
        complain(f"{error.filename or 'the system'}: {error.strerror or error}")
        return _BAD_INPUT
    complain(f"a fault in the program ({type(error).__name__}: {error}): please report it")
    return _FAILED


if __name__ == "__main__":
    main()

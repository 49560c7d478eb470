"""The command line: one file a command, no logic of its own.

Only click is imported here; a command imports what it needs when it runs, so that ``--help`` answers at once.
"""

from __future__ import annotations

import contextlib
import io
import logging
import os
import queue
import signal
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from types import FrameType
from typing import Any, NoReturn

import click

from viddiff.cli.align import align
from viddiff.cli.backends import backends
from viddiff.cli.batch import batch
from viddiff.cli.cache import cache
from viddiff.cli.compare import compare
from viddiff.cli.compile import compile_
from viddiff.cli.data import data
from viddiff.cli.demo import demo
from viddiff.cli.doctor import doctor
from viddiff.cli.eval import evaluate
from viddiff.cli.export import export
from viddiff.cli.merge import merge
from viddiff.cli.plan import plan
from viddiff.cli.programs import programs
from viddiff.cli.report import report
from viddiff.cli.score import score
from viddiff.cli.skill import skill
from viddiff.cli.steps import steps
from viddiff.cli.synth import synth
from viddiff.cli.table import table
from viddiff.cli.view import view
from viddiff.cli.weights import weights
from viddiff.core.errors import EXIT_FAILURES, EXIT_INTERRUPTED, VidDiffError
from viddiff.core.formatting import one_line
from viddiff.core.secrets import redact

#: After an interrupt: what libraries may take to end by themselves, in seconds.
GRACE_S = 1.0

EXIT_CODES = """\b
Exit codes:
  0    done
  1    finished, but some questions failed
  2    wrong usage
  3    bad input: a video, statement or document that cannot be used
  4    a model, its credentials or its weights are not available
  5    the spending limit was reached
  130  interrupted; the same command resumes where it stopped
"""


@click.group(epilog=EXIT_CODES, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="viddiff", message="viddiff %(version)s")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def app(debug: bool) -> None:
    """Fine-grained differences between two videos of the same action, with the frames that show them."""


for command in (
    *(
        compare,
        batch,
        align,
        skill,
        steps,
        plan,
        demo,
        report,
        export,
        doctor,
        data,
        evaluate,
        score,
        table,
        backends,
        merge,
        compile_,
        programs,
    ),
    *(synth, cache, weights, view),
):
    app.add_command(command)


def main(arguments: list[str] | None = None) -> NoReturn:
    """Run the command line and exit with a code of the table in ``--help``."""
    arguments = sys.argv[1:] if arguments is None else arguments
    # Wherever it stands: who needs it has just seen an error and adds it at the end.
    debug = "--debug" in arguments
    logging.setLogRecordFactory(CleanRecord)
    arguments = [argument for argument in arguments if argument != "--debug"]
    if not debug:
        # Libraries log errors that we report in a sentence of our own.
        for name in ("dspy", "huggingface_hub", "open_clip"):
            logging.getLogger(name).setLevel(logging.ERROR)
    try:
        # The viewer has uploads to remove, and takes the time for it.
        with terminable(in_time=arguments[:1] != ["view"]):
            sys.exit(app.main(arguments, prog_name="viddiff", standalone_mode=False) or 0)
    except click.ClickException as error:
        output = io.StringIO()
        error.show(output)
        click.echo(redact(output.getvalue()), err=True, nl=False)
        sys.exit(error.exit_code)
    except VidDiffError as error:
        fail(str(error), error.exit_code, debug)
    except (KeyboardInterrupt, click.Abort):
        leave_interrupted()
    except BrokenPipeError:
        # The reader (head, less) has seen enough.
        leave(EXIT_FAILURES)
    except Exception as error:
        # Any other error is a bug of ours: the user gets one line, and the traceback with --debug.
        fail(f"internal error, {type(error).__name__}: {error}. Run with --debug and report it.", EXIT_FAILURES, debug)


class CleanRecord(logging.LogRecord):
    """A line of the log of any library, without secrets."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.exc_info and self.exc_info[0] is not None:
            # Formatters take the text that is there.
            self.exc_text = redact("".join(traceback.format_exception(*self.exc_info))).rstrip()

    def getMessage(self) -> str:  # noqa: N802 (the name that logging calls)
        """The message, see ``logging.LogRecord``."""
        return redact(super().getMessage())


@contextlib.contextmanager
def terminable(in_time: bool) -> Iterator[None]:
    """Within this context SIGTERM interrupts like Ctrl-C, so that what was spent and answered is kept and reported.

    With ``in_time`` either ends the process after ``GRACE_S``, whatever a library still waits for.
    """
    if threading.current_thread() is not threading.main_thread():
        # Only the main thread gets signals.
        yield
        return

    # Made before it is needed: a handler that starts a thread waits for itself where the thread that it interrupts is
    # just starting another. The put of this queue may interrupt any call, itself included.
    interruptions: queue.SimpleQueue[bool] = queue.SimpleQueue()

    def end_in_time() -> None:
        if interruptions.get():
            time.sleep(GRACE_S)
            leave_interrupted()

    def interrupt(number: int, frame: FrameType | None) -> NoReturn:
        interruptions.put(True)
        raise KeyboardInterrupt

    if in_time:
        threading.Thread(target=end_in_time, daemon=True).start()
    # A command in the background of a shell has SIGINT ignored, and shall go on.
    heeded = [number for number in (signal.SIGINT, signal.SIGTERM) if signal.getsignal(number) != signal.SIG_IGN]
    before = {number: signal.signal(number, interrupt) for number in heeded}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        interruptions.put(False)


def leave_interrupted() -> NoReturn:
    """Say it, and exit."""
    click.echo("viddiff: interrupted; the same command resumes where it stopped.", err=True)
    leave(EXIT_INTERRUPTED)


def fail(message: str, exit_code: int, debug: bool) -> NoReturn:
    """Say what is wrong on standard error, in one line without control characters, and exit."""
    if debug:
        click.echo(redact(traceback.format_exc()), err=True, nl=False)
    click.echo(f"viddiff: {one_line(redact(message))}", err=True)
    sys.exit(exit_code)


def leave(exit_code: int) -> NoReturn:
    """Exit at once: requests in flight in other threads are not waited for."""
    with contextlib.suppress(OSError):
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(exit_code)

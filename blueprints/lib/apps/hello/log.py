"""Coloured log lines, one write each."""

import sys
import time

COLOURS = {"red": 31, "green": 32, "yellow": 33, "violet": 35, "cyan": 36, "grey": 90}


def clean(text: str) -> str:
    """The text without control characters, so that a request cannot paint on the terminal."""
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)


def say(colour: str, tag: str, text: str) -> None:
    """Write one line: time, coloured tag, text."""
    line = f"\x1b[90m{time.strftime('%H:%M:%S')}\x1b[0m \x1b[{COLOURS[colour]}m{tag:>6}\x1b[0m {clean(text)}\n"
    try:
        sys.stdout.write(line)
        sys.stdout.flush()
    except OSError:
        pass  # Nobody reads the log any more.


def say_request(status: int, method: str, target: str, size: int, seconds: float) -> None:
    """Write the line of one answered request."""
    colour = "green" if status < 300 else "cyan" if status < 400 else "yellow" if status < 500 else "red"
    say(colour, str(status), f"{method} {target[:200]} ({size} B, {seconds * 1000:.1f} ms)")

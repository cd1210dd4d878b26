"""What passed and what did not, and how to wait for something."""

import time
import traceback
from typing import Any, Callable, Optional


class Report:
    """Runs checks one by one: one that fails does not keep the next from running."""

    def __init__(self) -> None:
        self.passed = 0
        self.failed = 0

    def check(self, name: str, function: Callable[[], Any], explain: Callable[[], str] = lambda: "") -> bool:
        """Run one check; `explain` says what else to print when it fails."""
        began = time.monotonic()
        try:
            said = function()
        except Exception:  # pylint: disable=broad-except
            self.failed += 1
            print(f"FAIL - {name}\n{indented(traceback.format_exc())}{indented(explain())}", flush=True)
            return False
        self.passed += 1
        took = time.monotonic() - began
        notes = [said] if isinstance(said, str) else []
        notes += [f"{took:.0f} s"] if took >= 2 else []
        aside = f" ({'; '.join(notes)})" if notes else ""
        print(f"ok - {name}{aside}", flush=True)
        return True


def indented(text: str) -> str:
    return "".join(f"    {line}\n" for line in text.splitlines())


def until(what: str, function: Callable[[], Any], patience: float = 30.0, pause: float = 0.1) -> Any:
    """The first answer of `function` that counts as true; an exception is an answer that does not."""
    deadline = time.monotonic() + patience
    last: Optional[BaseException] = None
    while time.monotonic() < deadline:
        try:
            answer = function()
            if answer:
                return answer
            last = None
        except Exception as error:  # pylint: disable=broad-except
            last = error
        time.sleep(pause)
    raise AssertionError(f"waited {patience:.0f} s in vain for {what}" + (f": {last!r}" if last else ""))


def equal(got: Any, wanted: Any) -> None:
    assert got == wanted, f"expected {wanted!r}, got {got!r}"


def has(text: str, *parts: str) -> None:
    for part in parts:
        assert part in text, f"expected {part!r} in:\n{text}"

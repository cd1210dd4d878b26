"""Checks of the image from outside: `ROOT` is the repository, `WORK` an empty folder, `aikore:test` the image."""

import sys
import time

import bad_input
import earlier_layout
import files
import life
import ownership
from report import Report


def main() -> int:
    report = Report()
    began = time.monotonic()
    for module in (files, ownership, life, earlier_layout, bad_input):
        module.run(report)
    print(f"checks                       {time.monotonic() - began:4.0f} s")
    print(f"{report.passed} passed, {report.failed} failed")
    return 0 if report.passed and not report.failed else 1


if __name__ == "__main__":
    sys.exit(main())

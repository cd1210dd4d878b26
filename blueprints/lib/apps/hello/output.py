"""The output folder: write a small file, list what is there."""

import os
import time
from pathlib import Path
from typing import Any, Dict, List

MOST_NOTES = 1000
MOST_LISTED = 200


def write_note(folder: Path, text: str) -> str:
    """Write a new `hello-<time>.txt` and return its name; OSError when that is not possible."""
    folder.mkdir(parents=True, exist_ok=True)
    if sum(1 for _ in folder.glob("hello-*.txt")) >= MOST_NOTES:
        raise OSError(f"there are {MOST_NOTES} notes already, remove some")
    stamp = time.strftime("%Y%m%d-%H%M%S")
    for number in range(1, MOST_NOTES + 2):
        path = folder / (f"hello-{stamp}.txt" if number == 1 else f"hello-{stamp}-{number}.txt")
        try:
            with open(path, "x", encoding="utf-8") as file:
                file.write(f"{text}\n{time.strftime('%Y-%m-%d %H:%M:%S %z')}\n")
            return path.name
        except FileExistsError:
            continue
    raise OSError("no free name for a note")


def list_files(folder: Path) -> List[Dict[str, Any]]:
    """The newest plain files of the folder."""
    files = []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.is_file(follow_symlinks=False):
                    info = entry.stat(follow_symlinks=False)
                    files.append({"name": entry.name, "size": info.st_size, "modified": info.st_mtime})
    except FileNotFoundError:
        return []
    files.sort(key=lambda file: (-file["modified"], file["name"]))
    return files[:MOST_LISTED]

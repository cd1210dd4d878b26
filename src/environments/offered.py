"""Asks an index of PyTorch what there is: its builds for CUDA, and the versions of torch of each. One line of JSON."""
import json
import re
import sys
from concurrent.futures import ThreadPoolExecutor
from urllib.request import urlopen

mark, index, most = sys.argv[1], sys.argv[2], int(sys.argv[3])


def page(path):
    # Proxies and certificates are those of the environment, as they are for pip.
    with urlopen(f"{index}/{path}", timeout=8) as answer:
        return answer.read(8_000_000).decode("utf-8", "replace")


def cudas():
    # Some show a list of folders, others their simple index; a file is no build.
    text, failure = "", None
    for path in ("", "torch/"):
        try:
            text += page(path)
        except OSError as error:
            failure = error
    if not text:
        raise failure
    found = set(re.findall(r"\b(cu\d{2,3})/", text))
    return sorted(found, key=lambda name: int(name[2:]), reverse=True)[:most]


def versions(cuda):
    try:
        text = page(f"{cuda}/torch/")
    except OSError:
        return cuda, []
    found = set(re.findall(r"\btorch-(\d+(?:\.\d+)+)(?:%2B|\+|-)", text))
    key = lambda version: [int(part) for part in version.split(".")]
    return cuda, sorted(found, key=key, reverse=True)


with ThreadPoolExecutor(8) as pool:
    print(mark + json.dumps({cuda: all for cuda, all in pool.map(versions, cudas()) if all}))

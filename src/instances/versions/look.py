"""Runs in an instance's own Python and says what is in it: a line of JSON behind a mark, whatever else is printed."""
import json
import os
import re
import sys


def packages():
    try:
        from importlib import metadata
    except ImportError:
        # Before Python 3.8.
        import pkg_resources

        return {one.project_name: one.version for one in pkg_resources.working_set}
    found = {}
    for one in metadata.distributions():
        name = one.metadata["Name"]
        # What a broken installation left has no name. Of two the first is the one that is imported.
        if name and name not in found:
            found[name] = one.version
    return found


def torch():
    """Read off its files: importing it takes seconds, and may fail for what is asked about."""
    for folder in sys.path:
        path = os.path.join(folder, "torch", "version.py")
        try:
            with open(path, encoding="utf-8", errors="replace") as file:
                text = file.read(20000)
        except OSError:
            continue
        facts = {}
        for name in ("__version__", "cuda", "hip"):
            value = re.search(r"^" + name + r"\b[^=\n]*=\s*['\"]([^'\"]+)['\"]", text, re.M)
            facts[name.strip("_")] = value.group(1) if value else None
        return facts
    return None


def unmet():
    """What 'pip check' would say, from what the packages say of themselves."""
    from importlib import metadata

    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    all_of_them = {}
    for one in metadata.distributions():
        if one.metadata["Name"]:
            all_of_them.setdefault(canonicalize_name(one.metadata["Name"]), one)
    lines = []
    for one in all_of_them.values():
        who = "{} {}".format(one.metadata["Name"], one.version)
        for text in one.requires or ():
            try:
                wanted = Requirement(text)
                if wanted.marker and not wanted.marker.evaluate({"extra": ""}):
                    continue
            except Exception:
                lines.append("{} has a requirement that can't be read: {}.".format(who, text))
                continue
            there = all_of_them.get(canonicalize_name(wanted.name))
            if there is None:
                lines.append("{} requires {}, which is not installed.".format(who, wanted.name))
            elif not wanted.specifier.contains(there.version, prereleases=True):
                lines.append(
                    "{} has requirement {}, but you have {} {}.".format(who, wanted, there.metadata["Name"], there.version)
                )
    return sorted(lines)


def can_import(name):
    from importlib.util import find_spec

    return find_spec(name) is not None


def main(mark, wanted):
    if wanted == "unmet":
        told = unmet()
    else:
        told = {
            "python": ".".join(str(part) for part in sys.version_info[:3]),
            "packages": packages(),
            "torch": torch(),
            "pip": can_import("pip"),
            "packaging": can_import("packaging"),
        }
    print("\n" + mark + json.dumps(told), flush=True)


main(sys.argv[1], sys.argv[2])

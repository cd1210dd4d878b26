# Stands in for an app: it takes the options that the real one takes, says what it was started with, writes a result
# where the real one would, and listens. What it stands in for is written above this line as SETTINGS (see table.py).
import http.server
import importlib
import json
import os
import signal
import sys


def parsed(arguments, flags):
    """The values of the options; an option that the real app does not know ends it, as it would there."""
    values, position = {}, 0
    while position < len(arguments):
        flag, position = arguments[position], position + 1
        flag, equals, value = flag.partition("=")
        if flag not in flags:
            sys.exit(f"unrecognized argument: {flag!r}")
        count = flags[flag]
        found = [value] if equals else []
        while position < len(arguments) and len(found) < (99 if count == "*" else int(count)):
            if count == "*" and arguments[position].startswith("--"):
                break
            found.append(arguments[position])
            position += 1
        if count != "*" and len(found) != int(count):
            sys.exit(f"{flag} expects {count} values, not {found}")
        values.setdefault(flag, []).extend(found)
    return values


def looked_up(where, values):
    """`--flag`: that option's value; `$NAME`: a variable's; anything else is meant as it stands."""
    if where.startswith("-"):
        return values.get(where, [""])[-1]
    if where.startswith("$"):
        return os.environ.get(where[1:], "")
    return where


class Answers(http.server.BaseHTTPRequestHandler):
    prefix = "/"

    def do_GET(self):
        path = self.path if self.path.endswith("/") else self.path + "/"
        self.send_response(200 if path.startswith(self.prefix) else 404)
        self.end_headers()
        self.wfile.write(b"fake app\n")

    def log_message(self, *_):
        pass


def main(settings):
    for module in settings["imports"]:
        importlib.import_module(module)
    values = parsed(sys.argv[1:], settings["flags"])
    port = looked_up(settings["port"], values)
    record = {"argv": sys.argv[1:], "cwd": os.getcwd(), "env": dict(os.environ), "pid": os.getpid(),
              "prefix": sys.prefix, "program": sys.argv[0], "outputs": settings["outputs"]}
    for place in settings["outputs"]:
        folder = looked_up(place, values)
        os.makedirs(folder, exist_ok=True)
        with open(os.path.join(folder, f"result-{os.environ['WEBUI_PORT']}.txt"), "a", encoding="utf-8") as file:
            file.write(place + "\n")
    server = None
    if port:
        Answers.prefix = "/" + looked_up(settings["prefix"], values).strip("/")
        Answers.prefix += "" if Answers.prefix == "/" else "/"
        server = http.server.ThreadingHTTPServer((looked_up(settings["host"], values), int(port)), Answers)
    part = os.environ["STOCK_RECORD"] + ".part"
    with open(part, "w", encoding="utf-8") as file:
        json.dump(record, file)
    os.replace(part, os.environ["STOCK_RECORD"])
    if server:
        server.serve_forever()
    else:
        signal.pause()


if __name__ == "__main__":
    main(SETTINGS)  # noqa: F821

#!/usr/bin/env python3
"""Starts stock blueprints for real, each against small repositories with its app's layout: once plainly, once without
network as a satellite with arguments of its own, once for each case of its table in apps/. `stock.py NAME…` runs some.
"""

import concurrent.futures
import functools
import importlib.util
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from machine import Machine, free_port, make_index  # noqa: E402

# Nobody listens there.
NOWHERE = "http://127.0.0.1:9"
LIMIT = 120


class Failure(Exception):
    pass


def check(condition, message):
    if not condition:
        raise Failure(message)


def same(what, expected, found):
    check(expected == found, f"{what}\n  expected: {expected}\n       got: {found}")


def table(blueprint):
    file = HERE / "apps" / f"{blueprint}.py"
    spec = importlib.util.spec_from_file_location("app_" + re.sub(r"\W", "_", blueprint), file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.APP


class Start:
    """One start of a script, and what is asked of it."""

    def __init__(self, machine, name, instance="7", params=None, gpu=False, offline=True):
        self.machine, self.name, self.port = machine, name, free_port()
        self.places = machine.places(instance, self.port)
        self.record, self.log = machine.root / f"record-{self.port}.json", machine.root / f"log-{self.port}.txt"
        pathlib.Path(self.places["out"]).mkdir(parents=True, exist_ok=True)
        environment = machine.environment(self.places, params or {}, gpu, self.record, NOWHERE if offline else None)
        away = machine.repositories.with_name("away")
        if offline and machine.repositories.exists():
            machine.repositories.rename(away)
        elif not offline and away.exists():
            away.rename(machine.repositories)
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(["bash", "./launch.sh"], cwd=machine.conf, env=environment, stdout=log,
                                            stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, start_new_session=True)

    def header(self, key):
        text = (self.machine.conf / "launch.sh").read_text(encoding="utf-8")
        found = re.search(rf"^# aikore\.{key} = (.*)$", text, re.MULTILINE)
        return found.group(1) if found else ""

    def filled(self, value):
        """A text of the table with the places of this start."""
        return re.sub(r"\{([a-z]+)\}", lambda found: self.places[found.group(1)], value)

    def wait_until_ready(self):
        ready, end = self.header("ready"), time.monotonic() + LIMIT
        path = ready.removeprefix("http:") if ready.startswith("http:") else "/"
        if self.header("proxy") == "preserve":
            path = self.places["subfolder"] + path.lstrip("/")
        while time.monotonic() < end:
            check(self.process.poll() is None, f"the script ended with {self.process.returncode}")
            if self.record.exists() and (ready == "process" or self.answers(path)):
                return json.loads(self.record.read_text(encoding="utf-8"))
            time.sleep(0.05)
        raise Failure("it never became ready")

    def answers(self, path):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as answer:
                return answer.status < 500
        except urllib.error.HTTPError as error:
            raise Failure(f"{path} is answered with {error.code}") from error
        except OSError:
            return False

    def stop(self):
        """As AiKore does: the group is asked to end; what is left after that is a fault."""
        os.killpg(self.process.pid, signal.SIGTERM)
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired as error:
            raise Failure("it does not end when it is asked to") from error

    def end(self):
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()

    def check_record(self, record, argv, env, cwd, program):
        app = self.machine.app
        same("its arguments", [self.filled(word) for word in argv], record["argv"])
        same("where it runs", self.filled(cwd), record["cwd"])
        if program:
            same("its entry file", program, record["program"])
        for name, value in env.items():
            same(f"its variable {name}", self.filled(value), record["env"].get(name))
        if app.same_process:
            same("the process is the app's own", self.process.pid, record["pid"])

    def check_folders(self):
        app = self.machine.app
        for path, category in app.models.items():
            link = pathlib.Path(self.filled(path if path.startswith("{") else f"{app.cwd}/{path}"))
            same(f"where {path} leads", os.path.join(self.places["models"], category), os.path.realpath(link))
        for path, text in app.texts.items():
            found = pathlib.Path(self.filled(path)).read_text(encoding="utf-8")
            check(self.filled(text) in found, f"{path} lacks {self.filled(text)!r}:\n{found}")

    def check_outputs(self, places):
        found = list(pathlib.Path(self.places["out"]).rglob(f"result-{self.port}.txt"))
        lines = sum(len(file.read_text(encoding="utf-8").splitlines()) for file in found)
        same("results in its output folder", len(places), lines)

    def check_log(self, quiet, warns):
        text = self.log.read_text(encoding="utf-8", errors="replace")
        if not warns:
            found = [line for line in text.splitlines() if re.match(r"warning: |error: |Traceback", line)]
            check(not found, f"it warns: {found}")
        steps = [tuple(map(int, step)) for step in re.findall(r"^.*==> \[(\d+)/(\d+)\]", text, re.MULTILINE)]
        count = steps[0][1] if steps else 0
        same("its phases", [(step, count) for step in range(1, count + 1)], steps)
        if quiet:
            found = re.findall(r"--> (?:Installing|Cloning|Updating|Made|Downloading|Moving).*", text)
            check(not found, f"it does again what was done: {found}")


def run_start(machine, name, argv, env=None, warns=False, quiet=True, program=None, cwd=None, gpu=False, **how):
    start, app = None, machine.app
    env, cwd = {**app.env, **(env or {})}, cwd or app.cwd
    if how.get("instance", "7") != "7":
        argv, cwd = [app.satellite.get(word, word) for word in argv], app.satellite.get(cwd, cwd)
        env = {key: app.satellite.get(value, value) for key, value in env.items()}
    try:
        start = Start(machine, name, gpu=gpu or app.gpu, **how)
        record = start.wait_until_ready()
        start.check_record(record, argv, env, cwd, program or app.program)
        start.check_folders()
        start.check_outputs(record.get("outputs", []))
        start.check_log(quiet, warns)
        start.stop()
        return f"ok - {name}\n", True
    except Failure as failure:
        lines = start.log.read_text(encoding="utf-8", errors="replace").splitlines()[-40:]
        told = "\n".join(["    " + line for line in str(failure).splitlines()] + ["    | " + line for line in lines])
        return f"FAIL - {name}\n{told}\n", False
    finally:
        if start:
            start.end()


def run_app(work, index, blueprint):
    began, app = time.monotonic(), table(blueprint)
    start = functools.partial(run_start, Machine(work, index, blueprint, app))
    told, good = start(f"{blueprint}: first start", app.argv, params=app.params, quiet=False, offline=False)
    if good:
        words = "# of the test\n" + " ".join(f'"{word}"' for word in app.launch_args) + "\n"
        (start.args[0].conf / "launch_args.txt").write_text(words, encoding="utf-8")
        more, fine = start(f"{blueprint}: satellite, without network, with launch_args.txt", app.argv + app.launch_args,
                           params=app.params, instance="8")
        told, good = told + more, good and fine
        (start.args[0].conf / "launch_args.txt").unlink()
    for case in app.cases if good else []:
        argv = case.argv
        if argv is None:
            argv = [word for word in app.argv if word not in case.without] + case.extra
        more, fine = start(f"{blueprint}: {case.name}", argv, params={**app.params, **case.params}, gpu=case.gpu,
                           env=case.env, warns=case.warns, offline=not case.online, quiet=not case.online,
                           program=case.program, cwd=case.cwd)
        told, good = told + more, good and fine
    sys.stdout.write(told)
    sys.stdout.flush()
    return good, time.monotonic() - began


def main(names):
    everything = sorted(str(file.relative_to(HERE / "apps").with_suffix("")) for file in (HERE / "apps").rglob("*.py"))
    unknown = set(names) - set(everything)
    check(not unknown, f"no table for {unknown}; there are {everything}")
    with tempfile.TemporaryDirectory(prefix="stock-") as work:
        work, index = pathlib.Path(work), pathlib.Path(work) / "index"
        make_index(index)
        with concurrent.futures.ThreadPoolExecutor(max_workers=3) as pool:
            results = list(pool.map(functools.partial(run_app, work, index), names or everything))
    if os.environ.get("STOCK_TIMES"):
        for name, (_, seconds) in zip(names or everything, results):
            print(f"{seconds:6.1f} s  {name}")
    failed = sum(not good for good, _ in results)
    print(f"{len(results) - failed} apps passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Hello: the small web app that AiKore brings along. Standard library only, Python 3.9 or newer.

`python3 -B "$AIKORE_LIB/apps/hello"` serves 127.0.0.1:$WEBUI_PORT until SIGTERM.
"""

import os
import platform
import signal
import sys
import threading
import time

from log import say
from output import write_note
from routes import dispatch
from server import HelloServer
from settings import Settings


def main() -> int:
    """Serve until a signal asks for the end; 0 after a clean one."""
    started = time.monotonic()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())

    try:
        settings = Settings.from_environment(os.environ)
        server = HelloServer(settings, dispatch)
    except (OSError, ValueError) as error:
        say("red", "error", f"Hello cannot start: {error}")
        return 1
    say("violet", "hello", f"{settings.name} with Python {platform.python_version()}")
    try:
        say("cyan", "output", f"wrote {write_note(settings.output_dir, 'Hello started.')}")
    except OSError as error:
        say("yellow", "output", f"cannot write to the output folder: {error}")

    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()
    took = (time.monotonic() - started) * 1000
    say("green", "ready", f"http://127.0.0.1:{settings.port}/ after {took:.0f} ms; prefix {settings.prefix or 'none'}")
    stop.wait()
    say("yellow", "stop", "asked to stop, goodbye")
    server.websockets.close()
    return 0


if __name__ == "__main__":
    code = main()
    # At once: threads that still serve somebody must not hold up the end.
    sys.stdout.flush()
    os._exit(code)

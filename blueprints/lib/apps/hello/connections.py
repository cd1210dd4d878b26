"""The open websockets: who is there when the app has to say goodbye."""

import threading
import time
from typing import Set

from websocket import WebSocket


class Websockets:
    """Those that are open now; any thread may come and go."""

    def __init__(self) -> None:
        self._open: Set[WebSocket] = set()
        self._lock = threading.Lock()

    def add(self, websocket: WebSocket) -> None:
        """Remember an open one, to say goodbye at the end."""
        with self._lock:
            self._open.add(websocket)

    def remove(self, websocket: WebSocket) -> None:
        """Forget a closed one."""
        with self._lock:
            self._open.discard(websocket)

    def close(self) -> None:
        """Tell every open one that the server goes away; half a second for all of them."""
        with self._lock:
            open_ones = list(self._open)
        threads = [threading.Thread(target=self._close, args=(one,), daemon=True) for one in open_ones]
        for thread in threads:
            thread.start()
        end = time.monotonic() + 0.5
        for thread in threads:
            thread.join(max(0.0, end - time.monotonic()))

    @staticmethod
    def _close(websocket: WebSocket) -> None:
        try:
            websocket.close(1001, "the app stops")
        except OSError:
            pass

# An app that does on each path what no app should, or what only tests ask for. One thread per connection, plain sockets.
import collections, json, os, socket, struct, threading, time

lock, counts, log = threading.Lock(), collections.Counter(), []


def count(what, by=1):
    with lock:
        counts[what] += by


class Gone(Exception):
    pass


class Connection:
    def __init__(self, raw, number):
        self.raw, self.number, self.buffer, self.served = raw, number, b"", 0

    def more(self):
        data = self.raw.recv(65536)
        if not data:
            raise Gone
        self.buffer += data

    def head(self):
        while b"\r\n\r\n" not in self.buffer:
            self.more()
        head, self.buffer = self.buffer.split(b"\r\n\r\n", 1)
        return head.decode("latin-1")

    def take(self, length):
        while len(self.buffer) < length:
            self.more()
        data, self.buffer = self.buffer[:length], self.buffer[length:]
        return data

    def line(self):
        while b"\r\n" not in self.buffer:
            self.more()
        line, self.buffer = self.buffer.split(b"\r\n", 1)
        return line

    def body(self, fields):
        """The whole body; what is not kept is only counted."""
        size, kept = 0, b""
        if "chunked" in fields.get("transfer-encoding", ""):
            while chunk := int(self.line().split(b";")[0], 16):
                kept, size = (kept + self.take(chunk))[:1000], size + chunk
                self.take(2)
            while self.line():
                pass
        else:
            left = int(fields.get("content-length", 0))
            while left:
                data = self.take(min(left, 65536))
                kept, size, left = (kept + data)[:1000], size + len(data), left - len(data)
        return size, kept

    def answer(self, body, status="200 OK", fields=""):
        body = body if isinstance(body, bytes) else str(body).encode()
        self.send(f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{fields}\r\n".encode() + body)

    def send(self, data):
        self.raw.sendall(data if isinstance(data, bytes) else data.encode())

    def reset(self):
        self.raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def until_left(self):
        """Waits for the other side's end, whatever it sends until then."""
        while self.raw.recv(65536):
            pass


POISON = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nPOISON"
OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
SAID = {
    "/close": "",
    "/garbage": "hello\r\n\r\n",
    "/silence-then-lines": "\r\n\r\n\r\n\r\n",
    "/http2": "HTTP/2 200 OK\r\nContent-Length: 2\r\n\r\nok",
    "/http2-frames": "\x00\x00\x12\x04\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00\x80\x00\x04\x00\x01\x00\x00",
    "/no-status": "HTTP/1.1  OK\r\nContent-Length: 2\r\n\r\nok",
    "/status-99": "HTTP/1.1 099 OK\r\nContent-Length: 2\r\n\r\nok",
    "/control": "HTTP/1.1 200 OK\r\nA: b\x01c\r\nContent-Length: 2\r\n\r\nok",
    "/nul": "HTTP/1.1 200 OK\r\nA: b\x00c\r\nContent-Length: 2\r\n\r\nok",
    "/bare-cr": "HTTP/1.1 200 OK\r\nA: b\rContent-Length: 9\r\nContent-Length: 2\r\n\r\nok",
    "/folded": "HTTP/1.1 200 OK\r\nA: b\r\n c\r\nContent-Length: 2\r\n\r\nok",
    "/space-before-colon": "HTTP/1.1 200 OK\r\nContent-Length : 2\r\n\r\nok",
    "/two-lengths": "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok!",
    "/length-list": "HTTP/1.1 200 OK\r\nContent-Length: 2, 2\r\n\r\nok",
    "/negative-length": "HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\nok",
    "/huge-length": "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\nok",
    "/gzip-coding": "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
    "/two-codings": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
    "/coding-of-1.0": "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
    "/101": "HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\nfree bytes",
    "/length-and-coding": "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
    "/same-lengths": "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok",
    "/bare-lf": "HTTP/1.1 200 OK\nContent-Length: 2\n\nok",
    "/no-reason": "HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok",
    "/http1.0": "HTTP/1.0 200 OK\r\n\r\nok",
    "/until-close": "HTTP/1.1 200 OK\r\n\r\nok",
    "/early-hints": "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + OK,
    "/extension": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;a=b\r\nok\r\n0;x\r\nTrailer: 1\r\n\r\n",
    "/bad-chunk-size": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\nzz\r\nok\r\n0\r\n\r\n",
    "/huge-chunk-size": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\nfffffffffffffffff\r\nok",
    "/chunk-without-end": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nokok\r\n0\r\n\r\n",
    "/chunk-line-of-lf": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n2\nok\n0\n\n",
    "/cut-length": "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nok",
    "/cut-chunks": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n",
    "/cut-in-chunk": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n20\r\nok",
    "/cut-trailers": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nA: 1\r\n",
}
# What follows an answer that has no body, or is over: at once, or a moment later.
FOLLOWED = {
    "/second": OK,
    "/second-chunked": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
    "/body-after-head": "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n",
    "/body-after-204": "HTTP/1.1 204 No Content\r\nContent-Length: 50\r\n\r\n",
    "/body-after-304": "HTTP/1.1 304 Not Modified\r\nContent-Length: 50\r\n\r\n",
    "/chunks-after-304": "HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n",
}
SWITCH = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"


def endless(connection, first, piece):
    connection.send(first)
    while True:
        connection.send(piece)


def mirror(connection, total, block):
    """Sends a pattern and checks that the same one comes; says at the end which it was."""
    twice, wrong = memoryview(block + block), []

    def check():
        at, data = 0, connection.buffer
        while True:
            for start in range(0, len(data), len(block)):
                part = data[start : start + len(block)]
                begin = at % len(block)
                if part != twice[begin : begin + len(part)]:
                    wrong.append(at)
                at += len(part)
            if at >= total:
                break
            data = connection.raw.recv(1 << 20)
            if not data:
                break
        if at != total:
            wrong.append(at)

    checking = threading.Thread(target=check)
    checking.start()
    at = 0
    while at < total:
        begin = at % len(block)
        at += connection.raw.send(twice[begin : begin + min(len(block), total - at)])
    checking.join()
    connection.send(b"GOOD" if not wrong else b"BAD!")


def act(connection, method, path, query, fields):
    """What happens on a path; true if the connection is kept."""
    raw, send = connection.raw, connection.send
    if path in SAID:
        connection.body(fields)
        send(SAID[path].encode("latin-1"))
        return False
    if path in FOLLOWED:
        if "later" in query:
            send(FOLLOWED[path])
            time.sleep(float(query["later"]))
            send(POISON)
            count("said.more")
        else:
            send(FOLLOWED[path] + POISON)
        return True
    if path == "/stats":
        with lock:
            stats = dict(counts)
        connection.answer(json.dumps(stats))
        return True
    if path == "/log":
        with lock:
            said = list(log)
        connection.answer(json.dumps(said))
        return True
    if path == "/reset":
        connection.reset()
        return False
    if path == "/reset-in-head":
        send("HTTP/1.1 200 OK\r\nContent-Le")
        time.sleep(0.02)
        connection.reset()
        return False
    if path == "/reset-in-body":
        send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nok")
        time.sleep(0.02)
        connection.reset()
        return False
    if path == "/endless-head":
        endless(connection, "HTTP/1.1 200 OK\r\n", b"A: " + b"x" * 1000 + b"\r\n")
    if path == "/endless-line":
        endless(connection, "HTTP/1.1 200 OK\r\nA: ", b"x" * 10000)
    if path == "/endless-1xx":
        endless(connection, "", b"HTTP/1.1 102 Processing\r\n\r\n" * 20)
    if path == "/endless-chunk-line":
        endless(connection, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;", b"x" * 1000)
    if path == "/endless-trailers":
        endless(connection, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", b"A: " + b"x" * 1000 + b"\r\n")
    if path in ("/close-after", "/reset-after"):
        connection.answer("ok")
        if path == "/reset-after":
            connection.reset()
        return False
    if path == "/slow":
        chunked = "2\r\nsl\r\n3;x\r\now!\r\n0\r\nX-Sum: 1\r\n\r\n"
        for byte in "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-Slow: yes\r\n\r\n" + chunked:
            send(byte)
            time.sleep(0.001)
        return True
    if path == "/early-413":
        connection.answer("too much, thank you", "413 Content Too Large")
        return False
    if path == "/early-200":
        connection.answer("early")
        size, _ = connection.body(fields)
        count("early.read", size)
        return True
    if path == "/deaf":
        time.sleep(30)
        return False
    # ---- what tests of leaks do: who came, and who left
    if path == "/sink":
        count("came.sink")
        try:
            size, _ = connection.body(fields)
        except (Gone, OSError):
            count("left.sink")
            raise
        connection.answer(size)
        return True
    if path == "/flood":
        count("came.flood")
        try:
            endless(connection, "HTTP/1.1 200 OK\r\nContent-Type: x/y\r\n\r\n", b"x" * 65536)
        except OSError:
            count("left.flood")
            raise
    if path == "/sse":
        count("came.sse")
        try:
            send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n8\r\ndata: 1\n\r\n")
            connection.until_left()
        finally:
            count("left.sse")
        return False
    if path == "/wait":
        count("came.wait")
        try:
            connection.until_left()
        finally:
            count("left.wait")
        return False
    # ---- websockets, or at least the pipe below them
    if path == "/ws-deaf":
        send(SWITCH)
        time.sleep(30)
        return False
    if path == "/ws":
        count("came.ws")
        try:
            send(SWITCH)
            send(connection.buffer)
            while data := raw.recv(1 << 20):
                send(data)
            send("bye")
        finally:
            count("left.ws")
        return False
    if path == "/ws-talks-first":
        send(SWITCH.encode() + b"x" * int(query["size"]) + b"!")
        send(connection.take(int(query["size"])))
        return False
    if path == "/ws-ends-first":
        send(SWITCH + "that was all")
        raw.shutdown(socket.SHUT_WR)
        size = len(connection.buffer)
        while data := raw.recv(1 << 20):
            size += len(data)
        count("heard", size)
        return False
    if path == "/ws-mirror":
        send(SWITCH)
        block = connection.take(int(query["block"]))
        mirror(connection, int(query["total"]), block)
        return False
    if path == "/ws-burst":
        send(SWITCH)
        threading.Timer(0.5, count, ["burst"]).start()
        send(b"y" * int(query["size"]))
        connection.until_left()
        return False
    size, kept = connection.body(fields)
    connection.answer(f"{method} {path} {size} {kept.decode('latin-1')} {connection.number}.{connection.served}")
    return True


def serve(raw, number):
    raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection, spoke = Connection(raw, number), False
    count("open")
    try:
        while True:
            connection.served += 1
            head = connection.head()
            first, *lines = head.split("\r\n")
            method, target, _ = first.split(" ")
            fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
            path, _, query = target.partition("?")
            query = dict(pair.partition("=")[::2] for pair in query.split("&"))
            if path not in ("/stats", "/log"):
                if not spoke:
                    count("spoke")
                spoke = True
                with lock:
                    log.append(f"{method} {target}")
                    del log[:-1000]
            if not act(connection, method, path, query, fields):
                break
    except (Gone, OSError):
        pass
    finally:
        count("open", -1)
        raw.close()


listener = socket.socket()
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.bind(("127.0.0.1", int(os.environ["WEBUI_PORT"])))
listener.listen(512)
number = 0
while True:
    number += 1
    threading.Thread(target=serve, args=(listener.accept()[0], number), daemon=True).start()

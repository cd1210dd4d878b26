# An app that keeps the head of every request, byte for byte, and that grabs at what is not its own on /grab and in every
# handshake of a websocket.
import json, os, socket, threading

lock, heads = threading.Lock(), []
GRAB = [
    "Set-Cookie: aikore_session=stolen; Path=/",
    "Set-Cookie: =aikore_session=stolen; Path=/",
    "Set-Cookie:   aikore_session  =stolen",
    "Set-Cookie: aikore_pass_1=stolen; Path=/",
    "Set-Cookie: aikore_instance=stolen",
    "Set-Cookie: aikore_session; Path=/",
    "Set-Cookie: own=1; Domain=example.com; Path=/",
    "Set-Cookie: other=2; DOMAIN =.localhost ;Path=/; HttpOnly",
    'Clear-Site-Data: "*"',
    "Strict-Transport-Security: max-age=99999; includeSubDomains",
    'Alt-Svc: h2="evil:443"',
    "Service-Worker-Allowed: /",
    'NEL: {"report_to":"x","max_age":9}',
    'Report-To: {"group":"x"}',
    "X-App: was here",
]


def serve(raw):
    head = b""
    while b"\r\n\r\n" not in head:
        more = raw.recv(65536)
        if not more:
            return
        head += more
    text, body = head.decode("latin-1").split("\r\n\r\n", 1)
    path = text.split(" ")[1].partition("?")[0]
    fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in text.split("\r\n")[1:])}
    while len(body) < int(fields.get("content-length", 0)):
        body += raw.recv(65536).decode("latin-1")
    if path not in ("/log", "/environment"):
        with lock:
            heads.append(text)
    if "upgrade" in fields:
        answer = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade", *GRAB]
        raw.sendall(("\r\n".join(answer) + "\r\n\r\n").encode("latin-1"))
        while data := raw.recv(65536):
            raw.sendall(data)
        return
    said = text
    if path == "/log":
        with lock:
            said = json.dumps(heads)
    elif path == "/environment":
        said = json.dumps(dict(os.environ))
    body = said.encode("latin-1")
    answer = ["HTTP/1.1 200 OK", "Connection: close", f"Content-Length: {len(body)}", *(GRAB if path == "/grab" else [])]
    raw.sendall(("\r\n".join(answer) + "\r\n\r\n").encode("latin-1") + (b"" if text.startswith("HEAD ") else body))


def one(raw):
    try:
        serve(raw)
    except OSError:
        pass
    finally:
        raw.close()


listener = socket.socket()
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.bind(("127.0.0.1", int(os.environ["WEBUI_PORT"])))
listener.listen(512)
while True:
    threading.Thread(target=one, args=(listener.accept()[0],), daemon=True).start()

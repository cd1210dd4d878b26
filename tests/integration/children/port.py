# An app whose listener does what files in its folder say. `address` names where it listens ("" for nowhere), `quit` ends
# it with the code in it; every request is a line in `requests`.
import http.server, os, socket, sys, threading, time

port = int(os.environ["WEBUI_PORT"])


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        with open("requests", "a") as log:
            log.write(f"{time.time()} {self.path}\n")
        body = b"the app itself"
        self.send_response(503 if os.path.exists("busy") else 200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def read(name):
    try:
        with open(name) as file:
            return file.read().strip()
    except FileNotFoundError:
        return None


def listen(address):
    server = type("Server", (http.server.ThreadingHTTPServer,), {
        "address_family": socket.AF_INET6 if ":" in address else socket.AF_INET})((address, port), Handler)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    return server


server, present = None, ""
while True:
    wanted = read("address")
    wanted = "127.0.0.1" if wanted is None else wanted
    if wanted != present:
        if server:
            server.shutdown()
            server.server_close()
        server = listen(wanted) if wanted else None
        present = wanted
    quit = read("quit")
    if quit is not None:
        os.remove("quit")
        sys.exit(int(quit or 0))
    time.sleep(0.02)

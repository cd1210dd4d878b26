#!/usr/bin/env bash
# Downloads, from a server of our own that breaks off.
# shellcheck source-path=SCRIPTDIR source=check.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/check.sh"
unset HF_TOKEN HTTP_PROXY HTTPS_PROXY ALL_PROXY http_proxy https_proxy all_proxy

# A server of the file `content`, which notes each request in `requests`. `cuts` holds how many bytes each of the next
# answers may have before the line breaks, one a line; with `ranges-off` it knows no ranges. Sets `server`, its address.
make_server() {
    export XDG_CACHE_HOME=$PWD/cache
    python3 -B - "${1:-http}" >/dev/null 2>server.log <<'PYTHON' &
import hashlib, http.server, os, re, ssl, sys

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        with open("requests", "a") as file:
            file.write("%s host=%s range=%s if=%s token=%s\n" % (self.path, self.headers.get("Host"), self.headers.get("Range"),
                self.headers.get("If-Range"), self.headers.get("Authorization")))
        if self.path == "/moved":
            self.send_response(302)
            self.send_header("Location", "https://elsewhere.test/content")
            self.end_headers()
            return
        if self.path != "/content":
            self.send_error(404)
            return
        content = open("content", "rb").read()
        tag = '"%s"' % hashlib.sha256(content).hexdigest()[:10]
        wanted = re.match(r"bytes=(\d+)-", self.headers.get("Range") or "")
        start = int(wanted.group(1)) if wanted and self.headers.get("If-Range", tag) == tag else 0
        if os.path.exists("ranges-off"):
            start = 0
        if start and start >= len(content):
            self.send_response(416)
            self.send_header("Content-Range", "bytes */%d" % len(content))
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", "bytes %d-%d/%d" % (start, len(content) - 1, len(content)))
        self.send_header("ETag", tag)
        self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        cuts = open("cuts").read().split() if os.path.exists("cuts") else []
        if cuts:
            open("cuts", "w").write("\n".join(cuts[1:]))
            self.wfile.write(content[start:start + int(cuts[0])])
        else:
            self.wfile.write(content[start:])

listener = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
if sys.argv[1] == "https":
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain("cert.pem", "key.pem")
    listener.socket = context.wrap_socket(listener.socket, server_side=True)
with open("port.part", "w") as file:
    file.write(str(listener.server_port))
os.rename("port.part", "port")
listener.serve_forever()
PYTHON
    child=$!
    trap 'kill "$child"' EXIT
    timeout 10 bash -c 'until [[ -e port ]]; do sleep 0.05; done'
    server=http://127.0.0.1:$(<port)
    head -c 300000 /dev/urandom >content
    sum=$(sha256sum content | cut -d' ' -f1)
}

test_a_file_is_downloaded_once() {
    make_server
    download "$server/content" "deep/my model.bin" "$sum" >/dev/null
    cmp content 'deep/my model.bin'
    same 'my model.bin' "$(names deep)"
    same '' "$(download "$server/content" 'deep/my model.bin' "$sum" 2>&1)"
    same '' "$(download "$server/content" 'deep/my model.bin' 2>&1)"
    same 1 "$(wc -l <requests)"
}

test_a_file_that_is_there_is_not_read_again() {
    make_server
    download "$server/content" file "${sum^^}" >/dev/null
    # Neither time nor size nor place changed, so nobody looks inside.
    touch -r file stamp
    printf 'x' | dd of=file conv=notrunc status=none
    touch -r stamp file
    same '' "$(download "$server/content" file "$sum" 2>&1)"
    # A change that shows is found.
    touch file
    download "$server/content" file "$sum" >/dev/null
    cmp content file
}

test_a_line_that_breaks_is_gone_on_with() {
    make_server
    printf '%s\n' 100000 100000 >cuts
    download "$server/content" file "$sum" >/dev/null 2>&1
    cmp content file
    same 'range=None range=bytes=100000- range=bytes=200000-' "$(grep -o 'range=[^ ]*' requests | xargs)"
}

test_a_download_that_was_killed_is_gone_on_with() {
    make_server
    head -c 120000 content >.file.part
    download "$server/content" file "$sum" >/dev/null
    cmp content file
    same 'range=bytes=120000-' "$(grep -o 'range=[^ ]*' requests)"
    # One that was whole but had no name yet.
    mv file .file.part
    download "$server/content" file "$sum" >/dev/null
    cmp content file
}

test_another_file_under_the_same_address_starts_from_its_beginning() {
    make_server
    printf '%s\n' 100000 0 0 0 0 0 0 >cuts
    fails download "$server/content" file >/dev/null 2>&1
    [[ ! -e file && -s .file.part ]]
    head -c 200000 /dev/urandom >content
    rm cuts
    download "$server/content" file >/dev/null 2>&1
    cmp content file
    # What has come and does not belong to it, found by the sum.
    head -c 100 /dev/zero >.other.part
    download "$server/content" other "$(sha256sum content | cut -d' ' -f1)" >/dev/null
    cmp content other
}

test_a_server_without_ranges_sends_all_of_it() {
    make_server
    touch ranges-off
    printf '%s\n' 100000 >cuts
    download "$server/content" file "$sum" >/dev/null 2>&1
    cmp content file
}

test_a_wrong_sum_is_a_failure_and_leaves_nothing() {
    make_server
    local wrong=${sum//[0-9]/a} output status=0
    output=$(download "$server/content" folder/file "$wrong" 2>&1) || status=$?
    same 1 "$status"
    has 'its SHA-256 sum is another one' "$output"
    same '' "$(names folder)"
    # What is there stays until the right one has come.
    echo mine >folder/file
    fails download "$server/content" folder/file "$wrong" >/dev/null 2>&1
    same mine "$(cat folder/file)"
    download "$server/content" folder/file "$sum" >/dev/null
    cmp content folder/file
}

test_what_cannot_be_had_is_said() {
    make_server
    has "$server/nothing could not be downloaded" "$(download "$server/nothing" file 2>&1 || true)"
    same 1 "$(wc -l <requests)"
    fails download "$server/content" 2>/dev/null
    fails download "$server/content" file abc 2>/dev/null
    [[ ! -e file ]]
}

test_two_at_once_download_once() {
    make_server
    download "$server/content" file "$sum" >/dev/null 2>&1 &
    download "$server/content" file "$sum" >/dev/null 2>&1
    wait $!
    cmp content file
    same 1 "$(wc -l <requests)"
}

test_the_token_goes_only_to_hugging_face() {
    openssl req -quiet -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 1 -subj /CN=x 2>/dev/null ||
        openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 1 -subj /CN=x 2>/dev/null
    make_server https
    # All names lead to our server.
    printf '%s\n' insecure "connect-to = \"::127.0.0.1:$(<port)\"" >.curlrc
    export CURL_HOME=$PWD HF_TOKEN=hf_abc
    download https://huggingface.co/content one >/dev/null
    download https://huggingface.co/moved two >/dev/null
    download https://huggingface.co.elsewhere.test/content three >/dev/null
    download https://elsewhere.test/content?https://huggingface.co/ four >/dev/null 2>&1 || true
    same "$(printf '%s\n' '/content host=huggingface.co token=Bearer hf_abc' '/moved host=huggingface.co token=Bearer hf_abc' \
        '/content host=elsewhere.test token=None' '/content host=huggingface.co.elsewhere.test token=None' \
        '/content?https://huggingface.co/ host=elsewhere.test token=None')" "$(sed 's/ range=.* token/ token/' requests)"
    cmp content two
}

run_tests

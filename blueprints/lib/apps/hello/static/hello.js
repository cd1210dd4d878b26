// Every address below is relative to the page, so it works under any prefix.
const byId = (id) => document.getElementById(id);

/** A new element with text. */
function element(tag, text = "", className = "") {
  const node = document.createElement(tag);
  node.textContent = text;
  node.className = className;
  return node;
}

/** Show name-value pairs in a definition list. */
function showFacts(list, facts) {
  list.replaceChildren(...facts.flatMap(([name, value]) => [element("dt", name), element("dd", value)]));
}

function setState(node, className, text) {
  node.className = `state ${className}`;
  node.textContent = text;
}

/** The JSON answer, or an error that says what the server said. */
async function fetchJson(address, options) {
  const response = await fetch(address, options);
  const value = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(value.detail ?? `status ${response.status}`);
  return value;
}

function formatSize(bytes) {
  const units = ["B", "KB", "MB", "GB", "TB"];
  let unit = 0;
  while (bytes >= 1000 && unit < units.length - 1) {
    bytes /= 1000;
    unit += 1;
  }
  return `${unit ? bytes.toFixed(1) : bytes} ${units[unit]}`;
}

// --- Websocket: a clock, and the echo ---------------------------------------------------------------------

let socket = null;

function connect() {
  const address = new URL("ws?clock=1000", document.baseURI);
  address.protocol = address.protocol.replace("http", "ws");
  socket = new WebSocket(address);
  socket.onopen = () => setState(byId("ws-state"), "ok", "connected");
  socket.onmessage = ({ data }) => {
    if (data.startsWith("clock ")) byId("ws-clock").textContent = data.slice(6);
    else logEcho("←", data);
  };
  socket.onclose = () => {
    setState(byId("ws-state"), "bad", "closed");
    setTimeout(connect, 2000);
  };
}

function logEcho(arrow, text) {
  const log = byId("echo-log");
  log.querySelector(".muted")?.remove();
  log.prepend(element("li", `${arrow} ${text}`));
  while (log.children.length > 50) log.lastChild.remove();
}

byId("echo").addEventListener("submit", (event) => {
  event.preventDefault();
  const text = byId("echo-text").value;
  if (socket?.readyState !== WebSocket.OPEN) return;
  logEcho("→", text);
  socket.send(text);
  byId("echo-text").value = "";
});

// --- Server-sent events -----------------------------------------------------------------------------------

function listen() {
  const events = new EventSource("api/clock");
  events.onopen = () => setState(byId("sse-state"), "ok", "connected");
  events.onmessage = ({ data }) => (byId("sse-clock").textContent = data);
  events.onerror = () => {
    setState(byId("sse-state"), "bad", "closed");
    // Some errors end it for good; a fresh one always comes back.
    if (events.readyState === EventSource.CLOSED) setTimeout(listen, 2000);
  };
}

// --- Upload -----------------------------------------------------------------------------------------------

byId("upload").addEventListener("submit", (event) => {
  event.preventDefault();
  const file = byId("file").files[0];
  const bar = byId("upload-bar");
  const result = byId("upload-result");
  // XMLHttpRequest, because fetch does not tell how far an upload is.
  const request = new XMLHttpRequest();
  request.open("POST", `api/upload?name=${encodeURIComponent(file.name)}`);
  request.upload.onprogress = ({ loaded, total }) => (bar.value = total ? loaded / total : 1);
  request.onload = () => {
    bar.hidden = true;
    if (request.status !== 200) return showFacts(result, [["Failed", `${request.status}: ${request.responseText}`]]);
    const answer = JSON.parse(request.responseText);
    showFacts(result, [["Name", answer.name], ["Size", `${formatSize(answer.size)} (${answer.size} bytes)`], ["SHA-256", answer.sha256]]);
  };
  request.onerror = () => {
    bar.hidden = true;
    showFacts(result, [["Failed", "the connection broke"]]);
  };
  bar.value = 0;
  bar.hidden = false;
  result.replaceChildren();
  request.send(file);
});

// --- Output folder ----------------------------------------------------------------------------------------

async function showFiles(method = "GET") {
  try {
    const { folder, written, files } = await fetchJson("api/files", { method });
    byId("folder").textContent = folder;
    byId("write-result").textContent = written ? `Wrote ${written}` : "";
    byId("files").tBodies[0].replaceChildren(...files.map((file) => {
      const row = element("tr");
      row.append(element("td", file.name), element("td", formatSize(file.size)),
        element("td", new Date(file.modified * 1000).toLocaleString()));
      return row;
    }));
  } catch (error) {
    byId("write-result").textContent = `Failed: ${error.message}`;
  }
}

byId("write").addEventListener("click", () => showFiles("POST"));

// --- Stream -----------------------------------------------------------------------------------------------

byId("stream").addEventListener("click", async ({ currentTarget: button }) => {
  const lines = byId("stream-lines");
  button.disabled = true;
  lines.textContent = "";
  try {
    const response = await fetch("api/stream?n=10&ms=200");
    const began = performance.now();
    const reader = response.body.getReader();
    const decoder = new TextDecoder();
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
      lines.textContent += decoder.decode(piece.value, { stream: true });
    }
    byId("stream-result").textContent = `took ${((performance.now() - began) / 1000).toFixed(1)} s; at once would be buffered`;
  } catch (error) {
    byId("stream-result").textContent = `Failed: ${error.message}`;
  }
  button.disabled = false;
});

// --- How the request arrived ------------------------------------------------------------------------------

async function showRequest() {
  const [echo, env] = await Promise.all([fetchJson("api/echo"), fetchJson("api/env")]);
  const shown = ["host", "x-forwarded-host", "x-forwarded-proto", "x-forwarded-for", "x-forwarded-prefix"];
  byId("name").textContent = env.INSTANCE_NAME ?? "nowhere in particular";
  document.title = `Hello from ${env.INSTANCE_NAME ?? "here"}`;
  showFacts(byId("arrived"), [
    ["In your browser", location.href.split(/[?#]/)[0]],
    ["As the app sees it", echo.path.replace(/api\/echo$/, "")],
    ["Prefix AiKore gave", env.SUBFOLDER ?? "none"],
    ...shown.map((name) => [name, echo.headers[name] ?? "not sent"]),
  ]);
  showFacts(byId("headers"), echo.raw_headers);
  showFacts(byId("env"), Object.entries(env));
}

connect();
listen();
showFiles();
showRequest().catch((error) => showFacts(byId("arrived"), [["Failed", error.message]]));

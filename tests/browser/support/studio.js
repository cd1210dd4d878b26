// An app that makes pictures when it is asked to.
import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

/** @typedef {import('./server.js').Server} Server */

// As the real ones do: a file under its name, with its recipe in it.
const STUDIO = `#!/usr/bin/env bash
### AIKORE-METADATA-START ###
# aikore.name = Studio
# aikore.ready = http:/
### AIKORE-METADATA-END ###
exec python3 -B -u - <<'PYTHON'
import http.server, json, os, struct, urllib.parse, zlib
out = os.environ['INSTANCE_OUTPUT_DIR']
def part(kind, data):
    return struct.pack('>I', len(data)) + kind + data + struct.pack('>I', zlib.crc32(kind + data))
def picture(name, hue):
    w, h = 320, 200
    rows = b''.join(b'\\0' + bytes(v for x in range(w) for v in ((hue * 40 + x) % 256, y, 200 - y)) for y in range(h))
    recipe = 'a lighthouse at dusk, number %d\\nNegative prompt: blurry\\nSteps: 20, Sampler: Euler a, CFG scale: 7, Seed: %d, Model: dream' % (hue, hue)
    data = b'\\x89PNG\\r\\n\\x1a\\n' + part(b'IHDR', struct.pack('>IIBBBBB', w, h, 8, 2, 0, 0, 0))
    data += part(b'tEXt', b'parameters\\0' + recipe.encode()) + part(b'tEXt', b'workflow\\0' + json.dumps({'nodes': [{'id': hue}]}).encode())
    data += part(b'IDAT', zlib.compress(rows)) + part(b'IEND', b'')
    os.makedirs(out, exist_ok=True)
    with open(os.path.join(out, name), 'wb') as file: file.write(data)
class App(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        asked = urllib.parse.parse_qs(urllib.parse.urlparse(self.path).query)
        if 'name' in asked: picture(asked['name'][0], int(asked['hue'][0]))
        self.send_response(200); self.end_headers(); self.wfile.write(b'done')
    def log_message(self, *args): pass
http.server.ThreadingHTTPServer(('127.0.0.1', int(os.environ['WEBUI_PORT'])), App).serve_forever()
PYTHON
`;

/** A started studio, and how to have it make pictures. @param {Server} server @param {string} name */
export async function studio(server, name) {
  await server.writeBlueprint('Studio.sh', STUDIO);
  const { id, slug } = await server.createStarted(name, 'Studio.sh');
  const folder = join(server.folder, 'outputs', name);
  await mkdir(folder, { recursive: true });
  const make = async (/** @type {string} */ file, /** @type {number} */ hue) => {
    const answer = await fetch(`${server.address}/instance/${slug}/?name=${encodeURIComponent(file)}&hue=${hue}`, { headers: server.headers });
    assert.equal(await answer.text(), 'done');
  };
  return { id, folder, make };
}

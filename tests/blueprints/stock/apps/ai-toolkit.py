from table import App, Case

# As much of its page's server as listens and tells what it was started with.
NEXT = """const { writeFileSync, renameSync } = require('node:fs');
const { createServer } = require('node:http');
const { argv, cwd, env, pid } = require('node:process');

const words = argv.slice(2);
const value = (name) => words[words.indexOf(name) + 1];
createServer((_request, response) => response.end('fake app')).listen(Number(value('--port')), value('--hostname'), () => {
  writeFileSync(env.STOCK_RECORD + '.part', JSON.stringify({ argv: words, cwd: cwd(), env, pid }));
  renameSync(env.STOCK_RECORD + '.part', env.STOCK_RECORD);
});
"""

PACKAGE = """{
  "name": "ai-toolkit-ui",
  "version": "0.1.0",
  "scripts": {
    "build": "mkdir -p dist/cron && echo 'setInterval(() => {}, 1000)' >dist/cron/worker.js && test -f ../aitk_db.db",
    "update_db": "echo made >>../aitk_db.db"
  },
  "dependencies": { "next": "file:./fake-next" }
}
"""

APP = App(
    repositories={
        "ostris/ai-toolkit": {
            "README.md": "pip3 install --no-cache-dir torch==2.8.0 torchvision==0.23.0 --index-url https://127.0.0.1:9/cu126\n",
            "requirements.txt": "iniconfig==2.0.0\n",
            "run.py": "",
            "ui/package.json": PACKAGE,
            "ui/fake-next/package.json": '{ "name": "next", "version": "1.0.0" }\n',
            "ui/fake-next/dist/bin/next": NEXT,
        },
    },
    argv=["start", "--hostname", "127.0.0.1", "--port", "{port}"],
    cwd="{conf}/app/ui",
    env={"MODELS_PATH": "{models}/diffusers/ai-toolkit", "NEXT_TELEMETRY_DISABLED": "1"},
    texts={"{conf}/app/aitk_db.db": "made", "{conf}/app/ui/dist/cron/worker.js": "setInterval"},
    cases=[Case("with a token", {"token": "hf_abc"}, env={"HF_TOKEN": "hf_abc"})],
)

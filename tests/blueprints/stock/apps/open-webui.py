from table import App, Case, Wheel, listener

SERVER = listener(host="--host", flags="serve --host:1 --port:1 --extra:1", imports=("torch",))

APP = App(
    repositories={},
    packages={"open-webui": Wheel("9.9.9", files={"open_webui_stock.py": SERVER.replace(
        'if __name__ == "__main__":\n    main(SETTINGS)', "def run():\n    main(SETTINGS)")},
        scripts={"open-webui": "open_webui_stock:run"}, requires=["torch"])},
    argv=["serve", "--host", "127.0.0.1", "--port", "{port}"],
    cwd="{conf}/data",
    params={"accounts": "true", "ollama": "http://127.0.0.1:11434"},
    env={"DATA_DIR": "{conf}/data", "OLLAMA_BASE_URL": "http://127.0.0.1:11434", "DO_NOT_TRACK": "true"},
    cases=[
        Case("without accounts, with an API", {"accounts": "false", "api": "http://127.0.0.1:1/v1", "api-key": "k"},
             env={"WEBUI_AUTH": "False", "OPENAI_API_BASE_URL": "http://127.0.0.1:1/v1", "OPENAI_API_KEY": "k"}),
    ],
)

from table import App, Case, Wheel, listener

FLAGS = """start --host:1 --port:1 --model:1 --model-dir:1 --output-dir:1 --device:1 --low-mem --cpu-offload
--enable-interactive-seg --interactive-seg-device:1 --enable-remove-bg --remove-bg-device:1 --enable-realesrgan
--realesrgan-device:1 --extra:1"""

SERVER = listener(host="--host", flags=FLAGS, outputs=["--output-dir"], imports=("torch",))


def arguments(device):
    return ["start", "--host", "127.0.0.1", "--port", "{port}", "--model", "lama", "--model-dir", "{models}/diffusers/iopaint",
            "--output-dir", "{out}", "--device", device]


def plugins(device):
    return ["--enable-interactive-seg", "--interactive-seg-device", device, "--enable-remove-bg", "--remove-bg-device", device,
            "--enable-realesrgan", "--realesrgan-device", device]


APP = App(
    repositories={},
    packages={"iopaint": Wheel("1.6.0", files={"iopaint_stock.py": SERVER.replace(
        'if __name__ == "__main__":\n    main(SETTINGS)', "def run():\n    main(SETTINGS)")},
        scripts={"iopaint": "iopaint_stock:run"}, requires=["torch>=2.0.0"])},
    argv=arguments("cpu") + plugins("cpu"),
    cwd="{conf}",
    env={"GRADIO_TEMP_DIR": "{tmp}/gradio-{id}"},
    cases=[
        Case("with a GPU", gpu=True, argv=arguments("cuda") + plugins("cuda")),
        Case("low memory, no plugins", {"low-memory": "true", "plugins": "false"},
             argv=[*arguments("cpu"), "--low-mem", "--cpu-offload"]),
    ],
)

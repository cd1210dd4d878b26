from table import App, Case, Wheel, listener

FLAGS = """--listen:1 --port:1 --disable-auto-launch --extra-model-paths-config:* --output-directory:1 --input-directory:1
--temp-directory:1 --user-directory:1 --preview-method:1 --max-upload-size:1 --database-url:1 --enable-manager --cpu
--lowvram --highvram --novram --extra:1"""

BASE = ["--listen", "127.0.0.1", "--port", "{port}", "--disable-auto-launch",
        "--extra-model-paths-config", "{conf}/extra_model_paths.yaml", "--output-directory", "{out}",
        "--input-directory", "{conf}/input", "--temp-directory", "{run}", "--user-directory", "{conf}/user",
        "--preview-method", "auto", "--max-upload-size", "8192", "--database-url", "sqlite:///{run}/comfyui.db"]

APP = App(
    repositories={
        "comfyanonymous/ComfyUI": {
            "main.py": listener(host="--listen", flags=FLAGS, outputs=["--output-directory"]),
            "comfy/cli_args.py": 'add("--enable-manager")\nadd("--database-url")\n',
            "requirements.txt": "torch\ntorchvision\niniconfig==2.0.0\n",
            "manager_requirements.txt": "comfyui_manager==4.0.5\n",
            "custom_nodes/good/requirements.txt": "# nothing but torch\ntorch==1.0\n",
            "custom_nodes/off.disabled/requirements.txt": "no-such-package-of-the-test\n",
        },
    },
    packages={"comfyui-manager": Wheel("4.0.5")},
    argv=["--enable-manager", *BASE, "--cpu"],
    cwd="{conf}/ComfyUI",
    models={"models/insightface": "insightface", "models/LLM": "llm"},
    texts={"{conf}/extra_model_paths.yaml": 'base_path: "{models}"\n    checkpoints: stable-diffusion\n    loras: lora\n'},
    env={"GRADIO_TEMP_DIR": "{tmp}/gradio-{id}", "PIP_CONSTRAINT": "{tmp}/aikore-held-{id}.txt"},
    cases=[
        Case("with a GPU", gpu=True, argv=["--enable-manager", *BASE]),
        Case("low memory, no manager", {"vram": "low", "manager": "false"}, gpu=True, argv=[*BASE, "--lowvram"]),
    ],
)

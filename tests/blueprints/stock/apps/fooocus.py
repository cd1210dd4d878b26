from table import App, Case, Wheel, listener

FLAGS = """--listen:1 --port:1 --disable-in-browser --disable-analytics --output-path:1 --temp-path:1 --preset:1
--always-cpu --always-low-vram --extra:1"""

BASE = ["--listen", "127.0.0.1", "--port", "{port}", "--disable-in-browser", "--disable-analytics",
        "--output-path", "{out}", "--temp-path", "{tmp}/fooocus-{id}"]

FILES = {
    "launch.py": listener(host="--listen", flags=FLAGS, outputs=["--output-path"]),
    "requirements_versions.txt": "iniconfig==2.0.0\ntorchsde==9.9.9\n",
    "models/checkpoints/put_checkpoints_here": "",
}

APP = App(
    repositories={"lllyasviel/Fooocus": FILES, "mashb1t/Fooocus": FILES},
    packages={"torchsde": Wheel("9.9.9", requires=["torch"])},
    argv=[*BASE, "--always-cpu"],
    models={"models/checkpoints": "stable-diffusion", "models/loras": "lora", "models/upscale_models": "upscale"},
    env={"config_path": "{conf}/config.txt", "path_outputs": "{out}"},
    cases=[
        Case("low memory and a preset", {"vram": "low", "preset": "anime"}, gpu=True,
             argv=[*BASE, "--preset", "anime", "--always-low-vram"]),
        Case("the other edition", {"edition": "1-up"}, online=True, cwd="{conf}/app-1-up"),
    ],
)

from table import App, Wheel, listener

# What the app's own launch() says of its address must not matter.
GRADIO = '''
class Blocks:
    def launch(self, inline=None, share=None, *, server_name=None, server_port=None, root_path=None, inbrowser=False, **more):
        assert not share and not inbrowser, (share, inbrowser)
        return server_name, str(server_port), root_path
'''

LAUNCH = '''import os
import gradio.blocks

host, port, prefix = gradio.blocks.Blocks().launch(server_name="0.0.0.0", server_port=7860, share=True, inbrowser=True)
assert prefix == os.environ["GRADIO_ROOT_PATH"], prefix
os.environ["TOLD_HOST"], os.environ["TOLD_PORT"] = host, port
'''

# The settings must come first.
ENTRY = listener(port="$TOLD_PORT", host="$TOLD_HOST", flags="--extra:1", outputs=["outputs"])
SETTINGS, REST = ENTRY.split("\n", 1)

APP = App(
    repositories={
        "SUP3RMASS1VE/Ultimate-TTS-Studio-SUP3R-Edition": {
            "launch.py": SETTINGS + "\n" + LAUNCH + REST,
            "requirements.txt": "gradio==5.35.0\niniconfig==2.0.0\npyaudio\ndeepspeed==0.16.5\neinx==9.9.9\n",
            "checkpoints/readme.txt": "",
        },
    },
    packages={
        "gradio": Wheel("5.35.0", files={"gradio/__init__.py": "", "gradio/blocks.py": GRADIO}),
        "einx": Wheel("9.9.9"), "voxcpm": Wheel("9.9.9"), "wetextprocessing": Wheel("9.9.9"),
    },
    argv=[],
    cwd="{run}",
    models={"checkpoints": "tts/ultimate-tts"},
    env={"WANDB_MODE": "disabled"},
)

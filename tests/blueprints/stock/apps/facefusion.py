from table import App, Case, Wheel, listener

FLAGS = """run --config-path:1 --jobs-path:1 --temp-path:1 --output-path:1 --video-memory-strategy:1
--execution-thread-count:1 --extra:1"""

INSTALLER = """ONNXRUNTIME_SET =\\
{
\t'default': ('onnxruntime', '9.24.1')
}
if is_windows() or is_linux():
\tONNXRUNTIME_SET['cuda'] = ('onnxruntime-gpu', '9.24.3')
\tONNXRUNTIME_SET['openvino'] = ('onnxruntime-openvino', '9.24.2')
"""

BASE = ["run", "--config-path", "{conf}/facefusion.ini", "--jobs-path", "{run}/jobs", "--temp-path", "{tmp}/facefusion-{id}",
        "--output-path", "{out}", "--video-memory-strategy"]

APP = App(
    repositories={
        "facefusion/facefusion": {
            "facefusion.py": listener(port="$GRADIO_SERVER_PORT", host="$GRADIO_SERVER_NAME", flags=FLAGS,
                                      outputs=["--output-path"], imports=("iniconfig", "onnxruntime")),
            "facefusion/installer.py": INSTALLER,
            "requirements.txt": "iniconfig==2.0.0\nonnxruntime==9.9.9\n",
            "facefusion.ini": "[paths]\ntemp_path =\n",
        },
    },
    packages={
        "onnxruntime": Wheel("9.24.1"),
        "onnxruntime-gpu": Wheel("9.24.3", files={"onnxruntime/__init__.py": ""}),
    },
    argv=[*BASE, "strict"],
    models={".assets/models": "insightface/facefusion"},
    texts={"{conf}/facefusion.ini": "temp_path"},
    env={"GRADIO_ALLOWED_PATHS": "{out}", "GRADIO_ROOT_PATH": "/instance/{slug}"},
    programs={"ffmpeg": "#!/bin/sh\n", "curl": "#!/bin/sh\n"},
    cases=[
        Case("more memory and threads", {"memory": "tolerant", "threads": "8"},
             argv=[*BASE, "tolerant", "--execution-thread-count", "8"]),
        # The one of the test has no extras, which uv warns of.
        Case("with a GPU", gpu=True, online=True, warns=True),
    ],
)

"""Gradio demo: every channel a Gradio app uses, with no model and no network.

Text in and out, an image, a streamed chat, an upload, a queue with progress. Where to listen and which prefix
to live under comes from Gradio's own variables: GRADIO_SERVER_NAME, GRADIO_SERVER_PORT, GRADIO_ROOT_PATH.
"""

import hashlib
import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Optional

import gradio as gr
import numpy as np
from PIL import Image, ImageOps

NAME = os.environ.get("INSTANCE_NAME", "Gradio demo")
OUTPUT = Path(os.environ.get("INSTANCE_OUTPUT_DIR", "output")).resolve()
EFFECTS = ["Flip", "Upside down", "Grey", "Negative", "Noise"]


def greet(name: str, times: float) -> str:
    """A text, repeated."""
    name = name.strip()
    if not name:
        raise gr.Error("Type a name first.")
    return "\n".join(f"Hello, {name}!" for _ in range(int(times)))


def add_noise(image: Image.Image) -> Image.Image:
    """The image with visible grain."""
    pixels = np.asarray(image.convert("RGB"), dtype=np.int16)
    grain = np.random.default_rng().integers(-48, 49, pixels.shape, dtype=np.int16)
    return Image.fromarray(np.clip(pixels + grain, 0, 255).astype(np.uint8))


def change_image(image: Optional[Image.Image], effect: str) -> tuple[Image.Image, str]:
    """The changed image, and where it was kept."""
    if image is None:
        raise gr.Error("Choose an image first.")
    image = image.convert("RGB")
    effects = {
        "Flip": ImageOps.mirror,
        "Upside down": ImageOps.flip,
        "Grey": lambda picture: ImageOps.grayscale(picture).convert("RGB"),
        "Negative": ImageOps.invert,
        "Noise": add_noise,
    }
    changed = effects[effect](image)
    path = OUTPUT / time.strftime(f"gradio-%Y%m%d-%H%M%S-{time.time_ns() % 1000:03d}.png")
    changed.save(path)
    return changed, f"Kept as `{path.name}` in the output folder, {changed.width} × {changed.height} pixels."


def chat(message: str, history: list[dict[str, Any]]) -> Iterator[str]:
    """An answer that arrives word by word."""
    turn = len(history) // 2 + 1
    answer = (
        f"You said “{message.strip()}”, {len(message.split())} words in turn {turn}. No model is behind this: each"
        " of these words is sent as it is made, so if you see them come one after the other, streaming works on"
        " the whole way from the app to you."
    )
    shown = ""
    for word in answer.split():
        shown += word + " "
        yield shown
        time.sleep(0.05)


def measure_file(path: Optional[str]) -> str:
    """Name, size and SHA-256 of an uploaded file."""
    if path is None:
        raise gr.Error("Choose a file first.")
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(1024 * 1024):
            digest.update(block)
    return f"Name: {Path(path).name}\nSize: {Path(path).stat().st_size} bytes\nSHA-256: {digest.hexdigest()}"


def slow_job(seconds: float, progress: gr.Progress = gr.Progress()) -> str:  # noqa: B008
    """A job that takes its time and says how far it is."""
    began = time.monotonic()
    steps = max(1, int(seconds * 5))
    for step in range(steps):
        progress((step, steps), desc="Working")
        time.sleep(seconds / steps)
    return f"Done after {time.monotonic() - began:.1f} seconds."


def text_tab() -> None:
    """Type and submit."""
    with gr.Row():
        with gr.Column():
            name = gr.Textbox(label="Your name", placeholder="Ada", elem_id="text-name")
            times = gr.Slider(1, 10, value=1, step=1, label="How often")
            button = gr.Button("Greet", variant="primary", elem_id="text-go")
        answer = gr.Textbox(label="Answer", lines=6, elem_id="text-answer")
    gr.on([button.click, name.submit], greet, [name, times], answer, api_name="greet")


def image_tab() -> None:
    """Upload an image, get it back changed."""
    with gr.Row():
        with gr.Column():
            image = gr.Image(type="pil", label="Image", sources=["upload", "clipboard"], elem_id="image-in")
            effect = gr.Radio(EFFECTS, value=EFFECTS[0], label="Effect")
            button = gr.Button("Change it", variant="primary", elem_id="image-go")
        with gr.Column():
            changed = gr.Image(label="Changed", format="png", buttons=["download", "fullscreen"], elem_id="image-out")
            kept = gr.Markdown(elem_id="image-kept")
    button.click(change_image, [image, effect], [changed, kept], api_name="change_image")


def chat_tab() -> None:
    """A streamed answer."""
    gr.ChatInterface(
        chat,
        chatbot=gr.Chatbot(
            height=420, label="Chat", elem_id="chat-log", placeholder="Nothing said yet.", buttons=["copy"]
        ),
        textbox=gr.Textbox(
            placeholder="Say something", container=False, scale=7, elem_id="chat-text", submit_btn=True, stop_btn=True
        ),
        api_name="chat",
    )


def file_tab() -> None:
    """Upload a file of any kind."""
    with gr.Row():
        with gr.Column():
            file = gr.File(label="File", elem_id="file-in")
            button = gr.Button("Measure", variant="primary", elem_id="file-go")
        facts = gr.Textbox(label="What arrived", lines=4, elem_id="file-out")
    button.click(measure_file, file, facts, api_name="measure_file")


def queue_tab() -> None:
    """Jobs that wait for each other."""
    gr.Markdown("One job runs at a time. Open a second tab and start two to see one of them wait.")
    seconds = gr.Slider(1, 30, value=4, step=1, label="Seconds", elem_id="queue-seconds")
    button = gr.Button("Start the job", variant="primary", elem_id="queue-go")
    result = gr.Textbox(label="Result", elem_id="queue-out")
    button.click(slow_job, seconds, result, concurrency_limit=1, api_name="slow_job")


def build() -> gr.Blocks:
    """The page. Uploaded files are removed after a day."""
    tabs = {"Text": text_tab, "Image": image_tab, "Chat": chat_tab, "File": file_tab, "Queue": queue_tab}
    with gr.Blocks(title=NAME, delete_cache=(3600, 86400), analytics_enabled=False) as page:
        gr.Markdown(f"# {NAME}\nWhat a Gradio app does, without a model. Everything stays on this machine.")
        for title, content in tabs.items():
            with gr.Tab(title, id=title.lower()):
                content()
    return page.queue(default_concurrency_limit=4)


def main() -> None:
    """Serve until SIGTERM."""
    # Gradio waits in the main thread; an exit from there ends it cleanly and at once.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    OUTPUT.mkdir(parents=True, exist_ok=True)
    # System fonts: a theme may otherwise ask a font service of the internet.
    theme = gr.themes.Default(
        primary_hue="violet", neutral_hue="slate", radius_size="sm",
        font=("system-ui", "Segoe UI", "sans-serif"), font_mono=("ui-monospace", "DejaVu Sans Mono", "monospace"),
    )
    print(f"Gradio {gr.__version__} starts under {os.environ.get('GRADIO_ROOT_PATH') or '/'}", flush=True)
    build().launch(
        quiet=True, theme=theme, share=False, inbrowser=False, ssr_mode=False, pwa=False, show_error=True,
        enable_monitoring=False, footer_links=[], allowed_paths=[str(OUTPUT)],
    )


if __name__ == "__main__":
    main()

"""A `/config` of the earlier system as it is, with a script that was written for it."""

import shutil

from panel import PASSWORD, Panel
from podman import ROOT, WORK, started
from report import Report, equal, has, until

SCRIPT = r"""#!/bin/bash
### AIKORE-METADATA-START ###
# aikore.category = Image
# aikore.venv_type = conda
# aikore.venv_path = ./env
### AIKORE-METADATA-END ###
source /opt/sd-install/functions.sh
source /opt/sd-install/versions.env
export PATH="/home/abc/miniconda3/bin:$PATH"

mkdir -p "${INSTANCE_CONF_DIR}/app/models" "${INSTANCE_OUTPUT_DIR}"
cd "${INSTANCE_CONF_DIR}/app"
sl_folder ${INSTANCE_CONF_DIR}/app/models checkpoints ${BASE_DIR}/models stable-diffusion
sl_folder ${INSTANCE_CONF_DIR}/app output ${INSTANCE_OUTPUT_DIR}
echo "torch ${TORCH_VERSION} for ${INSTANCE_NAME}" > index.html
CMD="python3 -m http.server --bind 127.0.0.1 ${WEBUI_PORT}"
eval $CMD
"""


def run(report: Report) -> None:
    config = WORK / "earlier"
    folder = config / "instances/ComfyUI_SDXL"
    folder.mkdir(parents=True)
    (folder / "launch.sh").write_text(SCRIPT)
    (config / "models/stable-diffusion").mkdir(parents=True)
    shutil.copy(ROOT / "tests/fixtures/legacy/aikore-v6.db", config / "aikore.db")

    with started("-p", "127.0.0.1::9000", "-v", f"{config}:/config", "-e", f"AIKORE_PASSWORD={PASSWORD}") as box:
        panel = Panel(box)

        def begins() -> None:
            until("the server", panel.healthy)
            panel.log_in()
            equal(len(panel.api("GET", "instances/")), 8)

        def runs() -> None:
            # It started by itself then, so it does now.
            one = panel.reach("ComfyUI_SDXL", "started")
            status, page = panel.ask("GET", one["urls"]["path"])
            # Its versions were chosen in the old dashboard.
            equal((status, page), (200, b"torch 2.9.1 for ComfyUI_SDXL\n"))
            equal((folder / "app/output").readlink().as_posix(), "/config/outputs/sdxl")
            equal((folder / "app/models/checkpoints").readlink().as_posix(), "/config/models/stable-diffusion")

        def kept() -> None:
            assert list(config.glob("aikore.db.bak-*")), "no backup"
            has(box.log(), "import")

        report.check("a /config of the earlier system", begins, box.log)
        report.check("its script runs unchanged", runs, lambda: box.log() + (folder / "output.log").read_text()[-2000:])
        report.check("its database is kept", kept, box.log)

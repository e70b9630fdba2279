"""`app` starts the pages with the app's own settings, wherever it is called."""

import json
import subprocess
import sys
import tomllib

from gam_viz.runtime.installation import PACKAGE, STREAMLIT_CONFIG

#: In a process of its own: Streamlit's settings are the process's.
PROGRAM = """
import json, os, sys
from streamlit import config
from streamlit.web import bootstrap
from gam_viz.cli.main import main

def run(script, *others):
    print(json.dumps({
        "script": script,
        "folder": os.environ["GAM_VIZ_CHECKPOINTS"],
        "data": os.environ.get("GAM_VIZ_DATA"),
        **{name: config.get_option(name) for name in sys.argv[1].split()},
    }))

bootstrap.run_asgi_app = run
sys.exit(main(["app", *sys.argv[2:]]))
"""


def names(tables, above=""):
    for key, value in tables.items():
        if isinstance(value, dict):
            yield from names(value, f"{above}{key}.")
        else:
            yield f"{above}{key}", value


def started(folder, *arguments):
    asked = " ".join([*(name for name, _ in names(tomllib.loads(STREAMLIT_CONFIG.read_text()))), "server.port"])
    command = [sys.executable, "-c", PROGRAM, asked, *arguments]
    environment = {"PYTHONPATH": str(PACKAGE.parent), "GAM_VIZ_CHECKPOINTS": "networks"}
    said = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=True)
    return json.loads(said.stdout)


def test_the_settings_hold_in_any_folder(tmp_path):
    (tmp_path / ".streamlit").mkdir()
    (tmp_path / ".streamlit" / "config.toml").write_text('[server]\naddress = "0.0.0.0"\nmaxUploadSize = 9\n')
    here = started(tmp_path)
    for name, value in names(tomllib.loads(STREAMLIT_CONFIG.read_text())):
        assert here[name] == value, name
    assert here["script"] == str(PACKAGE / "app" / "main.py")
    assert (here["server.port"], here["folder"], here["data"]) == (8501, "networks", None)


def test_what_is_asked_for_comes_first(tmp_path):
    given = started(
        tmp_path,
        *("--port", "8600", "--address", "0.0.0.0", "--browser", "--checkpoints", "mine", "--data-root", "sets"),
    )
    assert (given["server.port"], given["server.address"], given["server.headless"]) == (8600, "0.0.0.0", False)
    assert (given["folder"], given["data"]) == ("mine", "sets")

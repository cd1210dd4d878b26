"""Starts somebody's Gradio app so that AiKore reaches it, whatever the app itself says to `launch()`.

Many apps name a port of their own there, or ask for a public tunnel. Everything else they say stays.
usage: generic_gradio.py FILE|-m MODULE [ARGUMENT…]
"""
import functools
import importlib.abc
import importlib.machinery
import inspect
import os
import runpy
import sys


def ours(launch):
    """`launch` with AiKore's address."""
    known = inspect.signature(launch)
    forced = {
        "server_name": "127.0.0.1",
        "server_port": int(os.environ["WEBUI_PORT"]),
        "root_path": os.environ.get("GRADIO_ROOT_PATH"),
        "share": False,
        "inbrowser": False,
    }

    @functools.wraps(launch)
    def launched(self, *args, **kwargs):
        given = known.bind_partial(self, *args, **kwargs)
        given.arguments.update({name: value for name, value in forced.items() if name in known.parameters})
        return launch(*given.args, **given.kwargs)

    return launched


class WhenImported(importlib.abc.MetaPathFinder):
    """Waits for the app to import Gradio: it may want to set things up before."""

    def find_spec(self, name, path, target=None):
        if name != "gradio.blocks":
            return None
        sys.meta_path.remove(self)
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        if spec is not None and spec.loader is not None:
            run = spec.loader.exec_module

            def exec_module(module):
                run(module)
                module.Blocks.launch = ours(module.Blocks.launch)

            spec.loader.exec_module = exec_module
        return spec


sys.meta_path.insert(0, WhenImported())
if sys.argv[1] == "-m":
    module = sys.argv[2]
    sys.argv = [module, *sys.argv[3:]]
    sys.path[0] = os.getcwd()
    runpy.run_module(module, run_name="__main__", alter_sys=True)
else:
    sys.argv = sys.argv[1:]
    sys.path[0] = os.path.dirname(os.path.abspath(sys.argv[0]))
    runpy.run_path(sys.argv[0], run_name="__main__")

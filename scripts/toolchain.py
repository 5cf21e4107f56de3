"""Where the Swift toolchain lies, for the scripts here; its programs need not be on the PATH."""
import json
import pathlib
import subprocess


def resources():
    """The folder that holds Swift's own libraries."""
    return pathlib.Path(json.loads(subprocess.check_output(["swiftc", "-print-target-info"]))["paths"]["runtimeResourcePath"])


def tool(name):
    return resources().parent.parent / "bin" / name

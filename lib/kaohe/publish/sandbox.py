"""Folders of a batch's runs: empty working folders, no settings of the user, kernelspecs of this Python.

A `matplotlibrc`, an IPython start-up file, a `random.py` beside the notebook or a kernelspec of
another Python must not change a report.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from kaohe.base.own_folder import own_folder
from kaohe.publish.imports import ENV_IMPORTS

PREFIX = "kaohe-run-"
RUN_PREFIX = "run-"  # of the working folder of one notebook
PLAIN = "kaohe-plain"
WARM = "kaohe"
LAB_NAME = "考核 kaohe (prepared)"
LONGEST = 90  # a socket path holds 107 bytes
# Libraries that start threads when they are imported are asked not to: a process with threads cannot be forked.
THREADS = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    "JE_ARROW_MALLOC_CONF": "background_thread:false",
}


@dataclass(frozen=True)
class Sandbox:
    """One temporary folder with what kernels need.

    Attributes
    ----------
    root : Path
        The folder.
    kernel_name : str
        The kernelspec that notebooks run on.
    imports : tuple of str
        Large libraries that prepared kernels have at once (see `kaohe.publish.imports`).
    """

    root: Path
    kernel_name: str = PLAIN
    imports: tuple[str, ...] = ()

    @classmethod
    @contextmanager
    def temporary(cls, kernel_name: str = PLAIN) -> Iterator[Sandbox]:
        """A sandbox for `kernel_name` that is removed at the end of the block."""
        with own_folder(PREFIX) as root:
            yield cls.prepare(root, kernel_name)

    @classmethod
    def prepare(cls, root: Path, kernel_name: str = PLAIN) -> Sandbox:
        """Write the kernelspecs into `root` and make its folders; notebooks run on `kernel_name`."""
        for name in ("work", "runtime", "config", "ipython", "matplotlib"):
            (root / name).mkdir(parents=True, exist_ok=True)
        _copy_font_list(root / "matplotlib")
        write_spec(root / "jupyter" / "kernels" / PLAIN, PLAIN)
        write_spec(root / "jupyter" / "kernels" / WARM, WARM, provisioner="kaohe-zygote")
        return cls(root, kernel_name)

    def environment(self) -> dict[str, str]:
        """Variables that keep kernels and Jupyter inside the sandbox."""
        return {
            "MPLCONFIGDIR": str(self.root / "matplotlib"),
            "MPLBACKEND": "agg",
            "IPYTHONDIR": str(self.root / "ipython"),
            "JUPYTER_PATH": str(self.root / "jupyter"),
            "JUPYTER_CONFIG_DIR": str(self.root / "config"),
            "JUPYTER_RUNTIME_DIR": str(self.root / "runtime"),
            "JUPYTER_PLATFORM_DIRS": "1",
            "PYTHONHASHSEED": "0",
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYDEVD_DISABLE_FILE_VALIDATION": "1",
            ENV_IMPORTS: ",".join(self.imports),
            **THREADS,
        }

    def connection(self) -> dict[str, str]:
        """How to talk to kernels: over local sockets where there are such and the path is short enough."""
        if os.name == "posix" and len(str(self.root / "runtime")) <= LONGEST:
            return {"transport": "ipc", "ip": str(self.root / "runtime" / "k")}
        return {}

    @contextmanager
    def working_folder(self) -> Iterator[Path]:
        """An empty folder for one run."""
        folder = Path(tempfile.mkdtemp(prefix=RUN_PREFIX, dir=self.root / "work"))
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def surroundings(variables: Mapping[str, str]) -> Iterator[None]:
    """Environment `variables` for the kernels started inside the block; put back afterwards."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _copy_font_list(folder: Path) -> None:
    """Copy what Matplotlib knows of the fonts of this machine, where it has looked: looking again takes a second.

    It is no setting, and Matplotlib looks again itself when a font of the list is gone or the list is of another version.
    """
    with suppress(OSError, RuntimeError):  # no home, nothing there, not to be read: it looks again
        known = os.environ.get("MPLCONFIGDIR") or Path(
            os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "matplotlib"
        )
        for path in Path(known).glob("fontlist-v*.json"):
            shutil.copyfile(path, folder / path.name)


def write_spec(folder: Path, name: str, *, provisioner: str = "", debugger: bool = False) -> None:
    """Write a kernelspec of this Python, started by the provisioner named."""
    folder.mkdir(parents=True, exist_ok=True)
    spec: dict[str, object] = {
        "argv": [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
        "display_name": name,
        "language": "python",
        "interrupt_mode": "signal",
        "metadata": {"debugger": False},
    }
    if provisioner:
        spec["metadata"] = {"debugger": debugger, "kernel_provisioner": {"provisioner_name": provisioner}}
    (folder / "kernel.json").write_text(json.dumps(spec, indent=1), encoding="utf-8")


def install_kernel(prefix: Path | None = None) -> Path:
    """Make the prepared kernel known to Jupyter, for JupyterLab; returns the folder of its kernelspec.

    Parameters
    ----------
    prefix : Path, optional
        Where Python is installed; that of this Python when not given.
    """
    folder = (prefix or Path(sys.prefix)) / "share" / "jupyter" / "kernels" / WARM
    write_spec(folder, LAB_NAME, provisioner="kaohe-zygote", debugger=True)
    return folder

"""Kernels that need not import anything: each is forked from one process that has imported it all."""

import multiprocessing
import os
import sys
from typing import Any

from jupyter_client.provisioning import LocalProvisioner

NAME = "cx-warm"
"""What the entry point of this provisioner is called."""

INLINE = "module://matplotlib_inline.backend_inline"


def warm_context() -> multiprocessing.context.BaseContext:
    """How processes of a run begin: on Linux from one that has imported cxlib and Jupyter, elsewhere from nothing."""
    if sys.platform != "linux":
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["cxlib", "papermill", "ipykernel.kernelapp", __name__])
    return context


class WarmProvisioner(LocalProvisioner):
    """Jupyter's own way to a local kernel, but for its beginning: forked, and not started anew."""

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> dict:
        """Fork the kernel that `cmd`, python -m ipykernel_launcher and its arguments, would start."""
        words, cwd = cmd[cmd.index("ipykernel_launcher") + 1 :], kwargs.get("cwd") or os.getcwd()
        process = warm_context().Process(target=run_kernel, args=(words, dict(kwargs["env"]), cwd))
        process.start()
        self.process, self.pid, self.pgid, self.cwd = Forked(process), process.pid, process.pid, cwd
        return self.connection_info


class Forked:
    """A forked process with the face of a `subprocess.Popen`."""

    stdin = stdout = stderr = None

    def __init__(self, process: multiprocessing.process.BaseProcess):
        self.process, self.pid = process, process.pid
        self.send_signal = lambda signum: os.kill(process.pid, signum)
        self.kill, self.terminate = process.kill, process.terminate

    def poll(self) -> int | None:
        """The exit code, None while it runs."""
        return self.process.exitcode

    def wait(self) -> int | None:
        """The exit code, as soon as there is one."""
        self.process.join()
        return self.process.exitcode


def run_kernel(words: list[str], env: dict[str, str], cwd: str) -> None:
    """Be a kernel, in a session of its own; what it prints while it shuts down is no news to anybody."""
    import matplotlib
    from ipykernel.kernelapp import IPKernelApp

    os.setsid()
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(env | {"JPY_PARENT_PID": str(os.getppid()), "MPLBACKEND": INLINE})
    matplotlib.rcParams["backend"] = INLINE
    nothing = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(nothing, stream)
    IPKernelApp.launch_instance(argv=words)

"""Running notebooks through papermill, several at a time, with a line of progress each time a section begins."""

import contextlib
import functools
import io
import logging
import multiprocessing
import os
import re
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import nbformat

from cxlib.parameters import parameters_of
from cxlib.render import heading
from cxlib.tables import StudyError

SCRUBBED = ("papermill", "execution", "ExecuteTime")

STARTS = 3
"""How often a kernel is started that does not come up: another program may have taken the port it was to listen on."""


def run_notebooks(notebooks: list[Path], parameters: dict, staging: Path, *, cwd: Path, jobs: int) -> list[Path]:
    """Execute every notebook into staging/notebooks/ and return what was written, in the same order.

    The first failure ends the run with a sentence that names the notebook, the cell and the error.
    """
    (staging / "notebooks").mkdir()
    tasks = [
        (notebook, staging / "notebooks" / notebook.name, own_parameters(notebook, parameters), cwd)
        for notebook in notebooks
    ]
    workers = max(1, min(jobs, len(tasks)))
    with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")) as pool:
        futures = [pool.submit(run_notebook, *task) for task in tasks]
        try:
            return [future.result() for future in futures]
        except BrokenProcessPool:
            raise StudyError("A notebook's process was ended from outside. Nothing was published.", code=70) from None
        finally:
            pool.shutdown(cancel_futures=True)


def own_parameters(notebook: Path, parameters: dict) -> dict:
    """Those of the run's parameters that the notebook has."""
    return {name: value for name, value in parameters.items() if name in parameters_of(notebook)}


def run_notebook(source: Path, target: Path, parameters: dict, cwd: Path) -> Path:
    """Execute one notebook in a process of its own."""
    os.environ["PYDEVD_DISABLE_FILE_VALIDATION"] = "1"
    from nbclient.exceptions import CellTimeoutError, DeadKernelError
    from papermill import PapermillExecutionError

    register_engine(open_progress())
    logging.getLogger("papermill").setLevel(logging.ERROR)
    try:
        execute(source, target, parameters, cwd)
    except PapermillExecutionError as error:
        raise failure(source, target, error) from None
    except (CellTimeoutError, DeadKernelError) as error:
        raise StudyError(f"{source.name} stopped: {error}. Nothing was published.", code=70) from None
    scrub(target)
    return target


def execute(source: Path, target: Path, parameters: dict, cwd: Path) -> None:
    """Have papermill run a notebook, and begin again where its kernel did not come up."""
    import papermill

    for start in range(1, STARTS + 1):
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                papermill.execute_notebook(
                    source, target, parameters, engine_name="cx", kernel_name="python3", progress_bar=False, cwd=cwd,
                    extra_arguments=["--IPKernelApp.log_level=50"],
                )  # fmt: skip
            return
        except RuntimeError as error:
            if not never_came_up(error):
                raise
            if start == STARTS:
                raise StudyError(f"{source.name}: {error}. Nothing was published.", code=70) from None


def never_came_up(error: RuntimeError) -> bool:
    """Whether a kernel died, or said nothing, before any cell of the notebook ran."""
    return any(said in str(error) for said in ("before replying to kernel_info", "Kernel didn't respond in"))


@functools.cache
def open_progress() -> io.TextIOBase:
    """Where a worker tells its progress: the run's stderr, which kernels then no longer inherit.

    What libraries print while a kernel shuts down is no news to anybody; how it ended is known without.
    """
    progress = os.fdopen(os.dup(2), "w")
    with open(os.devnull, "w") as nothing:
        os.dup2(nothing.fileno(), 2)
    return progress


def register_engine(progress: io.TextIOBase) -> None:
    """papermill's own engine, telling which section of which notebook begins."""
    from papermill.engines import NBClientEngine, papermill_engines

    class TellingEngine(NBClientEngine):
        @classmethod
        def execute_managed_notebook(cls, nb_man, kernel_name, **options):
            start = nb_man.cell_start
            name = Path(nb_man.nb.metadata.papermill["input_path"]).stem
            cells = nb_man.nb.cells

            def tell(cell, cell_index=None, **more):
                if cell.cell_type == "markdown" and cell.source.startswith("#"):
                    print(f"{name}  {cell_index + 1}/{len(cells)}  {heading(cell.source)}", file=progress, flush=True)
                return start(cell, cell_index, **more)

            nb_man.cell_start = tell
            return super().execute_managed_notebook(nb_man, kernel_name, **options)

    papermill_engines.register("cx", TellingEngine)


def failure(source: Path, target: Path, error) -> StudyError:
    """What went wrong, and where; the analyst's words where the notebook gave them."""
    if error.ename == "StudyError":
        return StudyError(f"{source.name}: {error.evalue}")
    injected = ["injected-parameters"]
    cells = [cell for cell in nbformat.read(target, as_version=4).cells if cell.metadata.get("tags") != injected]
    failed = next(
        place for place, cell in enumerate(cells) if any(o.output_type == "error" for o in cell.get("outputs", []))
    )
    sections = [
        heading(cell.source) for cell in cells[:failed] if cell.cell_type == "markdown" and "#" in cell.source[:1]
    ]
    where = f"{source.name}, cell {failed + 1}" + (f" ('{sections[-1]}')" if sections else "")
    return StudyError(f"{where} failed: {error.ename}: {error.evalue}. Nothing was published.", code=70)


def scrub(path: Path) -> None:
    """Take out what differs from run to run: times, machine paths, random cell ids; and see that every cell ran."""
    notebook = nbformat.read(path, as_version=4)
    for key in SCRUBBED:
        notebook.metadata.pop(key, None)
    for place, cell in enumerate(notebook.cells):
        for key in SCRUBBED:
            cell.metadata.pop(key, None)
        cell.id = f"cell-{place}"
        if cell.cell_type == "code" and cell.source.strip() and cell.execution_count is None:
            raise StudyError(f"{path.name}, cell {place + 1} did not run. Nothing was published.", code=70)
        if cell.cell_type == "code":  # warnings name paths of this machine, and are for developers
            cell.outputs = [output for output in cell.outputs if output.get("name") != "stderr"]
        if "injected-parameters" in cell.metadata.get("tags", []):
            cell.source = re.sub(r'(?m)^(output_path|groups|history) = ".*"$', r'\1 = ""', cell.source)
    nbformat.write(notebook, path)

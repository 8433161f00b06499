"""Kernels that do not come up are started again; one that never does is a sentence."""

import pytest

from cxlib.runner import STARTS, execute
from cxlib.tables import StudyError

NO_KERNEL = "Kernel died before replying to kernel_info"


def run_with(monkeypatch, tmp_path, faults):
    """How often papermill was called, when its first calls end in these faults."""
    calls = []

    def execute_notebook(source, target, parameters, **options):
        calls.append(source)
        if len(calls) <= len(faults):
            raise faults[len(calls) - 1]

    monkeypatch.setattr("papermill.execute_notebook", execute_notebook)
    execute(tmp_path / "a.ipynb", tmp_path / "b.ipynb", {}, tmp_path)
    return len(calls)


def test_a_kernel_that_does_not_come_up_is_started_again(monkeypatch, tmp_path):
    assert run_with(monkeypatch, tmp_path, [RuntimeError(NO_KERNEL)] * (STARTS - 1)) == STARTS


def test_a_kernel_that_never_comes_up_ends_with_a_sentence(monkeypatch, tmp_path):
    with pytest.raises(StudyError, match="a.ipynb: Kernel died .* Nothing was published") as caught:
        run_with(monkeypatch, tmp_path, [RuntimeError(NO_KERNEL)] * STARTS)
    assert caught.value.code == 70


def test_any_other_fault_is_not_tried_again(monkeypatch, tmp_path):
    with pytest.raises(RuntimeError, match="something else"):
        run_with(monkeypatch, tmp_path, [RuntimeError("something else")])

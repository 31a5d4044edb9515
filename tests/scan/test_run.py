"""Computing points: what is stored is not computed again, and whatever stops a scan loses no point that was done."""

import os
import threading
import time
import tracemalloc
from concurrent.futures import Executor, Future
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from boltzmann import Mixing, Options, ParameterError
from boltzmann.scan import StoreError, WorkerLost, log, scan
from boltzmann.scan import run as module
from boltzmann.scan.driver import _run
from boltzmann.scan.point import NUMBERS, Outcome
from boltzmann.scan.run import IN_FLIGHT, Workers, compute_points
from boltzmann.scan.store import Store
from tests.scan.dummies import MU, Counting, outcome, prepared, records, smooth

QUICK = Options(n_momenta=8, rtol=1e-3, nu_nu=False)
TINY = {"dm2_41": ["1 eV2"], "Ue4_sq": [1e-4, 1e-2]}


def test_a_second_run_computes_nothing(tmp_path: Path) -> None:
    counting = Counting()
    first = _run(prepared(solver=counting, store=tmp_path))
    assert len(counting.asked) == len(records(tmp_path)) == 12
    second = _run(prepared(solver=counting, store=tmp_path))
    assert len(counting.asked) == 12
    assert second.identical(first)


def test_a_larger_scan_computes_what_is_new(tmp_path: Path) -> None:
    counting = Counting()
    _run(prepared(store=tmp_path))
    axes = {"Ue4_sq": [1e-3, 0.2, 1e-2], "dm2_41": [1.0, 2.0]}  # other order, other base: two points are there
    _run(prepared(axes, Mixing(dm2_41="5 eV2", Umu4_sq=0.01), solver=counting, store=tmp_path))
    assert len(counting.asked) == 4


def test_without_resume_all_points_are_computed_and_replaced(tmp_path: Path) -> None:
    _run(prepared(store=tmp_path, solver=lambda *_: outcome(9.0)))
    data = _run(prepared(store=tmp_path, resume=False))
    assert float(data.N_eff.max()) < 4.0
    assert float(_run(prepared(store=tmp_path)).N_eff.max()) < 4.0
    assert len(records(tmp_path)) == 12


def test_damaged_records_are_computed_again(tmp_path: Path) -> None:
    counting = Counting()
    first = _run(prepared(store=tmp_path))
    for file in records(tmp_path)[::4]:
        file.write_bytes(file.read_bytes()[:-20])
    assert _run(prepared(store=tmp_path, solver=counting)).identical(first)
    assert len(counting.asked) == 3


@pytest.mark.parametrize(
    "change",
    [
        {"status": "GOOD"},
        {"status": None},
        {"numbers": {}},
        {"numbers": [1.0]},
        {"numbers": dict.fromkeys(NUMBERS, "x")},
        {"numbers": {name: [] for name in NUMBERS}},
    ],
)
def test_records_without_an_outcome_are_computed_again(tmp_path: Path, change, caplog) -> None:
    counting = Counting()
    first = _run(prepared(store=tmp_path))
    store, key = Store(tmp_path), records(tmp_path)[0].stem
    store.put(key, {**store.get(key), **change})
    assert _run(prepared(store=tmp_path, solver=counting)).identical(first)
    assert len(counting.asked) == 1
    assert f"the record {key} is damaged" in caplog.text


@pytest.mark.parametrize("version", [None, "of another day"])
def test_records_without_helium_are_kept(tmp_path: Path, version: str | None, caplog) -> None:
    """Records of before, or of other Born rates: all numbers but that, Delta chi^2 with helium of N_eff, a sentence."""
    counting = Counting()
    first = _run(prepared(store=tmp_path))
    for file in records(tmp_path)[:5]:
        store, record = Store(tmp_path), Store(tmp_path).get(file.stem)
        record.pop("helium_version")
        record["numbers"].pop("helium")
        store.put(file.stem, record if version is None else {**record, "helium_version": version})
    second = _run(prepared(store=tmp_path, solver=counting))
    assert not counting.asked
    assert int(np.isnan(second["helium"]).sum()) == 5
    assert second.drop_vars("helium").identical(first.drop_vars("helium"))  # the stand-in of the CMB knows no helium
    (line,) = [line for line in caplog.messages if "helium" in line]
    assert line.startswith(f"5 of 12 points in store = {tmp_path} have no helium by today's nucleosynthesis")
    assert "resume=False computes them again" in line


def test_an_estimate_that_a_record_lacks_is_computed(tmp_path: Path) -> None:
    counting = Counting()
    _run(prepared(store=tmp_path, error_every=0))
    _run(prepared(store=tmp_path, error_every=0, solver=counting))
    assert not counting.asked
    _run(prepared(store=tmp_path, error_every=1, solver=counting))
    assert len(counting.asked) == 12
    _run(prepared(store=tmp_path, error_every=3, solver=counting))
    assert len(counting.asked) == 12


def test_failed_points_are_kept_too(tmp_path: Path) -> None:
    asked = []

    def failing(template, values, checked):
        asked.append(values)
        return Outcome("TOO_MANY_STEPS", "why") if values[1] > 0.05 else smooth(template, values, checked)

    first = _run(prepared(store=tmp_path, solver=failing, error_every=1))
    assert _run(prepared(store=tmp_path, solver=failing, error_every=1)).identical(first)
    assert len(asked) == 12
    assert int((first.status == 2).sum()) == 3


def test_two_scans_share_a_store(tmp_path: Path) -> None:
    """Started together on the same points, both end with the same numbers, and all records are whole."""
    results = []
    axes = {"dm2_41": log(0.1, 10.0, 12), "Ue4_sq": log(1e-4, 0.1, 12)}

    def one() -> None:
        results.append(_run(prepared(axes, store=tmp_path, workers=2)))

    threads = [threading.Thread(target=one) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(result.identical(results[0]) for result in results)
    assert len(records(tmp_path)) == 144
    counting = Counting()
    _run(prepared(axes, store=tmp_path, solver=counting))
    assert not counting.asked


def test_points_of_another_scan_are_taken_over_while_running(tmp_path: Path) -> None:
    counting = Counting()

    def other_scan_is_faster(template, values, checked):
        _run(prepared(store=tmp_path, workers=1))  # all points, during the first
        return counting(template, values, checked)

    _run(prepared(store=tmp_path, solver=other_scan_is_faster, workers=1))
    assert len(counting.asked) == 1


def test_two_scans_take_turns(tmp_path: Path) -> None:
    """What one is at the other leaves to it, so that only at the end, where nothing else is left, a point is twice."""
    asked = []

    def unhurried(template, values, checked):
        asked.append(values)
        time.sleep(0.005)  # far longer than a claim takes, so that both meet at every point if none yields
        return smooth(template, values, checked)

    def one() -> None:
        _run(prepared({"dm2_41": [1.0], "Ue4_sq": log(1e-4, 0.1, 60)}, store=tmp_path, solver=unhurried, workers=1))

    threads = [threading.Thread(target=one) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(records(tmp_path)) == 60
    assert len(asked) <= 60 + 2  # one for each of the two workers
    assert list((tmp_path / "tmp").iterdir()) == []


def test_a_full_disk_ends_the_scan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real, written = os.replace, []

    def replace(source, target):
        written.append(target)
        if len(written) > 4:
            raise OSError(28, os.strerror(28))
        real(source, target)

    monkeypatch.setattr("boltzmann.scan.store.os", SimpleNamespace(replace=replace))
    with pytest.raises(StoreError, match="No space left on device"):
        _run(prepared(store=tmp_path, workers=2))
    assert len(records(tmp_path)) == 4


def test_workers_with_other_code_are_refused() -> None:
    plan = prepared()
    job = module.Job(plan.job.template, smooth, "0.0+other", "", True, 0)
    with pytest.raises(ParameterError, match=r"not 0.0\+other; install one version"):
        compute_points(job, [])


class Recording(Executor):
    """An executor that computes at once and counts what is submitted; ``nthreads`` as a dask client has it."""

    def __init__(self) -> None:
        self.tasks: list[int] = []
        self.ended: list[bool] = []

    def submit(self, function, *arguments):
        self.tasks.append(len(arguments[1]))
        future: Future = Future()
        future.set_result(function(*arguments))
        return future

    def shutdown(self, wait=True):
        self.ended.append(wait)

    def get_executor(self, pure):
        assert pure is False
        return self

    def nthreads(self):
        return {"a": 2, "b": 1}


def test_a_cluster_gets_chunks_and_is_left_running() -> None:
    client = Recording()
    axes = {"Ue4_sq": log(1e-5, 0.1, 40)}
    data = _run(prepared(axes, solver=lambda _, values, __: outcome(values[0]), client=client))
    assert client.tasks == [16, 16, 8]
    assert client.ended == [False]  # of its tasks; the client is the caller's
    assert Workers(client=client).count == 3
    assert data.N_eff.values == pytest.approx(axes["Ue4_sq"])


def test_few_tasks_are_in_flight() -> None:
    """The first is computed alone, then never more than the window: memory does not grow with the points."""
    taken, waiting = [0], []

    def task(chunk):
        waiting.append(int(chunk[0]) + 1 - taken[0])
        return compute_points, prepared().job, [(1.0, 1e-3)]

    chunks = (np.array([k]) for k in range(200))
    with Workers(2).executor() as executor:
        for _ in module._completed(executor, Workers(2), task, chunks):
            taken[0] += 1
    assert taken[0] == 200
    assert waiting[:2] == [1, 1]
    assert max(waiting) <= IN_FLIGHT * 2


def test_a_lost_worker_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken(Recording):
        def submit(self, *_):
            raise module.BrokenProcessPool

    with pytest.raises(WorkerLost, match="a worker process was killed"):
        _run(prepared(client=Broken()))


def test_number_of_workers() -> None:
    assert Workers().count == module.cores() >= 1
    assert Workers(3).count == 3
    with pytest.raises(ParameterError, match="workers = 0"):
        Workers(0)


def test_real_points_on_threads_and_from_the_store(tmp_path: Path) -> None:
    arguments = {"mixing": MU, "options": QUICK, "progress": False, "error_every": 0}
    data = scan(TINY, store=tmp_path, workers=2, **arguments)
    assert data.status.values.tolist() == [[0, 0]]
    assert scan(TINY, store=tmp_path, **arguments).identical(data)
    alone = scan(TINY, workers=1, **arguments)
    assert np.array_equal(alone.N_eff, data.N_eff)  # a run does not depend on its neighbours


@pytest.mark.slow
def test_processes(tmp_path: Path) -> None:
    arguments = {"mixing": MU, "options": QUICK, "progress": False, "error_every": 0}
    data = scan(TINY, store=tmp_path, workers=2, processes=True, **arguments)
    assert len(records(tmp_path)) == 2
    assert np.array_equal(data.N_eff, scan(TINY, **arguments).N_eff)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # of dask and its libraries, on which this project has no influence
def test_dask_cluster_of_two_workers(tmp_path: Path) -> None:
    distributed = pytest.importorskip("distributed")
    axes = {"Ue4_sq": log(1e-5, 1e-1, 40)}  # three tasks
    arguments = {"mixing": MU, "options": QUICK, "progress": False, "error_every": 0}
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=None, local_directory=tmp_path / "dask"
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        assert Workers(client=client).count == 2
        data = scan(axes, store=tmp_path / "store", client=client, **arguments)
        assert client.submit(int, 1).result() == 1  # the client lives on
    assert len(records(tmp_path / "store")) == 40
    assert np.array_equal(data.N_eff, scan(axes, store=None, **arguments).N_eff)


@pytest.mark.slow
def test_memory_is_flat() -> None:
    """1e5 points take the bytes of their results, 8 numbers and a status each, and of their coordinates: no more."""
    n = 100_000
    plan = prepared({"Ue4_sq": np.linspace(1e-6, 0.9, n)}, solver=lambda *_: outcome(3.0), workers=2)
    results = module.Results.empty(n)
    tracemalloc.start()
    plan.compute(np.arange(n), results)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert np.isfinite(results.numbers[:, 0]).all()
    assert peak / n < 20.0  # bytes per point beyond the arrays: an index and a flag, 9, and 0.3 MB once

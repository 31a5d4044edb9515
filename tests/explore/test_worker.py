"""One thread, newest request wins; toy requests in place of solutions."""

import threading
import time

import pytest

from boltzmann.explore.worker import Superseded, Worker

REST = 0.05


class Toy:
    """Takes as long as it is told, in steps that ask whether to go on."""

    def __init__(self, seconds: float = 0.0) -> None:
        self.seconds, self.begun, self.stopped = seconds, [], []

    def __call__(self, request, full, alive):
        self.begun.append((request, full))
        end = time.monotonic() + self.seconds
        try:
            while time.monotonic() < end:
                alive(0.5)
                time.sleep(0.005)
            alive(1.0)
        except Superseded:
            self.stopped.append((request, full))
            raise
        if request == "broken":
            raise ZeroDivisionError
        return request, full


def wait_for(condition, seconds: float = 10.0) -> None:
    """Fail if something does not happen; the time is only a limit for a loaded machine."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.005)


@pytest.fixture
def make():
    made = []

    def worker(toy: Toy) -> Worker:
        made.append(Worker(toy, rest=REST))
        return made[-1]

    yield worker
    for one in made:
        one.stop()


def test_a_draft_at_once_then_the_full_answer(make) -> None:
    answers: list[object] = []
    make(Toy()).submit("page", 1, answers.append)
    wait_for(lambda: len(answers) == 2)
    assert answers == [(1, False), (1, True)]


def test_fast_moves_end_at_the_last_point_and_cost_few_runs(make) -> None:
    toy, answers = Toy(seconds=0.1), []
    worker = make(toy)
    for k in range(40):
        worker.submit("page", k, answers.append)
        time.sleep(0.002)
    wait_for(lambda: (39, True) in answers)
    assert all(request == 39 for request, _ in answers)
    assert len(toy.begun) <= 40
    assert (39, False) in toy.begun
    assert len(toy.stopped) == len(toy.begun) - 2  # all others were given up on the way


def test_drafts_of_other_pages_come_before_full_runs(make) -> None:
    toy, answers = Toy(seconds=0.2), []
    worker = make(toy)
    worker.submit("one", 1, answers.append)
    wait_for(lambda: (1, True) in toy.begun)
    worker.submit("two", 2, answers.append)
    wait_for(lambda: (2, True) in answers and (1, True) in answers)
    assert answers[:2] == [(1, False), (2, False)]


def test_what_breaks_one_request_does_not_end_the_thread(make, caplog) -> None:
    answers: list[object] = []
    worker = make(Toy())
    worker.submit("one", "broken", answers.append)
    worker.submit("two", 2, answers.append)
    wait_for(lambda: (2, True) in answers)
    assert "could not answer broken" in caplog.text
    assert not any("broken" in str(answer) for answer in answers)


def test_a_closed_page_is_forgotten(make) -> None:
    toy, answers = Toy(seconds=0.2), []
    worker = make(toy)
    worker.submit("page", 1, answers.append)
    wait_for(lambda: toy.begun)
    worker.forget("page")
    wait_for(lambda: toy.stopped)
    assert answers == []


def test_stopping_ends_the_thread() -> None:
    before = threading.active_count()
    worker: Worker = Worker(Toy(), rest=REST)
    worker.stop()
    assert threading.active_count() == before

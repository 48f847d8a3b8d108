"""Keep several graders at work, a bounded number of submissions in flight, and the results in order."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib import import_module
from typing import Any

from ovlearn.exercises.sheet_cells import Unreadable
from ovlearn.grader.batch import folders
from ovlearn.grader.batch.keeping import Kept, digest_of, key_of
from ovlearn.grader.batch.onesheet import close_graders, failed, grade_sheet, ungraded
from ovlearn.grader.batch.planning import Plan
from ovlearn.grader.batch.results import Mark, Result
from ovlearn.grader.batch.submissions import Submission
from ovlearn.grader.worker import confinement

Advance = Callable[[Result], None]


@dataclass(frozen=True)
class Place:
    """Where submissions are graded: an executor, how many it grades at once, and what isolation it lacks."""

    executor: Executor
    width: int
    lacks: tuple[str, ...] = ()


@contextmanager
def local(jobs: int) -> Iterator[Place]:
    """Grade on this machine, in threads, each with a grader, which is a process."""
    folders.sweep()
    executor = ThreadPoolExecutor(jobs, thread_name_prefix="ovlearn-grade")
    try:
        yield Place(executor, jobs, tuple(confinement.missing()))
    finally:
        executor.shutdown(wait=False)
        close_graders()


@contextmanager
def dask(address: str) -> Iterator[Place]:
    """Grade on a Dask cluster, in as many threads as its workers have.

    Raises: ValueError without the extra `dask`, or where no scheduler answers.
    """
    try:
        distributed: Any = import_module("distributed")
    except ModuleNotFoundError:
        raise ValueError("dask: expected its extra: pip install 'ovlearn[dask]'") from None
    try:
        client = distributed.Client(address, timeout="10s", set_as_default=False)
    except (OSError, ValueError):
        raise ValueError(f"dask: expected the address of a scheduler, got {address!r}") from None
    with client:
        width = sum(client.nthreads().values())
        if not width:
            raise ValueError(f"dask: expected a cluster with workers, got none at {address!r}")
        lacks = {one: None for each in client.run(confinement.missing).values() for one in each}
        yield Place(client.get_executor(pure=False), width, tuple(f"{one}, on a worker" for one in lacks))


class Pool:
    """One run over submissions.

    `only`: the one exercise to grade again; `retry`: grade again what a person should look at. Other marks
    are kept then.
    """

    def __init__(self, plan: Plan, kept: Kept | None = None, only: str = "", *, retry: bool = False) -> None:
        self.plan, self.kept, self.only, self.retry = plan, kept, only, retry
        self._keys: dict[int, str] = {}
        self._digests: dict[int, str] = {}
        self._results: dict[int, Result] = {}

    def over(
        self,
        submissions: Sequence[Submission],
        executor: Executor,
        window: int,
        advance: Advance = lambda result: None,
    ) -> list[Result]:
        """Return a result for each submission, in order. At most `window` are read and not yet graded."""
        flying: dict[Future[Result], int] = {}
        try:
            for number, submission in enumerate(submissions):
                while len(flying) >= window:
                    self._land(flying, submissions, advance)
                future = self._begun(number, submission, executor, advance)
                if future is not None:
                    flying[future] = number
            while flying:
                self._land(flying, submissions, advance)
        finally:
            for future in flying:
                future.cancel()
        return [self._results[number] for number in range(len(submissions))]

    def _begun(
        self, number: int, submission: Submission, executor: Executor, advance: Advance
    ) -> Future[Result] | None:
        try:
            data = submission.read()
        except Unreadable as error:
            self._done(number, ungraded(submission.name, str(error), self.plan), advance)
            return None
        except Exception as error:  # one submission must never cost the others
            self._done(number, self._lost(submission, error), advance)
            return None
        self._keys[number] = key_of(submission.name, data)
        self._digests[number] = digest_of(data)
        known: tuple[Mark, ...] = ()
        if self.kept:
            known = self.kept.known(self._keys[number], self.plan, self.only, retry=self.retry)
        return executor.submit(grade_sheet, submission.name, data, self.plan, known)

    def _land(
        self, flying: dict[Future[Result], int], submissions: Sequence[Submission], advance: Advance
    ) -> None:
        landed, _ = wait(flying, return_when=FIRST_COMPLETED)
        for future in landed:
            number = flying.pop(future)
            error = future.exception()
            if error is None:
                self._done(number, _with_note(future.result(), submissions[number]), advance)
            else:  # a machine that was lost, not an answer
                self._done(number, self._lost(submissions[number], error), advance)

    def _lost(self, submission: Submission, error: BaseException) -> Result:
        return ungraded(submission.name, failed(error), self.plan, look=failed(error))

    def _done(self, number: int, result: Result, advance: Advance) -> None:
        if self.kept and number in self._keys:
            self.kept.keep(self._keys.pop(number), result)
        self._results[number] = replace(result, digest=self._digests.pop(number, ""))
        advance(result)


def _with_note(result: Result, submission: Submission) -> Result:
    """The result, which says what lies beside the sheet and was not graded."""
    if result.note or not submission.beside:
        return result
    few = ", ".join(submission.beside[:5])
    more = f" and {len(submission.beside) - 5} more" if len(submission.beside) > 5 else ""
    return replace(result, note=f"beside it, not graded: {few}{more}")

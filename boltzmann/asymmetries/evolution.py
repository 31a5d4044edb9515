"""Three active flavours with unequal asymmetries from 25 MeV to the end: synchronised, then averaged oscillations.

While the odd potential dominates, the state is the asymmetry matrix A and the populations of its eigenlevels, common to
nu, nubar and all momenta (`boltzmann.asymmetries.precession`, `populations`). A step of the populations, at most STEP
in ln x, uses averages over the 10 to 1000 steps of A in it, and A what the populations do in between. Below T = LATE,
where collisions no longer matter to flavours, phases of the collective oscillation average out: what is left are
populations of the eigenlevels of vacuum and charged leptons at each momentum, from the density matrices averaged over
the last WINDOW of ln x.

Left out: the order h/V_odd, which matters below |xi| ~ 0.05 (asymmetry.md sec. 7 of the design); baryons (1e-9 of A);
the even potential of neutrinos, which commutes with the common basis (2% of that of electrons later); muons in
collisions.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from boltzmann.asymmetries import electron, precession
from boltzmann.asymmetries.drive import Moment, drive_of, moment
from boltzmann.asymmetries.neutrino import conserve, neutrino_reference
from boltzmann.asymmetries.populations import Frame, Scratch, advance, rhs, scratch, weak_scale
from boltzmann.asymmetries.populations import background as background_of
from boltzmann.asymmetries.precession import Averages, Drive
from boltzmann.asymmetries.problem import G_LEFT, Problem, problem_of, start
from boltzmann.asymmetries.stages import empty_stages
from boltzmann.kinetics.status import Status
from boltzmann.numerics.arrays import Array, Complex
from boltzmann.parameters import Mixing, Options
from boltzmann.solution.asymmetry import Synchronised

LATE, WINDOW = 1.5, 0.1  # MeV; of ln x
STEP, EARLY_STEP, EARLY = 0.01, 0.03, 6.0  # largest steps of ln x of populations, below and above T = 6 MeV
FIRST = 1e-3  # first step of ln x
EQUAL = 1e-6  # relative spread of asymmetries below which there is nothing to oscillate
TYPICAL, ABSENT = 500.0, 1e-3  # nu-nu rate of the mean momentum over that of `weak_scale`; rate that does not matter
STALE = 0.01  # relative change of populations beyond which nu-nu collisions are evaluated again


@dataclass
class Run:
    """A run under way: where it is, and what it leaves behind."""

    problem: Problem
    s: float
    u: Array
    work: Scratch
    couplings: Array
    progress: Callable[[float], None] | None
    h: float = FIRST
    x: list[float] = field(default_factory=list)
    states: list[Array] = field(default_factory=list)
    rho: list[Complex] = field(default_factory=list)
    rejected: int = 0
    reference: tuple[Array, Array, Array] | None = None

    def keep(self, rho: Complex) -> None:
        """Keep the present state, and rho (2, N, 3, 3) of nu and nubar*."""
        self.x.append(float(np.exp(self.s)))
        self.states.append(self.u)
        self.rho.append(rho)
        if self.progress is not None:
            first = float(np.log(self.x[0]))
            self.progress((self.s - first) / (float(np.log(self.problem.options.x_end)) - first))

    def frame(self) -> Frame:
        """Return what a step from here keeps fixed, nu-nu collisions near the present populations among it."""
        problem = self.problem
        r = problem.occupations(self.u).ravel()
        x, z, rate = background_of(self.s, self.u, problem.grid, problem.plasma)
        speed = TYPICAL * weak_scale(x, rate) * z**5
        if not problem.options.nu_nu or speed < ABSENT:
            self.reference = r, np.zeros(r.size), np.zeros((r.size, r.size))
        elif self.reference is None or self._moved(r, self.reference[0]) * min(1.0, speed) > STALE:
            self.reference = _nu_nu(problem, r)
        return Frame(problem.grid, problem.electron, problem.plasma, self.couplings, *self.reference)

    def _moved(self, r: Array, before: Array) -> float:
        """Return the largest relative change of populations, of momenta with a tenth of the mean energy or more."""
        energy = self.problem.grid.w * self.problem.grid.y**3 * self.problem.grid.f
        share = np.tile(np.minimum(1.0, 10.0 * energy / energy.mean()), 6)
        return float(np.max(share * np.abs(r - before) / before))

    def step(self, h: float, frame: Frame) -> tuple[Array, float]:
        """Return the state after a step of the populations, and its error over the tolerance."""
        options, U = self.problem.options, empty_stages(self.u.size)
        advance(self.s, h, self.u, frame, self.work, U)
        scale = options.absolute_tolerance + options.relative_tolerance * np.maximum(np.abs(self.u), np.abs(U[6]))
        error = float(np.sqrt(np.mean((U[5] / scale)[:-1] ** 2)))
        return U[6], error if np.isfinite(error) else 1e6

    def go(self, h: float, u: Array, error: float) -> None:
        """Accept a step and choose the next."""
        self.s, self.u = self.s + h, u
        self.h = h * min(2.0, max(0.3, 0.9 / max(error, 1e-8) ** 0.25))


def _nu_nu(problem: Problem, r: Array) -> tuple[Array, Array, Array]:
    """Return populations (6N,), the integral of nu-nu collisions there and its derivative."""
    gain, loss, slopes = np.zeros((2, r.size // 2)), np.zeros((2, r.size // 2)), np.zeros((r.size, r.size))
    neutrino_reference(r.reshape(2, -1), problem.neutrino, gain, loss, slopes)
    integral = gain.ravel() * (1.0 - r) - loss.ravel() * r
    conserve(problem.moments, r, (gain + loss).ravel(), problem.grid.y, integral, slopes)
    return r, integral, slopes


@dataclass
class _Matrix:
    """The asymmetry matrix under way."""

    A: Array
    step: float = 1e-4
    steps: int = 0


def _averages() -> Averages:
    return Averages(np.zeros(3), np.zeros((3, 3)), np.zeros((3, 3, 3), complex), np.zeros((2, 3)))


def _tied(A: Array, a: Array, drive: Drive) -> Array:
    """Return A with the eigenvalues that populations have, in its own basis: W diag(a) W^+."""
    W, out = np.zeros((3, 3), complex), np.zeros(precession.SIZE)
    precession.basis_of(A, a, drive.vacuum, np.zeros((3, 3), complex), W)
    precession.pack(np.asarray((W * a) @ W.conj().T, complex), out)
    return out


def _turn(matrix: _Matrix, h: float, tolerance: float, drive: Drive) -> tuple[_Matrix, Averages]:
    """Return the matrix after a step and its averages; steps = -1 if it fails."""
    A, averages = matrix.A.copy(), _averages()
    count, step = precession.precess(A, h, matrix.step, tolerance, drive, averages)
    averages.projectors[:] /= np.trace(averages.projectors, axis1=1, axis2=2).real[:, None, None]  # 1 to round-off
    return _Matrix(A, step, -1 if count < 0 else matrix.steps + count), averages


@dataclass
class _Collective:
    """What the first part of a run leaves for its end."""

    spans: list[float] = field(default_factory=list)
    drives: list[Drive] = field(default_factory=list)
    averages: list[Averages] = field(default_factory=list)
    levels: list[Array] = field(default_factory=list)


def _largest(T: float, options_step: float) -> float:
    """Return the largest step at T, ending at LATE."""
    h, left = min(STEP if T < EARLY else EARLY_STEP, options_step), np.log(T / LATE)
    return float(left) if left < 1.05 * h else h


def _pair(run: Run, matrix: _Matrix, h: float) -> tuple[_Matrix, Averages, Drive, Array, float]:
    """Try one step of both: A with extrapolated populations, populations with its averages, and A again with them."""
    problem, frame, slope = run.problem, run.frame(), np.zeros(run.u.size)
    rhs(run.s, run.u, frame, run.work, slope)
    first, after, error = moment(problem, run.s, run.u, run.work), run.u + h * slope, 0.0
    for repeat in range(2):
        middle = run.u + 0.5 * h * slope + 0.25 * (after - run.u - h * slope)
        between: Moment = moment(problem, run.s + 0.5 * h, middle, run.work)
        drive = drive_of(first, between, moment(problem, run.s + h, after, run.work))
        turned, averages = _turn(matrix, h, problem.tolerance, drive)
        if repeat == 1 or turned.steps < 0:
            break
        run.couplings = electron.common_couplings(averages.content, averages.pairs, G_LEFT, problem.grid.y.size)
        after, error = run.step(h, frame._replace(couplings=run.couplings))
        if error > 1.0:
            break
    return turned, averages, drive, after, error


def _common_rho(problem: Problem, u: Array, projectors: Complex) -> Complex:
    return np.asarray(np.einsum("ski,kab->siab", problem.occupations(u), projectors))


def _collective(run: Run, matrix: _Matrix) -> tuple[_Matrix, _Collective, Status]:
    """Follow A and the populations of its levels to T = LATE."""
    problem, kept = run.problem, _Collective()
    while (T := problem.temperature(run.s, run.u)) > LATE * (1.0 + 1e-9):
        h = min(run.h, _largest(T, problem.options.max_step))
        turned, averages, drive, u, error = _pair(run, matrix, h)
        if turned.steps < 0 or h < precession.SMALLEST:
            return matrix, kept, Status.STEP_TOO_SMALL
        if len(run.x) + run.rejected > problem.options.max_steps:
            return matrix, kept, Status.TOO_MANY_STEPS
        if error > 1.0:
            run.h, run.rejected = h * max(0.2, 0.9 / error**0.25), run.rejected + 1
            continue
        run.go(h, _sorted(problem, u), error)
        levels = problem.levels(run.u)
        matrix = _Matrix(_tied(turned.A, levels, drive), turned.step, turned.steps)
        for column, value in zip(vars(kept).values(), (h, drive, averages, levels), strict=True):
            column.append(value)
        run.keep(_common_rho(problem, run.u, averages.projectors))
    return matrix, kept, Status.SUCCESS


def _sorted(problem: Problem, u: Array) -> Array:
    """Return the state with levels by ascending asymmetry: two that cross keep their content."""
    order = np.argsort(problem.levels(u), kind="stable")
    return np.concatenate([u[:-2].reshape(2, 3, -1)[:, order].ravel(), u[-2:]])


def _window(kept: _Collective) -> tuple[Complex, Array, Array]:
    """Return averages over the last WINDOW: projectors (3, 3, 3), the diagonal of A and half its range, (3,)."""
    spans = np.array(kept.spans)
    last = np.cumsum(spans[::-1])[::-1] < WINDOW * 1.05
    weight = spans[last] / spans[last].sum()
    averages = [a for a, used in zip(kept.averages, last, strict=True) if used]
    projectors = np.einsum("n,nkab->kab", weight, np.array([a.projectors for a in averages]))
    extremes = np.array([a.extremes for a in averages])
    levels = np.array(kept.levels)[last]
    diagonal = np.einsum("n,nk,nkaa->a", weight, levels, np.array([a.projectors for a in averages])).real
    return projectors, diagonal, 0.5 * (extremes[:, 1].max(axis=0) - extremes[:, 0].min(axis=0))


def _repeated(kept: _Collective, A: Array, tolerance: float) -> Array:
    """Return the mean diagonal of A at the end when it alone is followed again with another tolerance."""
    matrix, again = _Matrix(A), _Collective(kept.spans, kept.drives, [], kept.levels)
    for h, drive, levels in zip(kept.spans, kept.drives, kept.levels, strict=True):
        matrix, averages = _turn(matrix, h, tolerance, drive)
        if matrix.steps < 0:
            return np.full(3, np.inf)
        matrix.A = _tied(matrix.A, levels, drive)
        again.averages.append(averages)
    return _window(again)[1]


def _late(run: Run, rho: Complex) -> Status:
    """Follow populations of the eigenlevels of each momentum, those of ``rho`` (2, N, 3, 3) at first, to the end."""
    problem, end, first = run.problem, float(np.log(run.problem.options.x_end)), True
    while run.s < end - 1e-12:
        W = _bases(problem, run.s, run.u)
        if first:
            r = np.einsum("iak,siab,ibk->ski", W.conj(), rho, W).real
            run.u, first = np.concatenate([(r / problem.grid.f).ravel(), run.u[-2:]]), False
        run.couplings = electron.couplings(W, G_LEFT)
        h = min(run.h, problem.options.max_step / 2.0, end - run.s)
        u, error = run.step(h, run.frame())
        if len(run.x) + run.rejected > problem.options.max_steps or h < precession.SMALLEST:
            return Status.TOO_MANY_STEPS
        if error > 1.0:
            run.h, run.rejected = h * max(0.2, 0.9 / error**0.25), run.rejected + 1
            continue
        run.go(h, u, error)
        W = _bases(problem, run.s, run.u)
        run.keep(np.einsum("iak,ski,ibk->siab", W, problem.occupations(run.u), W.conj()))
    return Status.SUCCESS


def _bases(problem: Problem, s: float, u: Array) -> Complex:
    """Return the eigenvectors of v/y + diag(c) y, eigenvalues ascending, (N, 3, 3)."""
    v, c = problem.terms(s, u)
    y = problem.grid.y[:, None, None]
    return np.asarray(np.linalg.eigh(v / y + y * np.diag(c))[1])


def _triple(values: Array) -> tuple[float, float, float]:
    e, mu, tau = map(float, values)
    return e, mu, tau


def _begin(
    problem: Problem, xi: tuple[float, float, float], progress: Callable[[float], None] | None
) -> tuple[Run, Array]:
    """Return a run at its start and its asymmetry matrix, packed."""
    s, u, order = start(problem, xi)
    content = np.eye(3)[order]  # (level, flavour)
    q, n = content[:, 0], problem.grid.y.size
    run = Run(problem, s, u, scratch(n), electron.common_couplings(q, np.outer(q, q), G_LEFT, n), progress)
    projectors = np.einsum("ka,kb->kab", content, content).astype(complex)
    run.keep(_common_rho(problem, u, projectors))
    A = np.zeros(precession.SIZE)
    precession.pack(np.einsum("k,kab->ab", problem.levels(u), projectors), A)
    return run, A


def evolve(
    mixing: Mixing,
    xi: tuple[float, float, float],
    options: Options,
    tolerance: float,
    progress: Callable[[float], None] | None = None,
) -> tuple[Run, Synchronised | None, Status]:
    """Follow three flavours with asymmetries ``xi`` from their start to the end.

    Parameters
    ----------
    mixing : Mixing
        Of three states.
    xi : tuple
        mu/T of nu_e, nu_mu, nu_tau.
    options : Options
        Settled.
    tolerance : float
        Error of the asymmetry matrix per step, relative to its size.
    progress : callable, optional
        Called with the fraction of ln x covered.

    Returns
    -------
    tuple
        The run with its history, what the collective oscillations were (None without: equal asymmetries), and how the
        run ended.
    """
    problem = problem_of(mixing, options, tolerance)
    run, A = _begin(problem, xi, progress)
    a = problem.levels(run.u)
    if np.ptp(a) <= EQUAL * np.abs(a).max():
        return run, None, _late(run, run.rho[0])
    matrix, kept, status = _collective(run, _Matrix(A))
    if not status.ok:
        return run, None, status
    mean_projectors, mean, half = _window(kept)
    again = _repeated(kept, A, problem.tolerance / 10.0)
    changed = float(np.abs(again - mean).max() / np.abs(mean).max())
    dominance = moment(problem, run.s, run.u, run.work).ratio
    told = Synchronised(_triple(mean), _triple(half), changed, dominance, matrix.steps)
    run.h = FIRST
    return run, told, _late(run, _common_rho(problem, run.u, mean_projectors))

"""The rates of the odd block, and what it adds to the even half: `boltzmann.kinetics.odd` has the equations."""

import numpy as np

from boltzmann.collisions.lagged import Lagged
from boltzmann.kinetics.layout import N_ACTIVE, pack
from boltzmann.kinetics.odd import AVERAGE, OddWork
from boltzmann.kinetics.tables import DarkWork, WeakWork
from boltzmann.numerics.arrays import Array, Complex
from boltzmann.numerics.jit import kernel, optional_kernel
from boltzmann.numerics.momentum import Grid


@kernel
def _fill_electron(grid: Grid, weak: WeakWork, odd: OddWork) -> None:
    """Fill gain and loss by nu-e collisions of d: scattering with its own sign, annihilation with the other."""
    source, boost, N = odd.source, weak.boost, grid.y.size
    for a in range(N_ACTIVE):
        k, annihilation = (weak.rates[0], weak.rates[1]) if a == 0 else (weak.rates[2], weak.rates[3])
        for j in range(N):
            source[0, j] = grid.w[j] * odd.d[j, a, a].real * boost[j]
            source[1, j] = grid.w[j] * odd.d[j, a, a].real / boost[j]
        for i in range(N):
            up = down = create = destroy = 0.0
            for j in range(N):
                up += k[i, j] * source[0, j]
                down += k[i, j] * source[1, j]
                create += annihilation[i, j] * source[1, j] / boost[j]
                destroy += annihilation[i, j] * source[1, j] * boost[j]
            odd.gain[a, i] = up / boost[i] + create / boost[i] ** 2
            odd.loss[a, i] = -(down * boost[i] + destroy)


@kernel
def _fill_balance(grid: Grid, occupations: Array, nu_nu: Lagged, odd: OddWork) -> None:
    """Fill t, which keeps nu-nu collisions from changing asymmetries."""
    for a in range(N_ACTIVE):
        leaving, passing = 0.0, 0.0
        for i in range(grid.y.size):
            S, gain, loss = occupations[a, i], nu_nu.gain[a, i], nu_nu.loss[a, i]
            leaving += grid.w[i] * (gain + loss) * odd.d[i, a, a].real
            passing += grid.w[i] * (gain * (1.0 - S) + loss * S)
        odd.balance[a] = leaving / passing if passing > 0.0 else 0.0


@optional_kernel("odd")
def fill_odd_rates(grid: Grid, occupations: Array, weak: WeakWork, nu_nu: Lagged, odd: OddWork) -> None:
    """Fill what weak collisions of d are made of, after those of S."""
    _fill_electron(grid, weak, odd)
    _fill_balance(grid, occupations, nu_nu, odd)


@kernel
def _fill_relaxed(zeta: float, dark: DarkWork, odd: OddWork) -> None:
    """Fill (f_FD(a - zeta) - f_FD(a + zeta))/2 and its derivative by zeta, with f_FD(a) in dark.target."""
    sinh, cosh = np.sinh(zeta), np.cosh(zeta)
    for i in range(odd.scale.size):
        filled = max(dark.target[0, i], 1e-300)
        middle = 0.5 * ((1.0 - filled) / filled + filled / (1.0 - filled))  # cosh a
        odd.relaxed[0, i] = 0.5 * sinh / (middle + cosh)
        odd.relaxed[1, i] = 0.5 * (cosh * middle + 1.0) / (middle + cosh) ** 2


@kernel
def _relaxing(grid: Grid, rates: Array, values: Array) -> float:
    """Return SUM w y^2 Gamma_s times ``values`` (N,)."""
    total = 0.0
    for i in range(grid.y.size):
        total += grid.w[i] * grid.y[i] ** 2 * rates[i] * values[i]
    return total


@optional_kernel("dark")
def _fill_bath(grid: Grid, dark: DarkWork, odd: OddWork) -> None:
    """Fill the targets of relaxation of d, and of S in dark.target, with zeta by Newton's method."""
    rates, excess = dark.secret[1], odd.source[0]
    for i in range(grid.y.size):
        excess[i] = odd.d[i, 3, 3].real
    given, zeta, step = _relaxing(grid, rates, excess), 0.0, 0.0
    for _ in range(50):
        _fill_relaxed(zeta, dark, odd)
        odd.stiffness[0] = _relaxing(grid, rates, odd.relaxed[1])
        if not odd.stiffness[0] > 0.0:
            return
        step = (given - _relaxing(grid, rates, odd.relaxed[0])) / odd.stiffness[0]
        if not abs(step) > 1e-13 * abs(zeta):
            break
        zeta += min(max(step, -1.0), 1.0)
    for i in range(grid.y.size):
        odd.relaxed[0, i] += step * odd.relaxed[1, i]  # rates of 1e7 would show what is left
        filled = max(dark.target[0, i], 1e-300)
        ratio = (1.0 - filled) / filled  # e^a
        total = 0.5 * (ratio + 1.0 / ratio) + np.cosh(zeta)
        dark.target[0, i] = 0.5 * (np.cosh(zeta) + 1.0 / ratio) / total
        odd.relaxed[2, i] = 0.25 * np.sinh(zeta) * (ratio - 1.0 / ratio) / total**2


@optional_kernel("odd")
def fill_odd_bath(grid: Grid, dark: DarkWork | None, odd: OddWork) -> None:
    """Fill to what secret collisions relax n_s - nbar_s, if there are any."""
    _fill_bath(grid, dark, odd)


@kernel
def _add_weak(
    i: int, r: Array, coefficient: Array, weak: WeakWork, nu_nu: Lagged, change: Complex, odd: OddWork
) -> None:
    """Add weak collisions of momentum i to odd.change, and what d does to those of S to ``change``."""
    d, out, factor = odd.d[i], odd.change, weak.prefactor[i]
    for a in range(N_ACTIVE):
        S, x, t, mean = r[a, i], d[a, a].real, odd.balance[a], odd.mean[a, i]
        gain, loss = nu_nu.gain[a, i], nu_nu.loss[a, i]
        cosh = 1.0 / np.sqrt(max(1.0 - t * t, 1e-6))
        by_mean = (gain + loss) * (mean - S)
        change[a, a] += factor * (by_mean - (odd.gain[a, i] + odd.loss[a, i]) * x)
        change[a, a] += factor * ((cosh - 1.0) * (gain * (1.0 - S) - loss * S) + cosh * t * (loss - gain) * x)
        by_electron = odd.gain[a, i] * (1.0 - S) - odd.loss[a, i] * S - (weak.gain[a, i] + weak.loss[a, i]) * x
        by_neutrino = cosh * (t * (gain * (1.0 - S) + loss * S) - (gain + loss) * x)
        out[a, a] += factor * (by_electron + by_neutrino)
    for a in range(out.shape[0]):
        for b in range(a + 1, out.shape[0]):
            out[a, b] -= weak.damping[i] * coefficient[a, b] * d[a, b]


@optional_kernel("dark")
def _add_secret(i: int, f: float, dark: DarkWork, odd: OddWork) -> None:
    """Add secret collisions of momentum i to odd.change; fill the rate of the averaged d_ss."""
    d, place = odd.d[i], odd.d.size + i
    for a in range(N_ACTIVE):
        odd.change[a, 3] -= 0.5 * dark.secret[0, i] * d[a, 3]
    odd.change[3, 3] += dark.secret[1, i] * (odd.relaxed[0, i] - d[3, 3].real)
    odd.slope[place] = odd.averaging[0] * (d[3, 3].real / f - odd.v[place])


@optional_kernel("odd")
def add_odd(
    i: int,
    f: float,
    P: Complex,
    S: Complex,
    r: Array,
    coefficient: Array,
    weak: WeakWork,
    nu_nu: Lagged,
    dark: DarkWork | None,
    change: Complex,
    odd: OddWork,
) -> None:
    """Fill dd/ds of momentum i, and add to ``change`` (n, n), dS/ds, what d does to it."""
    n, out = change.shape[0], odd.change
    for a in range(n):
        for b in range(a, n):
            even, mixed = 0.0j, 0.0j
            for c in range(n):
                even += odd.Q[i, a, c] * odd.d[i, c, b] - odd.d[i, a, c] * odd.Q[i, c, b]
                mixed += P[a, c] * odd.d[i, c, b] - odd.d[i, a, c] * P[c, b]
                mixed += odd.Q[i, a, c] * S[c, b] - S[a, c] * odd.Q[i, c, b]
            change[a, b] -= 1j * even
            out[a, b] = -1j * mixed
    _add_weak(i, r, coefficient, weak, nu_nu, change, odd)
    _add_secret(i, f, dark, odd)
    pack(out, f, odd.slope[i * n * n : (i + 1) * n * n])


@optional_kernel("odd")
def close_odd(grid: Grid, odd: OddWork) -> None:
    """Fill the rates of the averaged asymmetries."""
    first = odd.v.size - N_ACTIVE
    for a in range(N_ACTIVE):
        total = 0.0
        for i in range(grid.y.size):
            total += grid.w[i] * grid.y[i] ** 2 * odd.d[i, a, a].real
        odd.slope[first + a] = AVERAGE * (total / np.pi**2 - odd.v[first + a])

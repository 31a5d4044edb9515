"""Tables of the dark sector for one run, made from the mediators of its interactions."""

import numpy as np

from boltzmann.dark.bath import LOG_RATIO, Dark
from boltzmann.dark.loops import boson_table, loop_operator
from boltzmann.dark.mediator import LOG_MU, LOG_Q, Mediator
from boltzmann.numerics import cache, spline
from boltzmann.numerics.arrays import Array
from boltzmann.numerics.momentum import Grid, fermi_dirac
from boltzmann.plasma.thermo import half_line

_U, _DU = half_line(np.linspace(-4.5, 5.2, 400))


def boson_thermodynamics(mu: Array) -> Array:
    """Return a, p, b, 4a - da/dln mu, 3b - db/dln mu of one bosonic polarisation, times e^mu; shape (n_mu, 5).

    a = rho/T^4, p = P/T^4 and b = n/T^3 of the Bose-Einstein distribution without chemical potential. The derivatives
    at fixed mass, d(T^4 a)/dln T = T^4 (4a - da/dln mu), follow by differentiating under the integral.
    """
    mu = mu[:, None]
    energy = np.sqrt(_U**2 + mu**2)
    boltzmann = np.exp(mu - energy)
    f = boltzmann / -np.expm1(-energy)  # f e^mu
    derivative = f * energy / -np.expm1(-energy)  # df/dln T e^mu
    weight = _DU * _U**2 / (2.0 * np.pi**2)
    columns = [energy * f, _U**2 / (3.0 * energy) * f, f, energy * derivative, derivative]
    return np.stack([np.sum(weight * column, axis=1) for column in columns], axis=-1)


def boson_entropy_and_heat(mu: float) -> tuple[float, float]:
    """Return s/T^3 of one bosonic polarisation of mass mu T, and d(s/T^3)/dln T + 3 s/T^3 = (drho/dT)/T^3."""
    a, p, _, heat, _ = boson_thermodynamics(np.array([mu]))[0] * np.exp(-mu)
    return float(a + p), float(heat)


def spectrum_table() -> Array:
    """Return eta and ln(T/number^(1/3)) of Fermi-Dirac spectra on LOG_RATIO; (n_ratio, 2).

    number = T^3 F_2(eta)/pi^2 and energy = T^4 F_3(eta)/pi^2 of nu + nubar; energy/number^(4/3) falls with eta.
    """
    from scipy.integrate import simpson  # here, because it takes longer to import than to read the table from the cache

    eta = np.linspace(45.0, -45.0, 1801)[:, None]
    x = np.linspace(0.0, 130.0, 6001)
    f = fermi_dirac(x - eta)
    number, energy = (simpson(x**power * f, x=x, axis=1) / np.pi**2 for power in (2, 3))
    log_ratio = np.log(energy) - 4.0 / 3.0 * np.log(number)
    columns = np.stack([eta[:, 0], -np.log(number) / 3.0], axis=1)
    return spline.through(log_ratio, columns, LOG_RATIO)


def _stored_spectrum_table() -> Array:
    return np.asarray(cache.tables("spectrum", (), lambda: {"spectrum": spectrum_table()})["spectrum"])


def _column(values: list[float]) -> Array:
    return np.array(values, float)


def dark_tables(mediators: tuple[Mediator, ...], grid: Grid, loops: bool = True) -> Dark:
    """Return the kernels' tables of ``mediators``; without any, empty tables of the same types.

    Without ``loops``, which cost most, only rates follow from them.
    """
    present = bool(mediators) and loops
    return Dark(
        mass=_column([m.mass for m in mediators]),
        degrees=_column([m.degrees for m in mediators]),
        charge=_column([m.charge for m in mediators]),
        strength=_column([m.strength for m in mediators]),
        width=_column([m.width for m in mediators]),
        debye=_column([m.debye for m in mediators]),
        scattering=np.array([m.scattering for m in mediators]).reshape(-1, 2, LOG_Q.size),
        number_changing=np.array([m.number_changing for m in mediators]).reshape(-1, LOG_MU.size),
        thermal=boson_thermodynamics(np.exp(LOG_MU)) if present else np.zeros((4, 5)),
        loop=loop_operator(grid) if present else np.zeros((4, grid.y.size)),
        boson=boson_table() if present else np.zeros((4, 4)),
        spectrum=_stored_spectrum_table() if present else np.zeros((4, 2)),
    )

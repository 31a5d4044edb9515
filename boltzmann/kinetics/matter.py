"""Non-relativistic matter that decays into the plasma: the end of a reheating at low temperature.

With m = (x/m_e)^4 rho its comoving energy density and Gamma its decay rate::

    dm/ds = m - (Gamma/H) m,    dE/ds += (Gamma/H) m,    H from E + rho_nu + m

(derived from d(a^3 rho)/dt = -Gamma a^3 rho and energy conservation; the form of astro-ph/0403323). The trace of its
energy-momentum tensor, m, is part of the passive integral, so that E + rho_nu + m - q is constant. m has the place of
the energy of mediators in the state: there is one or the other.

These are a few scalars: they are compiled into all runs, and a rate of zero leaves them out.
"""

from typing import NamedTuple

from boltzmann.kinetics.layout import DARK, PLASMA
from boltzmann.numerics.arrays import Array
from boltzmann.numerics.jit import kernel
from boltzmann.numerics.records import record

LEAST = 1e-6  # of the plasma's energy: matter by which a change of m is measured when it has gone


@record
class Matter(NamedTuple):
    """What decays."""

    rate: float  # Gamma [MeV]; 0: there is none


@kernel
def matter_energy(u: Array, matter: Matter) -> float:
    """Return m of a state, 0 without matter."""
    return float(u[u.size - DARK]) if matter.rate > 0.0 else 0.0


@kernel
def decay(hubble: float, u: Array, matter: Matter, out: Array) -> float:
    """Fill the row of m in ``out``, du/ds, if there is matter; return the heat that decays give to the plasma."""
    if not matter.rate > 0.0:
        return 0.0
    m = u[u.size - DARK]
    heat = matter.rate / hubble * m
    out[out.size - DARK] = m - heat
    return float(heat)


@kernel
def scale(which: int, u: Array, matter: Matter) -> float:
    """Return to what a finite difference in E (``which`` = 0) or m (1) is relative; 1 without matter.

    E is small before the decays.
    """
    E = min(1.0, u[u.size - PLASMA])
    if which < 0 or not matter.rate > 0.0:
        return 1.0
    return float(E if which == 0 else max(u[u.size - DARK], LEAST * E))


@kernel
def matter_error(rtol: float, matter: Matter, u: Array, error: Array) -> float:
    """Return the error of m over its tolerance, relative to what heats and is heated."""
    if not matter.rate > 0.0:
        return 0.0
    return float(error[u.size - DARK] / (rtol * (u[u.size - PLASMA] + max(u[u.size - DARK], 0.0))))


@kernel
def predict_matter(h: float, F: Array, matter: Matter, predicted: Array) -> None:
    """Change E and m of ``predicted`` to what they are after a step by their derivatives ``F``."""
    if not matter.rate > 0.0:
        return
    for place in (PLASMA, DARK):
        value = predicted[predicted.size - place]
        predicted[predicted.size - place] += min(max(h * F[F.size - place], -0.5 * value), value)

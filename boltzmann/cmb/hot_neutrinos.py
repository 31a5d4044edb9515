"""What hot neutrinos of decays add to the rates of n <-> p: those beyond an integral that ends, recoil, and nu_mu.

Rates n <-> p of `boltzmann.cmb.neutrons` and of primat end at 30 T and take nucleons as infinitely heavy (primat: but
for a thermal spectrum). Neutrinos of decays have 10 to 250 MeV, T is 1 MeV, and Pauli blocking, thermal motion and the
inverse reactions, which are e^-30, do not matter to them: n dN = f q^2 dq/(2 pi^2) of them are absorbed at n sigma.
With sigma = r sigma_0 of `boltzmann.cmb.quasielastic`, C of `neutrons` and f_0 = 1/(e^(q/T_0) + 1)::

    INT dq q^2 E p_e C [(r - 1)(f - f_0) + f theta(q - reach)]        of nu_e (n -> p), nubar_e (p -> n, C = 1)
    + INT dq q^2 sigma_mu(q) (f - f_0)                                 of nu_mu, nubar_mu, from 110 and 113 MeV

over tau_n and the phase space of the decay of a neutron, as the rates it adds to. T_0 is that of three neutrinos, whose
recoil comes with the motion of the nucleons, keeps detailed balance, is common to all runs, and in primat. All vanishes
for f = f_0; where soft neutrinos differ from it, too, the motion of nucleons is left out: 4e-5 of Y_p. Above 151 MeV
reactions that make pions are missing. Three integrations agree to 1% of Delta Y_p = 0.27 (docs/validation/bbn.md).
"""

from __future__ import annotations

import numpy as np

from boltzmann.cmb.bbn_mesons import M_P, attraction, relics_of
from boltzmann.cmb.quasielastic import M_N, heavy, of_muons, over_heavy
from boltzmann.constants import ALPHA, M_E
from boltzmann.numerics.arrays import Array
from boltzmann.numerics.momentum import fermi_dirac
from boltzmann.numerics.smooth import along
from boltzmann.observables import has_hard_nodes, instantaneous_z, interpolate_hard
from boltzmann.relics.model import LeptonModel
from boltzmann.solution import Solution

# Energy of nu_e of three neutrinos during weak freeze-out, as `Solution.N_eff_at` counts it, at these T_gamma [MeV]; in
# between it is linear in ln T within 5e-4. 2 % less raises Y_p by 0.0013 (measured), one observational error.
FREEZE_OUT, UNDISTORTED = (0.3, 1.0, 3.0), (1.0148, 1.0105, 1.0053)
_X, _W = np.polynomial.legendre.leggauss(6)  # between two momenta


def from_decays(solution: Solution) -> bool:
    """Return whether a run has neutrinos from decays of a heavy lepton."""
    leptons = (isinstance(relic, LeptonModel) for relic in relics_of(solution))
    return has_hard_nodes(solution.y) or any(leptons)


def thermal(T: Array) -> Array:
    """Return the temperature [MeV] of nu_e of three neutrinos, by their energy, at T_gamma (n,) [MeV]."""
    energy = np.interp(np.log(T), np.log(FREEZE_OUT), UNDISTORTED)
    return np.asarray(T / instantaneous_z(M_E / T) * energy**0.25)


def more(solution: Solution, s: Array, T: Array, reach: Array) -> Array:
    """Return what to add to n -> p and p -> n, [MeV^5] as the phase space of the decay of a neutron.

    Parameters
    ----------
    solution : Solution
    s, T : array
        ln x and T_gamma [MeV], (n,).
    reach : array
        Energy of neutrinos [MeV] to which the rates have them, (2, n).

    Returns
    -------
    array
        (2, n); zero for a run without decays.
    """
    if not from_decays(solution):
        return np.zeros((2, s.size))
    log_x, scale = np.log(solution.x), np.exp(s) / M_E
    found = []
    for antineutrino, up_to in zip((False, True), reach, strict=True):
        rho = solution.rho_of(antineutrino)
        e, mu = (along(s, log_x, rho[:, :, a, a].real) for a in (0, 1))
        found.append(_direction(solution.y, scale, T, up_to, e, mu, antineutrino))
    return np.array(found)


def share_above(solution: Solution, energy: Array | float) -> float:
    """Return the share of the weak rates, int dE E^4 f_e, of neutrinos above an energy [MeV], one or (n_x,).

    The largest between T = 2 and 0.5 MeV; zero for a run without decays.
    """
    if not from_decays(solution):
        return 0.0
    T = solution.T.value
    weight = solution.weights * solution.y**4 * solution.mean_rho[:, :, 0, 0].real
    lowest = np.broadcast_to(energy, T.shape) * solution.x / M_E
    share = np.where(solution.y > lowest[:, None], weight, 0.0).sum(axis=1) / weight.sum(axis=1)
    return float(share[(T < 2.0) & (T > 0.5)].max(initial=0.0))


def _direction(nodes: Array, scale: Array, T: Array, reach: Array, e: Array, mu: Array, antineutrino: bool) -> Array:
    """Return the integrals of one direction, (n,); occupations (n, N) are those of ``nodes`` = scale q."""
    q, w = _points(nodes, scale, reach)
    f_e, f_mu = (_at(nodes, f, q * scale[:, None]) for f in (e, mu))
    f_0 = fermi_dirac(q / thermal(T)[:, None])
    absorbed = (over_heavy(q, antineutrino) - 1.0) * (f_e - f_0) + np.where(q > reach[:, None], f_e, 0.0)
    of_electrons = heavy(q, antineutrino) * _corrections(q, T, antineutrino) * absorbed
    return np.asarray((w * q**2 * (of_electrons + of_muons(q, antineutrino) * (f_mu - f_0))).sum(axis=1))


def _corrections(q: Array, T: Array, antineutrino: bool) -> Array:
    """Return the attraction of the electron by the proton times 1 - f of an electron, or positron, of q -+ Delta."""
    energy = np.maximum(q + (M_P - M_N if antineutrino else M_N - M_P), 1.0001 * M_E)
    free = 1.0 / (1.0 + np.exp(-np.minimum(energy / T[:, None], 600.0)))
    if antineutrino:
        return free
    return free * attraction(2.0 * np.pi * ALPHA / np.sqrt(1.0 - (M_E / energy) ** 2))


def _points(nodes: Array, scale: Array, reach: Array) -> tuple[Array, Array]:
    """Return energies [MeV] and weights, (n, m): between momenta, from 0 to the last, and `reach`."""
    edges = np.concatenate([np.zeros((scale.size, 1)), nodes / scale[:, None], reach[:, None]], axis=1)
    edges = np.sort(np.minimum(edges, nodes[-1] / scale[:, None]), axis=1)
    half = 0.5 * np.diff(edges, axis=1)[:, :, None]
    q = edges[:, :-1, None] + half * (1.0 + _X)
    return q.reshape(scale.size, -1), (half * _W).reshape(scale.size, -1)


def _at(nodes: Array, f: Array, y: Array) -> Array:
    return np.array([interpolate_hard(nodes, row, at) for row, at in zip(f, y, strict=True)])

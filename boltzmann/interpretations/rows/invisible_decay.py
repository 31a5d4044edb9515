"""3+1 with nu_4 -> nu phi that is not seen."""

from __future__ import annotations

import numpy as np

from boltzmann.interpretations import cells, early_universe
from boltzmann.interpretations.protocol import Cell, Interpretation, Parameter, Point
from boltzmann.interpretations.rows.oscillation import MIXING, mixing_of
from boltzmann.lab.decay import light_decay_length
from boltzmann.potentials import SecretPseudoscalar

__all__ = ["MODEL", "secret_coupling"]

_SOLAR_E, _ATMOSPHERIC, _AU = 10.0, 2.5e-3, 1.495978707e11  # [MeV], [eV^2], [m]
_NOT_PERTURBATIVE = 1.0  # g_s of SecretPseudoscalar


def secret_coupling(rate: float, m4: float, active: float, ratio: float = 0.0) -> float:
    """Return g_s of phi nubar_s i gamma5 nu_s that makes m_4 Gamma = `rate` [eV^2], m_4 in eV.

    Gamma = g_s^2 |U_s4|^2 SUM_k |U_sk|^2 (1 - r^2)^2 m_4/16 pi over light states k, and SUM_k |U_sk|^2 = 1 - |U_s4|^2
    = SUM_a |U_a4|^2 = `active` (derived, unitarity): the mixing that makes nu_4 decay is that of oscillations.
    """
    return float(np.sqrt(16.0 * np.pi * rate / (active * (1.0 - active))) / (m4 * (1.0 - ratio**2)))


def secret_cell(rate: float, m4: float, Ue4_sq: float, Umu4_sq: float, ratio: float) -> Cell:
    """Return what the early Universe says of nu_4 and phi, by the secret sector of `boltzmann.solve`."""
    coupling = secret_coupling(rate, m4, Ue4_sq + Umu4_sq, ratio)
    if coupling > _NOT_PERTURBATIVE:
        return cells.not_computable(
            f"secret sector: g_s = {coupling:.2g} is not perturbative (g^2 > 4 pi from 3.5), so that its rates of "
            "lowest order mean nothing; nu_4 and phi are one bath with the active states, and nothing of them is lost"
        )
    interaction = SecretPseudoscalar(coupling=coupling, mediator_mass=f"{max(ratio * m4, 1e-9)!r} eV")
    mixing = mixing_of(m4**2, Ue4_sq, Umu4_sq)
    return early_universe.of_mixing(mixing, interaction, road=f"secret sector, g_s = {coupling:.2g}")


def _light_decays(point: Point) -> str:
    """Say how soon a light neutrino decays if the massless phi couples to nu_s alone, its share spread evenly."""
    m4, active = float(np.sqrt(point["dm2_41"])), point["Ue4_sq"] + point["Umu4_sq"]
    coupling = secret_coupling(m4 / point["tau"], m4, active)
    length = float(light_decay_length(_SOLAR_E, active / 3.0, active / 3.0, _ATMOSPHERIC, coupling))
    return f"Of a phi that couples to nu_s alone, nu_3 of {_SOLAR_E:g} MeV decays within {length / _AU:.1g} AU too"


class _Rules:
    def laboratory(self, point: Point) -> dict[str, Cell]:
        rate = np.sqrt(point["dm2_41"]) / point["tau"]
        found = cells.oscillation(point["dm2_41"], point["Ue4_sq"], point["Umu4_sq"], decay=float(rate))
        statement = f"g2 = 0 fits best; g2 >= pi excluded at 95 %. {_light_decays(point)}"
        how = "IceCube: a statement of the cited paper; the length: boltzmann.lab.decay.light_decay_length"
        other = Cell("typed", None, statement, how, "IceCube, arXiv:2510.00209 (abstract)")
        return cells.filled({**found, "elsewhere": other}, "")

    def cosmology(self, point: Point) -> Cell:
        m4 = float(np.sqrt(point["dm2_41"]))
        return secret_cell(m4 / point["tau"], m4, point["Ue4_sq"], point["Umu4_sq"], 0.0)


MODEL = Interpretation(
    "invisible-decay",
    "3+1 and invisible decay",
    "g nubar_4 nu_l phi, Gamma = g^2 m_4/16 pi",
    {**MIXING, "tau": Parameter("1/eV", 1e-3, 1e6, "lifetime at rest")},
    _Rules(),
    {"lsnd": "yes", "miniboone": "yes", "reactors_hm": "yes", "gallium": "yes"},
)

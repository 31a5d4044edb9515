"""Quasi-sterile neutrinos: nu_s has a potential in matter that resonates near 200 MeV."""

from __future__ import annotations

from boltzmann import potentials
from boltzmann.interpretations import cells, early_universe
from boltzmann.interpretations.protocol import Cell, Interpretation, Parameter, Point
from boltzmann.interpretations.rows.oscillation import mixing_of
from boltzmann.lab import quasi_sterile
from boltzmann.lab.matter import nucleons
from boltzmann.lab.quasi_sterile import QuasiSterile

__all__ = ["MODEL", "early"]

_ROCK = 2.7  # [g/cm^3] that dV is for


def early(dV: float) -> potentials.QuasiSterile:
    """Return what is left in the early Universe of a potential that is odd under C and has ``dV`` [eV] in rock."""
    return potentials.QuasiSterile(f"{1e-6 * dV / nucleons(_ROCK)!r} MeV-2")


class _Rules:
    def laboratory(self, point: Point) -> dict[str, Cell]:
        model = QuasiSterile(point["dM2"], point["Ue4_sq"], point["Umu4_sq"], point["dV"])
        who, energy = model.resonance
        how = f"boltzmann.lab.quasi_sterile, constant density; {who} resonate at {energy:.0f} MeV, the others never"
        low_energy = ("gallium", "reactors", "reactors_hm", "danss", "prospect", "stereo", "dayabay")
        vacuum = cells.oscillation(point["dM2"], point["Ue4_sq"], point["Umu4_sq"], names=low_energy)
        found = {
            **vacuum,
            "lsnd": cells.lsnd_cell(quasi_sterile.lsnd_events(model), how),
            "karmen": cells.karmen_cell(quasi_sterile.karmen_events(model), how),
            "miniboone": cells.miniboone_cell(quasi_sterile.miniboone_events(model), how),
            "microboone": cells.microboone_cell(quasi_sterile.microboone_events(model), how),
        }
        return cells.filled(found, cells.not_computable("matter along this beam is not in the table of the experiment"))

    def cosmology(self, point: Point) -> Cell:
        mixing = mixing_of(point["dM2"], point["Ue4_sq"], point["Umu4_sq"])
        road = (
            "QKE of neutrinos and antineutrinos apart, V_s = +-dV n_B(T)/n_rock, which the baryon asymmetry leaves; "
            "the resonance of one of them makes an asymmetry that balances V_s (boltzmann.potentials.quasi_sterile). "
            "Left out: the part even under C, of order T^4/m_A^4 for heavy A and unknown without m_A, and A itself"
        )
        return early_universe.of_mixing(mixing, early(point["dV"]), road=road)


MODEL = Interpretation(
    "quasi-sterile",
    "quasi-sterile resonance",
    "g_s nubar_s A nu_s + g_f fbar A f; V_s - V_a = -(g_s - g_nu) SUM g_f n_f/(2 m_A^2)",
    {
        "dM2": Parameter("eV2", 1e-3, 100.0, "squared-mass difference"),
        "Ue4_sq": Parameter("", 1e-6, 0.3, "|U_e4|^2"),
        "Umu4_sq": Parameter("", 1e-6, 0.3, "|U_mu4|^2"),
        "dV": Parameter("eV", -1e-5, 1e-5, "V_s - V_active of neutrinos in rock; below 0 neutrinos resonate"),
    },
    _Rules(),
    {"lsnd": "yes", "miniboone": "yes", "reactors_hm": "yes", "gallium": "no"},
)

"""Heavy N of meson decays that decays in flight by a dipole, N -> nu gamma."""

from __future__ import annotations

from boltzmann.interpretations import cells
from boltzmann.interpretations.protocol import Cell, Interpretation, Parameter, Point

__all__ = ["MODEL"]


class _Rules:
    def laboratory(self, point: Point) -> dict[str, Cell]:  # noqa: ARG002
        reason = (
            "N_decays ~ |U_mu4|^2 Gamma(N -> nu gamma); the absolute rate needs the flux of kaons in the Booster beam, "
            "which is not public"
        )
        return cells.of_the_booster({"miniboone": cells.not_computable(reason, "arXiv:1909.09561")}, "as MiniBooNE")

    def cosmology(self, point: Point) -> Cell:  # noqa: ARG002
        return cells.not_computable(
            "the lifetime follows from the dipole, which the fit leaves free with |U|^2: invisible if it is below "
            "0.02 s, else it needs the solver for relics that decay late"
        )


MODEL = Interpretation(
    "dipole-decay",
    "dipole, decay in flight",
    "d nubar sigma F N and mixing U",
    {"mass": Parameter("MeV", 50.0, 490.0, "below m_K"), "Umu4_sq": Parameter("", 0.0, 1e-3, "|U_mu4|^2")},
    _Rules(),
    {"lsnd": "no", "miniboone": "yes", "reactors": "no", "gallium": "no"},
)

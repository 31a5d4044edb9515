"""nu upscatters to a dark neutrino by a light scalar, which then makes e+e-."""

from __future__ import annotations

from boltzmann.interpretations import cells, heavy
from boltzmann.interpretations.protocol import Cell, Interpretation, Parameter, Point

__all__ = ["MODEL"]

_PROMPT = 1e-9  # [s]: a scalar that makes e+e- inside the detector lives shorter


class _Rules:
    def laboratory(self, point: Point) -> dict[str, Cell]:  # noqa: ARG002
        reason = (
            "the cross-section is boltzmann.lab.upscattering.Scalar; the couplings y_nu y_N of the papers were not "
            "read, and without them there is no rate"
        )
        cell = cells.not_computable(reason, "arXiv:2010.06159")
        return cells.of_the_booster(
            {"miniboone": cell, "lsnd": cell}, "its search for e+e- or photons has no efficiency here"
        )

    def cosmology(self, point: Point) -> Cell:
        return heavy.of_boson(point["mediator"], 1, neutrinos=False, lifetime=_PROMPT)


MODEL = Interpretation(
    "scalar-upscattering",
    "upscattering, scalar",
    "y_nu nubar_D nu phi + y_N Nbar N phi + y_e ebar e phi",
    {
        "mass": Parameter("MeV", 1.0, 2000.0, "of the dark neutrino that is made"),
        "mediator": Parameter("MeV", 1.1, 1e4, "of phi; decays inside the detector"),
    },
    _Rules(),
    {"lsnd": "yes", "miniboone": "yes", "reactors_hm": "no", "gallium": "no"},
)

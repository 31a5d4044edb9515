"""Heavy N of meson decays that decays in flight by a dipole, N -> nu gamma."""

from __future__ import annotations

from boltzmann.errors import ParameterError
from boltzmann.interpretations import cells, heavy
from boltzmann.interpretations.protocol import Cell, Interpretation, Parameter, Point
from boltzmann.potentials import HeavyNeutralLepton

__all__ = ["MODEL"]

_FAST = "0.02 s"


class _Rules:
    def laboratory(self, point: Point) -> dict[str, Cell]:  # noqa: ARG002
        reason = (
            "N_decays ~ |U_mu4|^2 Gamma(N -> nu gamma); the absolute rate needs the flux of kaons in the Booster beam, "
            "which is not public"
        )
        return cells.of_the_booster({"miniboone": cells.not_computable(reason, "arXiv:1909.09561")}, "as MiniBooNE")

    def cosmology(self, point: Point) -> Cell:
        try:
            alone = HeavyNeutralLepton(mass=f"{point['mass']!r} MeV", Umu4_sq=point["Umu4_sq"], majorana=False)
            fast = _faster(alone)
            without, short = (heavy.of_fates([heavy.fate(one)], one.meaning) for one in (alone, fast))
        except ParameterError as error:
            return cells.not_computable(f"the solver for relics refuses N: {error}")
        text = (
            f"by |U_mu4|^2 alone tau = {alone.tau.value:.2g} s: {without.text}, {without.word}; with a dipole that "
            f"makes it {_FAST}: {short.text}, {short.word}"
        )
        how = f"the dipole is free in the fit, so that this is the better of two cases: {without.how}. {short.how}"
        return Cell(short.word, short.number, text, how)


def _faster(lepton: HeavyNeutralLepton) -> HeavyNeutralLepton:
    """Return a lepton as abundant as one that mixes, which a dipole makes decay."""
    model = lepton.relic()
    return HeavyNeutralLepton(
        mass=lepton.mass,
        lifetime=_FAST,
        channels="nu_mu gamma",
        majorana=lepton.majorana,
        abundance=model.abundance,
        T_N_over_T=model.z_N,
    )


MODEL = Interpretation(
    "dipole-decay",
    "dipole, decay in flight",
    "d nubar sigma F N and mixing U",
    {"mass": Parameter("MeV", 50.0, 490.0, "below m_K"), "Umu4_sq": Parameter("", 0.0, 1e-3, "|U_mu4|^2")},
    _Rules(),
    {"lsnd": "no", "miniboone": "yes", "reactors_hm": "no", "gallium": "no"},
)

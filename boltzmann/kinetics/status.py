"""How a run ended."""

from enum import Enum


class Status(Enum):
    """How a run ended; the value is a sentence with the remedy."""

    SUCCESS = "The integration reached its end."
    STEP_TOO_SMALL = "The step size fell below 1e-13 in ln x; loosen rtol, or use fewer momenta, and report the point."
    TOO_MANY_STEPS = "The run used max_steps steps before its end; raise max_steps or loosen rtol."
    HEATED = (
        "A relic heated the plasma beyond T_gamma a = 2.2, where the tables end: entropy has grown four times, and "
        "observed abundances of baryons and elements exclude such a point by far."
    )
    ENERGY_DRIFTED = (
        "Comoving energy is off by more than 1e-4; tighten rtol, or change n_momenta, and report the point."
    )
    OUT_OF_RANGE = (
        "Occupations left the range from 0 to 1, the numbers mean nothing. Where an asymmetry sweeps a resonance over "
        "the momenta faster than nodes follow, give a smaller one, or n_momenta=40 to see where it begins; without "
        "one, leave rtol out (beside an ultralight field give at most 1e-4), and report the point."
    )
    UNSTABLE = (
        "A lepton asymmetry grows from that of baryons, which this run does not follow: N_eff is not computed. It is "
        "expected between that without sterile neutrinos and the number of nu = nubar, which signs='same' returns."
    )
    LEPTON_RUNAWAY = (
        "The asymmetry runs away: a resonance that it drives over the momenta takes it, faster than nodes follow, or "
        "depleted flavours are unstable and make it grow. The run ends there; what follows is an estimate."
    )

    @property
    def ok(self) -> bool:
        """Whether the final numbers are those of a finished run."""
        return self is Status.SUCCESS

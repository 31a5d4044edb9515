"""Ultralight fields that shift m_s by far more than it is: runs that follow them end well, and change nothing."""

import pytest

from boltzmann import Mixing, Options, solve
from boltzmann.potentials import UltralightScalar


@pytest.mark.filterwarnings("ignore::boltzmann.errors.ValidityWarning")  # a frozen field at the end, which is wanted
@pytest.mark.parametrize("n_momenta", [14, 20])
def test_what_a_field_does_after_decoupling_is_not_in_N_eff(n_momenta: int) -> None:
    """With the default steps; those of rtol = 1e-3 end OUT_OF_RANGE with 20 momenta.

    All production is over before the field oscillates, at 0.11 MeV: zeros of m_eff then only change who has the energy.
    3e-6 is what steps of 1e-4 leave of N_eff in runs of hundreds of steps.
    """
    mixing, options = Mixing(dm2_41="1 eV2", Ue4_sq=0.01), Options(n_momenta=n_momenta)
    followed, frozen = (
        solve(mixing, UltralightScalar("1e4 eV", "1e-17 eV", treatment=treatment), options)
        for treatment in ("auto", "frozen")
    )
    assert followed.status.ok
    assert followed.options.rtol == 1e-4
    assert followed.N_eff == pytest.approx(frozen.N_eff, abs=3e-6)

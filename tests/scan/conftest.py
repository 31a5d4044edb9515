"""The likelihood is another module's: here it is proportional to delta N_eff, and has no value above 0.9."""

import pytest

from boltzmann import ParameterError
from boltzmann.cmb import likelihood


@pytest.fixture(autouse=True)
def chi2(monkeypatch: pytest.MonkeyPatch) -> None:
    """Replace the likelihood."""

    def delta_chi2(delta_N_eff, m_eff, data="planck2018", N_eff_4=None):
        assert (data, m_eff >= 0.0) == ("planck2018", True)
        if delta_N_eff > 0.9:
            raise ParameterError(f"delta_N_eff = {delta_N_eff:.3g} is beyond the table")
        return 10.0 * delta_N_eff

    monkeypatch.setattr(likelihood, "delta_chi2", delta_chi2, raising=False)

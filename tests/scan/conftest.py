"""The likelihood is another module's: here it is proportional to delta N_eff, and has no value above 0.9."""

import numpy as np
import pytest

from boltzmann import ParameterError
from boltzmann.cmb import likelihood
from boltzmann.cmb.likelihood import Profile


@pytest.fixture(autouse=True)
def chi2(monkeypatch: pytest.MonkeyPatch) -> None:
    """Replace the likelihood."""

    def profile(delta_N_eff, m_eff, data="planck2018", N_eff_4=None):
        assert m_eff >= 0.0
        if delta_N_eff > 0.9:
            raise ParameterError(f"delta_N_eff = {delta_N_eff:.3g} is beyond the table")
        return Profile(np.asarray({"planck2018": 10.0, "planck2018+desi": 20.0}[data] * delta_N_eff), np.asarray(False))

    monkeypatch.setattr(likelihood, "profile", profile)

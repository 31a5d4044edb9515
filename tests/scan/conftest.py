"""The likelihood is replaced: proportional to delta N_eff, a lower bound from 0.8, without value from 0.9."""

import numpy as np
import pytest

from boltzmann import ParameterError
from boltzmann.cmb import likelihood
from boltzmann.cmb.likelihood import Profile


@pytest.fixture(autouse=True)
def chi2(monkeypatch: pytest.MonkeyPatch) -> None:
    """Replace the likelihood."""

    def profile(delta_N_eff, m_eff, data="planck2018", N_eff_4=None, sum_m_nu=0.06, helium=0.0):
        assert m_eff >= 0.0
        if delta_N_eff > 0.9:
            raise ParameterError(f"delta_N_eff = {delta_N_eff:.3g} is beyond the table")
        factor = {"planck2018": 10.0, "planck2018+desi": 20.0, "planck+act": 30.0, "planck+act+desi": 40.0}[data]
        return Profile(np.asarray(factor * delta_N_eff), np.asarray(delta_N_eff > 0.8))

    monkeypatch.setattr(likelihood, "profile", profile)

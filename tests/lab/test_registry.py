"""The list of experiments: what every module has, and errors that list what is known."""

import subprocess
import sys

import numpy as np
import pytest

from boltzmann import lab
from boltzmann.errors import ParameterError
from boltzmann.lab.parameters import AMPLITUDES


@pytest.mark.parametrize("name", lab.experiments())
def test_contract(name: str) -> None:
    module = lab.experiment(name)
    assert "arXiv:" in module.CITATION or "hep-ex/" in module.CITATION
    assert module.NAME
    assert module.VALIDITY
    assert module.CHANNEL in AMPLITUDES
    assert module.VERIFIED in (True, False)
    chi2 = module.chi2(np.array([[0.5], [1.3]]), [0.0, 0.01, 0.02], 0.01, 0.0)
    assert chi2.shape == (2, 3)
    assert np.all(np.isfinite(chi2))
    assert np.shape(module.chi2("1.3 eV2", 0.01)) == ()
    with pytest.raises(ParameterError, match="Ue4_sq"):
        module.chi2(1.0, 1.5)


def test_verified_are_some() -> None:
    assert set(lab.verified()) <= set(lab.experiments())
    assert "gallium" in lab.verified()


def test_sum() -> None:
    names = lab.experiments()
    total = sum(lab.experiment(name).chi2(1.0, 0.02, 0.01) for name in names)
    assert lab.chi2(names, 1.0, 0.02, 0.01) == pytest.approx(total)


def test_unknown_experiment() -> None:
    with pytest.raises(ParameterError, match="experiment = 'opera' is not known; choose from gallium"):
        lab.chi2(["gallium", "opera"], 1.0)


@pytest.mark.parametrize("names", [[], ["gallium", "gallium"]])
def test_none_or_twice(names: list[str]) -> None:
    with pytest.raises(ParameterError, match="give at least one, and each only once"):
        lab.chi2(names, 1.0)


def test_importing_the_list_is_cheap() -> None:
    code = "import sys, boltzmann.lab; assert not {'astropy', 'scipy', 'boltzmann.lab.gallium'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)

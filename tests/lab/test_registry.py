"""The list of experiments: what every module has, and errors that list what is known."""

import pkgutil
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
    assert any(source in module.CITATION for source in ("arXiv:", "hep-ex/", "Phys. Lett."))
    assert module.NAME
    assert module.VALIDITY
    assert module.CHANNEL in AMPLITUDES
    assert module.VERIFIED in (True, False)
    low, high = lab.dm2_range([name], 0.5, 1000.0)
    chi2 = module.chi2(np.array([[low], [min(2.6 * low, high)]]), [0.0, 0.01, 0.02], 0.01, 0.0)
    assert chi2.shape == (2, 3)
    assert np.all(np.isfinite(chi2))
    assert np.shape(module.chi2(f"{low} eV2", 0.01)) == ()
    with pytest.raises(ParameterError, match="Ue4_sq"):
        module.chi2(low, 1.5)


def test_common_range() -> None:
    assert lab.dm2_range(["gallium"], 0.01, 100.0) == (0.01, 100.0)
    assert lab.dm2_range(["lsnd", "icecube"], 0.01, 100.0) == (0.01, 3.0)
    assert lab.dm2_range([], 0.01, 100.0) == (0.01, 100.0)
    with pytest.raises(ParameterError, match=r"lsnd, katrin have no dm2_41 in common between 0\.01 and 100 eV2"):
        lab.dm2_range(["lsnd", "katrin"], 0.01, 100.0)


def test_verified_are_some() -> None:
    assert set(lab.verified()) <= set(lab.experiments())
    assert "gallium" in lab.verified()


@pytest.mark.parametrize("name", list(lab.SETS))
def test_combinations(name: str) -> None:
    """Named combinations have verified experiments alone, and data once."""
    assert set(lab.verified(name)) == set(lab.SETS[name])
    assert all(lab.experiment(one).VERIFIED for one in lab.verified(name))
    lab.check(lab.verified(name))


def test_default_combination() -> None:
    """The newest data and flux; that of 2022 is what was published with version 0.1.0."""
    assert lab.verified() == lab.verified("2025")
    newer = {"reactors", "stereo", "prospect", "microboone", "minos"}
    assert set(lab.verified()) - set(lab.verified("2022")) == newer
    assert lab.verified("2022") == ("gallium", "lsnd", "karmen", "reactors_hm", "danss", "miniboone", "icecube")
    assert {*lab.verified()} ^ {*lab.verified("2025-hm")} == {"reactors", "reactors_hm"}


def test_data_count_once() -> None:
    message = "experiments has 'reactors_hm' and 'reactors', which have the same data; give one of them"
    with pytest.raises(ParameterError, match=message):
        lab.chi2(["reactors", "reactors_hm"], 1.0)


def test_unknown_combination() -> None:
    with pytest.raises(ParameterError, match=r"combination = '2031' is not known; choose from 2022, 2025, 2025-hm"):
        lab.verified("2031")


@pytest.mark.parametrize("name", lab.with_decay())
def test_decay(name: str) -> None:
    """A slow decay is none (to the 0.1 that MiniBooNE's table is good to), and a fast one changes chi^2."""
    dm2 = 0.05 if name == "dayabay" else 1.35  # which sees averages above 0.3 eV^2
    stable = float(lab.chi2(name, dm2, 0.05, 0.01))
    assert float(lab.chi2(name, dm2, 0.05, 0.01, decay=1e-9)) == pytest.approx(stable, abs=0.1)
    assert abs(float(lab.chi2(name, dm2, 0.05, 0.01, decay=1.0)) - stable) > 0.1


@pytest.mark.parametrize("name", ["icecube", "icecube2024", "minos", "stereo", "cdhs", "katrin"])
def test_decay_is_refused(name: str) -> None:
    """By all that are no events here, alone and in a sum; the rest is listed."""
    assert name not in lab.with_decay()
    message = rf"decay = 0\.1 is not allowed with {name}, whose tables are of a stable nu_4; choose from .*prospect"
    for names in ([name], ["lsnd", name]):
        with pytest.raises(ParameterError, match=message):
            lab.chi2(names, 20.0, 0.01, 0.01, decay=0.1)


def test_negative_decay() -> None:
    with pytest.raises(ParameterError, match=r"decay = -1 is not allowed; give m_4 Gamma"):
        lab.chi2("lsnd", 1.0, 0.01, 0.01, decay=-1)


def test_published_points_with_decay() -> None:
    """LSND's chi^2 at the points of Moulai, Diaz and Diaz' stable one: 9.0, 9.7, 12.9, computed by other code;
    rounding.
    """
    for dm2, e, mu, rate, chi2 in (
        (1.35, 0.238, 0.105, 1.35**0.5 / 4.5, 9.0), (0.21, 0.428, 0.180, 0.21**0.5 / 1.96, 9.7), (1.32, 0.116, 0.135,
        0.0, 12.9)
    ):  # fmt: skip
        assert float(lab.chi2("lsnd", dm2, e**2, mu**2, decay=rate)) == pytest.approx(chi2, abs=0.06)


def test_sum() -> None:
    left_out = ("katrin", "reactors_hm", "icecube2024")  # one begins at 10 eV^2, two have the data of others
    names = [name for name in lab.experiments() if name not in left_out]
    total = sum(lab.experiment(name).chi2(2.0, 0.02, 0.01) for name in names)
    assert lab.chi2(names, 2.0, 0.02, 0.01) == pytest.approx(total)


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


def test_experiments_and_tools_are_attributes() -> None:
    """In a fresh interpreter, where nothing else has imported them."""
    code = """
from boltzmann import lab
for name in (*lab.experiments(), *lab.TOOLS):
    assert getattr(lab, name).__name__ == f"boltzmann.lab.{name}"
    assert name in dir(lab)
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_every_public_module_is_an_attribute() -> None:
    """Except for what only one experiment reads or all share without a use of its own."""
    inner = {
        "counts", "dayabay_release", "decay_at_rest", "disappearance", "icecube_release", "inverse_beta",
        "microboone_release", "miniboone_release", "miniboone_table", "overdensity", "prospect_release",
        "prospect_signal", "release_files", "response", "setups", "surface",
    }  # fmt: skip
    modules = {module.name for module in pkgutil.iter_modules(lab.__path__)}
    assert modules == {*lab.experiments(), *lab.TOOLS, *inner}


def test_unknown_attribute() -> None:
    with pytest.raises(AttributeError, match=r"'boltzmann\.lab' has no attribute 'opera'"):
        _ = lab.opera

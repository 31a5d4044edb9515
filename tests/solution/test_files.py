"""A solution as a dataset and a file, and back; what it shows in a notebook; what an unfinished one says."""

import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from boltzmann import Mixing, Options, ParameterError, Solution, UnfinishedWarning, load_solution, solve
from boltzmann.kinetics.potential_terms import Terms
from boltzmann.potentials import SecretPseudoscalar, SecretVector

QUICK = Options(n_momenta=8, rtol=1e-3, nu_nu=False, signs="same")
MIXED = Mixing(dm2_41="0.1 eV2", theta_24="0.1 rad", delta_24="33 deg", ordering="inverted")


@pytest.fixture(scope="module")
def secret_run() -> Solution:
    return solve(MIXED, [SecretVector(0.02, "10 MeV", convention="g_X"), SecretPseudoscalar(1e-6)], QUICK)


@pytest.mark.parametrize("kind", ["three", "secret"])
def test_round_trip(kind: str, secret_run: Solution, tmp_path: Path) -> None:
    solution = secret_run if kind == "secret" else solve(Mixing(), options=QUICK)
    again = load_solution(solution.save(tmp_path / "run.nc"))
    for name in ("mixing", "interactions", "options", "status", "stats"):
        assert getattr(again, name) == getattr(solution, name)
    for name in ("x", "y", "weights", "z", "rho", "N_eff_history"):
        np.testing.assert_array_equal(getattr(again, name), getattr(solution, name))
    assert again.N_eff == solution.N_eff
    assert again.delta_N_eff == solution.delta_N_eff  # asks the solver again
    assert repr(again) == repr(solution)  # with T_s, regime and all


def test_the_dataset_says_what_it_holds(secret_run: Solution) -> None:
    data = secret_run.to_dataset()
    assert all({"units", "long_name"} <= set(variable.attrs) for variable in data.data_vars.values())
    np.testing.assert_array_equal(data.spectrum.sel(state="s"), secret_run.spectrum("s"))
    np.testing.assert_array_equal(data.energy_density.sel(state="4"), secret_run.energy_density(4))
    np.testing.assert_array_equal(data.T, secret_run.T.value)


@dataclass(frozen=True)
class Own:
    """A potential of a user."""

    size: float = 0.0

    def terms(self, T: np.ndarray, p: np.ndarray) -> Terms:
        return Terms(fixed=(self.size * p * T**4)[..., None] * [0, 0, 0, 1])


def test_interactions_of_a_user_are_asked_for(tmp_path: Path) -> None:
    with pytest.warns(UnfinishedWarning):
        file = solve(MIXED, Own(), Options(n_momenta=8, max_steps=5)).save(tmp_path / "run.nc")
    with pytest.raises(ParameterError, match=r"run.nc has interactions of your own, Own\(size=0.0\), whose classes"):
        load_solution(file)
    again = load_solution(file, interactions=[Own()])
    assert again.interactions == (Own(),)
    assert again.status.name == "TOO_MANY_STEPS"


def test_other_files_are_refused(secret_run: Solution, tmp_path: Path) -> None:
    secret_run.to_dataset().assign_attrs(format="something").to_netcdf(tmp_path / "other.nc", engine="h5netcdf")
    with pytest.raises(ParameterError, match=r"other.nc is no file of a solution"):
        load_solution(tmp_path / "other.nc")
    with pytest.raises(OSError, match=r"none.nc"):
        load_solution(tmp_path / "none.nc")
    with pytest.raises(OSError, match=r"no/run.nc"):
        secret_run.save(tmp_path / "no" / "run.nc")


def test_numbers_of_an_unfinished_run_warn_once() -> None:
    solution = solve(Mixing(dm2_41="1 eV2", Ue4_sq=1e-3), options=Options(max_steps=30, n_momenta=8))
    with pytest.warns(UnfinishedWarning, match="not its final ones; TOO_MANY_STEPS: The run used max_steps") as caught:
        assert solution.N_eff > 5.0
    assert caught[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert solution.N_eff == pytest.approx(sum(solution.N_eff_of(k) for k in (1, 2, 3, 4)))


@pytest.mark.parametrize("ask", ["m_eff", "N_eff_4", "N_eff_of_mediators", "delta_N_eff"])
def test_every_final_number_of_an_unfinished_run_warns(ask: str) -> None:
    options = Options(max_steps=5, n_momenta=8)
    solution = solve(Mixing(dm2_41="1 eV2", Ue4_sq=1e-3), SecretVector(1e-2, "10 MeV"), options)
    with pytest.warns(UnfinishedWarning):
        getattr(solution, ask)


def test_texts_of_an_unfinished_run_say_how_it_ended_and_warn_nobody() -> None:
    solution = solve(Mixing(), options=Options(max_steps=5, n_momenta=8))
    for text in (repr(solution), solution._repr_html_()):
        assert "Solution, unfinished at T = " in text
        assert "TOO_MANY_STEPS" in text
    with pytest.warns(UnfinishedWarning):  # though its text was shown
        _ = solution.N_eff


def test_html_shows_the_numbers_and_escapes_what_is_code(secret_run: Solution) -> None:
    html = secret_run._repr_html_()
    assert f"{secret_run.N_eff:.4f}" in html
    assert "dark sector" in html
    assert html.count("<tr>") == html.count("</tr>") == 9
    assert "dm2_41" in MIXED._repr_html_()


def test_the_meaning_of_a_coupling_is_a_line_of_its_own(secret_run: Solution) -> None:
    lines = repr(secret_run).splitlines()
    code = next(line for line in lines if "interactions [" in line).split("interactions ")[1]
    names = {"SecretVector": SecretVector, "SecretPseudoscalar": SecretPseudoscalar}
    assert tuple(eval(code, names)) == secret_run.interactions
    assert sum("e_s = 0.01" in line for line in lines) == 1


def test_arrays_of_a_solution_cannot_be_written(secret_run: Solution) -> None:
    for array in (
        secret_run.rho,
        secret_run.z,
        secret_run.y,
        secret_run.dark.eta,
        secret_run.sterile_history.rates,
    ):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1.0
    m_eff = secret_run.m_eff
    with pytest.raises(ValueError, match="read-only"):
        m_eff *= 2


def test_old_names_of_a_solution_lead_to_the_new_ones(secret_run: Solution) -> None:
    for old, new in (("dark_temperature", "T_s"), ("T_dark_over_T", "T_s_over_T")):
        with pytest.warns(DeprecationWarning, match=f"Solution.{old} is an old name; write {new}") as caught:
            np.testing.assert_array_equal(getattr(secret_run, old), getattr(secret_run, new))
        assert caught[0].filename == __file__
    np.testing.assert_array_equal(secret_run.mu_s_over_T_s, secret_run.dark.eta)


def test_states_and_temperatures_in_the_forms_that_arrays_give(secret_run: Solution) -> None:
    np.testing.assert_array_equal(secret_run.spectrum(np.int64(4)), secret_run.spectrum(4))
    assert secret_run.N_eff_at("1 MeV") == secret_run.N_eff_bbn.weak_freeze_out

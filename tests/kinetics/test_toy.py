"""The bins of `boltzmann.kinetics.bins` in the toy of tests/toy.py: with few momenta what nodes have with many."""

import pytest

from boltzmann.kinetics.bins import RATE
from tests.toy import Case, sterile_energy

# Energy of nu_s at 1 MeV, nodes alone with 160 momenta at equal distances. A front that refilling follows (drain and
# self-feedback of V_nu) and one where only V_nu counts; nodes alone are off by 5e-3 and 3e-2 with 14 momenta.
LIMITS = {Case(-0.01, 4e-5): 0.0870, Case(-2.4e-3, 3e-4): 0.2747}


@pytest.mark.parametrize("case", LIMITS, ids=lambda case: f"{case.dm2:g} eV2")
def test_bins_have_with_14_momenta_what_nodes_have_with_many(case: Case) -> None:
    # asymmetry.md sec. 3 demands 6e-4; steps of 1e-3 e-folds leave 3e-4
    assert sterile_energy(case._replace(K=RATE), 14) == pytest.approx(LIMITS[case], abs=6e-4)


@pytest.mark.slow
@pytest.mark.parametrize("case", LIMITS, ids=lambda case: f"{case.dm2:g} eV2")
def test_nodes_alone_come_to_the_limit_from_below(case: Case) -> None:
    few, many = (sterile_energy(case, N) for N in (14, 80))
    assert few < LIMITS[case] - 3e-3
    assert many == pytest.approx(LIMITS[case], abs=6e-4)  # the front's width is not quite resolved yet


def test_drain_alone() -> None:
    # V_nu as without conversion: nodes alone converge quickly, 0.2493, 0.2498, 0.2500 with 20, 40, 160
    assert sterile_energy(Case(-0.1, 4e-5, RATE, feedback=False), 14) == pytest.approx(0.2500, abs=3e-4)


@pytest.mark.slow
def test_extrapolated_nodes_are_too_high() -> None:
    # An extrapolation of nodes like 1/N removes all feedback of V_nu, of which the true one stays: it is above the
    # value without feedback (0.2500). 320 nodes have 0.2495; bins 0.2493, 0.2491 (K = 300, 1000), 2e-4 to 4e-4 below.
    # So of the difference of bins, 3.637, from the extrapolated 3.640 +- 0.003 at (-1 eV^2, |U_mu4|^2 = 1e-5) the
    # larger part is the extrapolation's.
    case = Case(-0.1, 4e-5)
    coarse, fine = (sterile_energy(case, N) for N in (20, 40))
    binned = sterile_energy(case._replace(K=RATE), 20)
    assert fine < binned < 0.2500 < 2.0 * fine - coarse

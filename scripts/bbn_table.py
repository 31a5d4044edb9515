"""Print primordial abundances of a few secret interactions, by CLASS's table and by primat (docs/validation/bbn.md).

Needs the extras cmb and bbn; about half a minute.
"""

from boltzmann import Mixing, solve
from boltzmann.cmb import abundances, bbn_chi2, neutrinos_for_class
from boltzmann.cmb.bbn_observed import delta_chi2_of
from boltzmann.cmb.class_bridge import PLANCK_2018, helium_fraction, helium_N_eff
from boltzmann.cmb.neutrons import by_number
from boltzmann.potentials import SecretPseudoscalar, SecretVector

MIXING = Mixing(dm2_41="1 eV2", Ue4_sq=0.01)
CASES = {
    "none": [],
    "vector 0.1, 10 MeV": [SecretVector(coupling=0.1, mediator_mass="10 MeV")],
    "vector 0.01, 10 MeV": [SecretVector(coupling=0.01, mediator_mass="10 MeV")],
    "vector 0.001, 1 MeV": [SecretVector(coupling=0.001, mediator_mass="1 MeV")],
    "vector 0.1, 30 keV": [SecretVector(coupling=0.1, mediator_mass="30 keV")],
    "pseudoscalar 1e-5": [SecretPseudoscalar(coupling=1e-5)],
    "pseudoscalar 1e-6": [SecretPseudoscalar(coupling=1e-6)],
}


def both(solution):
    """Return Y_p by CLASS's table, also where `abundances` refuses it (the point here), and primat's numbers."""
    table = by_number(helium_fraction(helium_N_eff(solution.N_eff_bbn), PLANCK_2018["omega_b"]))
    return table, abundances(solution, backend="primat")


def main() -> None:
    """Print the table."""
    table, network = both(solve(Mixing()))
    standard = bbn_chi2(network)
    print(f"three neutrinos: {standard.sentence}")
    print(
        "interaction | N_eff at 1 MeV, 0.07 MeV, CMB | dY_p of CLASS, primat | D/H 1e5 | chi2 - that of three, with "
        "the rates of PRIMAT; PArthENoPE | N_idr"
    )
    for name, interactions in CASES.items():
        solution = solve(MIXING, interactions)
        numbers = ", ".join(f"{N:.3f}" for N in (*solution.N_eff_bbn, solution.N_eff))
        by_table, by_network = both(solution)
        shifts = f"{by_table - table:+.4f}, {by_network.Y_p - network.Y_p:+.4f}"
        excess = bbn_chi2(by_network).chi2 - standard.chi2
        other = float(delta_chi2_of(by_network.Y_p, by_network.D_H, rates="parthenope"))
        fluid = neutrinos_for_class(solution).N_eff_colliding
        print(f"{name} | {numbers} | {shifts} | {1e5 * by_network.D_H:.3f} | {excess:.1f}; {other:.1f} | {fluid:.3f}")


if __name__ == "__main__":
    main()

"""The runs whose numbers are kept, and what is kept of them."""

from typing import Any

from boltzmann import Mixing, Options, Solution, solve
from boltzmann.potentials import SecretPseudoscalar, SecretVector

COARSE = {"n_momenta": 10}
POINTS: dict[str, tuple[Any, ...]] = {  # arguments of solve but for the interactions, then these
    "three": (Mixing(), Options()),
    "three, inverted, CP": (Mixing(ordering="inverted", delta_13="200 deg"), Options()),
    "three, matrix": (Mixing(), Options(coherence="matrix", **COARSE)),
    "1 eV2, e": (Mixing(dm2_41="1 eV2", Ue4_sq=1e-3), Options()),
    "0.01 eV2, e": (Mixing(dm2_41="0.01 eV2", Ue4_sq=1e-2), Options()),
    "1 eV2, e, matrix": (Mixing(dm2_41="1 eV2", Ue4_sq=1e-3), Options(coherence="matrix", **COARSE)),
    "1 eV2, mu, mckellar": (
        Mixing(dm2_41="1 eV2", Umu4_sq=1e-3),
        Options(coherence="mckellar", nu_nu=False, muons=False),
    ),
    "0.1 eV2, all, CP": (
        Mixing(dm2_41="0.1 eV2", Ue4_sq=1e-3, Umu4_sq=1e-3, Utau4_sq=1e-3, delta_13="200 deg", delta_24="90 deg"),
        Options(),
    ),
    "resonant": (Mixing(dm2_41="-1 eV2", Ue4_sq=1e-3), Options()),
    "secret vector": (Mixing(dm2_41="1 eV2", Ue4_sq=1e-2), Options(), SecretVector(1e-2, "10 MeV")),
    "secret vector, light, empty": (Mixing(dm2_41="1 eV2", Umu4_sq=1e-2), Options(), SecretVector(1e-3, "1 MeV", 0.0)),
    "secret pseudoscalar": (Mixing(dm2_41="1 eV2", Umu4_sq=1e-2), Options(), SecretPseudoscalar(1e-5)),
}
# at a resonance the sequence of steps itself is sensitive to rounding
SENSITIVE = {name for name in POINTS if name == "resonant" or "secret" in name}


def numbers(solution: Solution) -> dict[str, float]:
    """Return what is kept of a run."""
    last = solution.mixing.flavours[-1]
    kept = {"N_eff": solution.N_eff, "z": solution.z[-1], "m_eff": solution.m_eff.to_value("eV")}
    return {**{name: float(value) for name, value in kept.items()}, f"N_eff of {last}": solution.N_eff_of(last)}


def measure(name: str) -> dict[str, float]:
    """Run one point."""
    mixing, options, *secret = POINTS[name]
    solution = solve(mixing, secret, options)
    assert solution.status.ok
    return numbers(solution)

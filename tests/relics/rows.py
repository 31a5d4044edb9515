"""Reference rows of decaying leptons: a throw-away prototype of 2026-11-28 (momentum-resolved, conservative nu-nu).

Fields of `HeavyNeutralLepton` (g = 2, T_N a = 0.7937, no inverse decays, all muons and pions decay), N_eff, N_eff at 1
MeV, Y_p without mesons, 1e5 D/H.
"""

T_N = 0.7937


def _row(mass: float, lifetime: float, channels: str, abundance: float = 1.0) -> dict[str, object]:
    fields = {"mass": f"{mass} MeV", "lifetime": f"{lifetime} s", "channels": channels}
    return {**fields, "abundance": abundance, "T_N_over_T": T_N, "inverse_decays": False, "losses": False}


def mixed(flavour: str, ratio: float) -> str:
    """Decays by mixing below the pion mass, with widths nu e+ e- : 3 nu = ``ratio``."""
    share = ratio / (1.0 + ratio)
    return f"nu_{flavour} nu nu: {1.0 - share!r}; nu_{flavour} e+ e-: {share!r}"


ROWS = {
    "em_10_1": (_row(10.0, 1.0, "e+ e-", 0.3), 2.6425, 3.1592, 0.24579, 2.3325),
    "nunu_10_1": (_row(10.0, 1.0, "nu nu", 0.3), 3.5384, 3.4292, 0.24874, 2.5781),
    "nunu_60_0p1": (_row(60.0, 0.1, "nu nu"), 3.0936, 3.1781, 0.27597, 2.6222),
    "dipe_20_0p1": (_row(20.0, 0.1, "nu_e gamma"), 3.0152, 3.0083, 0.24858, 2.4438),
    "dipm_100_0p05": (_row(100.0, 0.05, "nu_mu gamma", 0.3), 2.9434, 2.9298, 0.24991, 2.4325),
    "hnle_30_0p3": (_row(30.0, 0.3, mixed("e", 0.588), 0.3), 3.2507, 3.3435, 0.25770, 2.5559),
    "hnlm_100_0p05": (_row(100.0, 0.05, mixed("mu", 0.126), 0.5), 2.9741, 2.9726, 0.25308, 2.4579),
    "hnlpi_200_0p03": (_row(200.0, 0.03, "nu_e pi0: 0.4; e pi: 0.6", 0.3), 2.9732, 2.9578, 0.24828, 2.4313),
}
#: Rows of a public two-temperature code (NUDEC_BSM v1, arXiv:1812.05605, 2001.04466): bath, statistics, g, mass [MeV].
THERMAL = {
    ("nu", "boson", 1, 1): 3.789, ("nu", "boson", 1, 5): 3.394, ("nu", "boson", 1, 10): 3.149,
    ("nu", "fermion", 2, 1): 4.399, ("nu", "fermion", 2, 5): 3.728, ("nu", "fermion", 2, 10): 3.252,
    ("e", "boson", 1, 1): 2.463, ("e", "boson", 1, 5): 2.743, ("e", "boson", 1, 10): 2.949,
    ("e", "fermion", 2, 1): 2.128, ("e", "fermion", 2, 5): 2.505, ("e", "fermion", 2, 10): 2.859,
}  # fmt: skip
#: The prototype with momenta resolved.
RESOLVED = {
    ("e", "boson", 1, 1): 2.4605, ("e", "boson", 1, 5): 2.7289, ("e", "fermion", 2, 10): 2.8289,
    ("e", "boson", 3, 3): 1.9705, ("e", "boson", 2, 10): 2.8258, ("nu", "boson", 1, 5): 3.3942,
    ("nu", "fermion", 2, 1): 4.3991,
}  # fmt: skip

"""Collision rates straight from the phase-space integral over |M|^2, the second road to the collision kernels.

    df_1/dt = (1/2E_1) int dPi_2 dPi_3 dPi_4 (2 pi)^4 delta^4 |M|^2 [f_3 f_4 (1-f_1)(1-f_2) - f_1 f_2 (1-f_3)(1-f_4)]

The two-body phase space of 3 and 4 is done in their centre of momentum, by Gauss quadrature; no D function is used.
Rates are returned in the package's unit, df/dt = G_F^2/(8 pi^3 y^2) I with a = 1.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

Occupation = Callable[[np.ndarray], np.ndarray]  # of the energy
Amplitude = Callable[["Products"], np.ndarray]  # |M|^2/(2^5 G_F^2)


@dataclass
class Products:
    """Invariants of a 2 -> 2 process; s12 is the four-product of momenta 1 and 2, and so on."""

    s12: np.ndarray
    s13: np.ndarray
    s14: np.ndarray
    s23: np.ndarray
    s24: np.ndarray
    s34: np.ndarray


@dataclass
class Process:
    """1 + 2 -> 3 + 4: amplitude, masses and occupations of particles 2, 3, 4; particle 1 is massless."""

    amplitude: Amplitude
    masses: tuple[float, float, float]
    occupations: tuple[Occupation, Occupation, Occupation]


def gauss(edges: tuple[float, ...], n: int) -> tuple[np.ndarray, np.ndarray]:
    """Gauss-Legendre nodes and weights on panels between the edges."""
    x, w = np.polynomial.legendre.leggauss(n)
    middle, half = 0.5 * (np.array(edges[1:]) + edges[:-1]), 0.5 * np.diff(edges)
    return (middle[:, None] + half[:, None] * x).ravel(), (half[:, None] * w).ravel()


def centre_of_momentum(
    s: np.ndarray, y: float, E2: np.ndarray, angles: tuple[np.ndarray, np.ndarray], masses: tuple[float, float, float]
) -> tuple[Products, np.ndarray, np.ndarray]:
    """Return the invariants, the momentum q of 3 in the centre of momentum and its energy in the plasma.

    ``angles`` of particle 3: cosine to the total momentum P, azimuth from the plane of P and particle 1.
    """
    (m2, m3, m4), (c_out, phi) = masses, angles
    root, total = np.sqrt(s), y + E2
    k = (s - m2**2) / (2.0 * root)
    q = np.sqrt(np.maximum((s - (m3 + m4) ** 2) * (s - (m3 - m4) ** 2), 0.0)) / (2.0 * root)
    P, E3 = np.sqrt(np.maximum(total**2 - s, 1e-300)), np.sqrt(q**2 + m3**2)
    c_in = np.clip((y * root - k * total) / (P * k), -1.0, 1.0)
    c13 = c_in * c_out + np.sqrt((1.0 - c_in**2) * (1.0 - c_out**2)) * np.cos(phi)
    s13 = k * E3 - k * q * c13
    s12, s34 = np.broadcast_to(0.5 * (s - m2**2), s13.shape), np.broadcast_to(0.5 * (s - m3**2 - m4**2), s13.shape)
    s14 = k * root - s13
    # (p1 + p2).p3 = p3.p4 + m3^2, and the same for 4
    products = Products(s12, s13, s14, s34 + m3**2 - s13, s34 + m4**2 - s14, s34)
    return products, q, (E3 * total + P * q * c_out) / root


def rates(process: Process, y: float, n: int = 20) -> tuple[float, float]:
    """Return gain and loss at momentum ``y``, I = gain (1 - f_1) - loss f_1, in units of I."""
    m2, m3, m4 = process.masses
    p2, w2 = gauss((0.0, 1.0, 4.0, 12.0, 45.0), n)
    c, wc = gauss((-1.0, 1.0), n)
    azimuth = 2.0 * np.pi * np.arange(8) / 8  # |M|^2 is quadratic in cos(phi): exact
    p2, u, c_out, phi = np.meshgrid(p2, 0.5 * (1.0 + c), c, azimuth, indexing="ij", sparse=True)
    E2 = np.sqrt(p2**2 + m2**2)
    # s = m2^2 + 2 y (E2 - p2 cos) takes the place of the angle between 1 and 2, nodes clustered at both ends
    s_max = m2**2 + 2.0 * y * (E2 + p2)
    s_min = np.minimum(np.maximum(m2**2 + 2.0 * y * (E2 - p2), (m3 + m4) ** 2), s_max)
    s, ds = s_min + (s_max - s_min) * u**2 * (3.0 - 2.0 * u), (s_max - s_min) * 6.0 * u * (1.0 - u)
    products, q, E3 = centre_of_momentum(s, y, E2, (c_out, phi), process.masses)
    weight = w2[:, None, None, None] * 0.5 * wc[:, None, None] * 0.5 * wc[:, None] / azimuth.size
    # 1/(2y) . [p2^2 dp2 dcos/((2 pi)^2 2 E2), dcos = ds/(2 y p2)] . (1/8 pi)(2 q/sqrt s) . 2^5 |M|^2 . 8 pi^3 y^2
    measure = 2.0 * weight * ds * p2 / E2 * q / np.sqrt(s) * process.amplitude(products)
    f2, f3, f4 = (f(energy) for f, energy in zip(process.occupations, (E2, E3, y + E2 - E3), strict=True))
    return float(np.sum(measure * f3 * f4 * (1.0 - f2))), float(np.sum(measure * f2 * (1.0 - f3) * (1.0 - f4)))


def electron_processes(
    g_L: float, g_R: float, mass: float, electron: Occupation, neutrino: Occupation
) -> list[Process]:
    """Return nu e -> nu e with electrons and positrons, and nu nubar -> e+ e-, for one flavour.

    Spins are summed over all particles (hep-ph/9703315, table 1; tests/physics/test_amplitudes.py by traces).
    """

    def scatter(s: Products) -> np.ndarray:
        vector = (g_L**2 + g_R**2) * (s.s12 * s.s34 + s.s14 * s.s23)
        return 4.0 * (vector - 2.0 * g_L * g_R * mass**2 * s.s13)

    def annihilate(s: Products) -> np.ndarray:
        vector = g_L**2 * s.s14 * s.s23 + g_R**2 * s.s13 * s.s24
        return 4.0 * (vector + g_L * g_R * mass**2 * s.s12)

    return [
        Process(scatter, (mass, 0.0, mass), (electron, neutrino, electron)),
        Process(annihilate, (0.0, mass, mass), (neutrino, electron, electron)),
    ]


def neutrino_processes(a: int, spectra: list[Occupation]) -> list[Process]:
    """Return all nu_a nu_b and nu_a nubar_b collisions of massless neutrinos, nu = nubar (hep-ph/9703315, table 1)."""
    massless, processes = (0.0, 0.0, 0.0), []
    for b, other in enumerate(spectra):
        own, same = spectra[a], 1.0 if a == b else 0.0
        elastic = (other, own, other)
        processes.append(Process(lambda s, c=1.0 + same: c * s.s12 * s.s34, massless, elastic))
        processes.append(Process(lambda s, c=1.0 + 3.0 * same: c * s.s14 * s.s23, massless, elastic))
        if a != b:  # nu_a nubar_a -> nu_b nubar_b
            processes.append(Process(lambda s: s.s14 * s.s23, massless, (own, other, other)))
    return processes


def total_rates(processes: list[Process], y: float, n: int = 12) -> tuple[float, float]:
    """Return gain and loss summed over processes; n = 12 is good to 1e-7 (measured against 20 and 28)."""
    gain, loss = np.sum([rates(process, y, n) for process in processes], axis=0)
    return float(gain), float(loss)

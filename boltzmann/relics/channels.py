"""Decay channels of a heavy lepton: their names, thresholds, and the neutrinos they make.

A neutrino is a line of rest-frame energy u m; continuous spectra are ten Gauss nodes in X = 2E/m. Everything else of a
decay goes to the plasma at once: photons, e+-, pi0, and X, which is taken to decay to e+- or photons. Muons and charged
pions stop before they decay (true above 10 keV); their neutrinos have the energies of decays at rest, and the rest of
the energy heats the plasma. Spectra of massless V - A decays (derived): g1 = 2 X^2 (3 - 2X), mean energy 0.35 m, and
g2 = 12 X^2 (1 - X), 0.30 m; muons at rest give nu_mu g1 and nu_e g2 with E = X m_mu/2.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from boltzmann.constants import M_E, M_MU
from boltzmann.errors import ParameterError
from boltzmann.numerics.arrays import Array
from boltzmann.units import number

M_PI, M_PI0 = 139.57039, 134.9768  # pion masses [MeV], PDG 2022
PION_LINE = (M_PI**2 - M_MU**2) / (2.0 * M_PI)  # energy of nu_mu of a pion at rest [MeV], 29.79
FLAVOURS = ("e", "mu", "tau")
NAMES = (
    "nu nu", "nu_a nu nu", "nu_a e+ e-", "nu_a pi0", "e pi", "mu pi", "nu_a gamma", "nu_a X", "e+ e-", "gamma gamma"
)  # fmt: skip
UNIVERSAL = (2.0 / 3.0,) * 3  # of each flavour, two neutrinos
_X, _DX = (0.5 * (1.0 + t) if k == 0 else 0.5 * t for k, t in enumerate(np.polynomial.legendre.leggauss(10)))
_G1, _G2 = _DX * 2.0 * _X**2 * (3.0 - 2.0 * _X), _DX * 12.0 * _X**2 * (1.0 - _X)


class Channel(NamedTuple):
    """A channel: ``kind`` of `NAMES`, ``flavour`` 0, 1, 2 or None, ``branching`` ratio, mass of X [MeV]."""

    kind: str
    flavour: int | None
    branching: float
    mass: float = 0.0

    def __str__(self) -> str:
        name = self.kind if self.flavour is None else self.kind.replace("nu_a", f"nu_{FLAVOURS[self.flavour]}")
        return f"{name}({self.mass:.12g} MeV)" if self.kind == "nu_a X" else name

    @property
    def threshold(self) -> float:
        """Sum of the masses of what is made [MeV]."""
        masses = {
            "nu_a e+ e-": 2.0 * M_E,
            "e+ e-": 2.0 * M_E,
            "nu_a pi0": M_PI0,
            "e pi": M_E + M_PI,
            "mu pi": M_MU + M_PI,
        }
        return masses.get(self.kind, self.mass)


def named(name: str, branching: float, mass: float = 0.0) -> Channel:
    """Return a channel by name, such as ``"nu_e gamma"``.

    Raises
    ------
    ParameterError
        There is no such channel.
    """
    found = re.fullmatch(r"nu_(e|mu|tau) (.*)", name)
    kind, flavour = (f"nu_a {found[2]}", FLAVOURS.index(found[1])) if found else (name, None)
    if kind not in NAMES or ("nu_a" in kind and flavour is None):
        raise ParameterError(
            f"channels has {name!r}, which does not exist; use one of: {', '.join(NAMES)}, a being e, mu or tau"
        )
    return Channel(kind, flavour, branching, mass)


def parsed(text: str) -> tuple[Channel, ...]:
    """Return the channels of ``"nu_e gamma: 0.5; nu_mu X(30 MeV): 0.5"``; a single channel needs no number.

    Raises
    ------
    ParameterError
        A part is no channel or has no branching ratio, or X has no mass.
    """
    parts = [part.strip() for part in text.split(";") if part.strip()]
    result = []
    for part in parts:
        name, _, share = (piece.strip() for piece in part.partition(":"))
        found = re.fullmatch(r"(.* X)\((.*)\)", name)
        mass = number(found[2], "MeV", "the mass of X in channels") if found else 0.0
        if name.endswith(" X") or (not share and len(parts) > 1):
            missing = (
                "mass of X, as in nu_e X(30 MeV)" if name.endswith(" X") else "branching ratio, as in nu_e gamma: 0.5"
            )
            raise ParameterError(f"channels has {part!r} without the {missing}; add it")
        result.append(named(found[1] if found else name, _share(part, share or "1"), mass))
    return tuple(result)


def _share(part: str, text: str) -> float:
    try:
        share = float(text)
    except ValueError as error:
        raise ParameterError(f"channels has {part!r}, whose branching ratio is no number; give one, 0 to 1") from error
    if not 0.0 <= share <= 1.0:
        raise ParameterError(f"channels has {part!r}; a branching ratio of {share:g} is not allowed, give 0 to 1")
    return share


def written(channels: Iterable[Channel]) -> str:
    """Return channels as the text that `parsed` reads."""
    return "; ".join(f"{channel}: {channel.branching!r}" for channel in channels)


def check(channels: tuple[Channel, ...], mass: float) -> None:
    """Raise ParameterError if channels are closed for ``mass`` [MeV] or their branching ratios do not sum to 1."""
    for channel in channels:
        if channel.threshold >= mass:
            raise ParameterError(
                f"channels has {str(channel)!r}, which is closed: its threshold is {channel.threshold:.6g} MeV and "
                f"mass = {mass:g} MeV; leave it out, or give a larger mass"
            )
    total = sum(channel.branching for channel in channels)
    if not abs(total - 1.0) <= 1e-6:
        raise ParameterError(f"channels have branching ratios that sum to {total:.8g}; give ratios that sum to 1")


def _spectrum(counts: Iterable[tuple[Array, int, float]]) -> list[tuple[float, ...]]:
    """Return lines of continuous spectra: (weights of X, flavour, number) each."""
    n = np.zeros((_X.size, 3))
    for weights, flavour, count in counts:
        n[:, flavour] += count * weights
    return [(0.5 * x, *row) for x, row in zip(_X, n, strict=True)]


def _three_neutrinos(a: int) -> list[tuple[float, ...]]:
    """Return the lines of N -> nu_a nu_b nubar_b by mixing with a: b = a half of them, the others a quarter each."""
    shares = [0.5 if b == a else 0.25 for b in range(3)]
    made = [(g, b, share) for b, share in enumerate(shares) for g in (_G1, _G2)]
    return _spectrum([(_G1, a, 1.0), *made])


def lines(channel: Channel, mass: float) -> list[tuple[float, ...]]:
    """Return the rows (u, n_e, n_mu, n_tau) of one decay of a lepton of ``mass`` [MeV] through a channel."""
    a, kind = channel.flavour, channel.kind
    if kind == "nu nu":
        return [(0.5, *UNIVERSAL)]
    if a is None:
        return []
    if kind == "nu_a nu nu":
        return _three_neutrinos(a)
    if kind == "nu_a e+ e-":
        return _spectrum([(_G1, a, 1.0)])
    other = {"nu_a pi0": M_PI0, "nu_a X": channel.mass, "nu_a gamma": 0.0}[kind]
    return [(0.5 * (1.0 - (other / mass) ** 2), *np.eye(3)[a])]


def stopped(channel: Channel) -> list[tuple[float, ...]]:
    """Return the rows (energy [MeV], n_e, n_mu, n_tau) of neutrinos from muons and pions that stopped."""
    if channel.kind not in ("e pi", "mu pi"):
        return []
    muons = 1.0 if channel.kind == "e pi" else 2.0
    of_muons = _spectrum([(muons * _G1, 1, 1.0), (muons * _G2, 0, 1.0)])
    return [(PION_LINE, 0.0, 1.0, 0.0), *((u * M_MU, *n) for u, *n in of_muons)]


def pairs(channels: tuple[Channel, ...], mass: float) -> Array:
    """Return the rows of `lines` of a neutrino beside a photon, pi0 or X, which the plasma holds, merged."""
    rows = [
        (u, *(c.branching * k for k in n))
        for c in channels
        if c.kind in ("nu_a gamma", "nu_a X", "nu_a pi0")
        for u, *n in lines(c, mass)
    ]
    return _merged(rows)


def tables(channels: tuple[Channel, ...], mass: float) -> tuple[Array, Array]:
    """Return ``lines`` and ``stopped`` of `boltzmann.relics.decay.Lepton`; rows of one energy are merged."""
    moving = [(u, *(c.branching * k for k in n)) for c in channels for u, *n in lines(c, mass)]
    at_rest = [(E, *(c.branching * k for k in n)) for c in channels for E, *n in stopped(c)]
    return _merged(moving), _merged(at_rest)


def _merged(rows: list[tuple[float, ...]]) -> Array:
    table = np.array(rows, float).reshape(-1, 4)
    energies, place = np.unique(table[:, 0], return_inverse=True)
    numbers = np.zeros((energies.size, 3))
    np.add.at(numbers, place, table[:, 1:])
    return np.column_stack([energies, numbers])


def largest_energy(channels: tuple[Channel, ...], mass: float) -> float:
    """Return the largest energy [MeV] of a neutrino from a decay at rest, 0 if none is made."""
    moving, at_rest = tables(channels, mass)
    return float(max(mass * moving[:, 0].max(initial=0.0), at_rest[:, 0].max(initial=0.0)))

"""What the likelihoods compare with data: lensed spectra, the lensing potential and distances of one CLASS run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from boltzmann.cmb.class_bridge import Parameters, run_class
from boltzmann.errors import ParameterError
from boltzmann.numerics.arrays import Array

#: Effective redshifts of DESI DR2 (arXiv:2503.14738 table 4), where distances are kept.
REDSHIFTS = (0.295, 0.510, 0.706, 0.934, 1.321, 1.484, 2.330)
L_MAX = 3125  # last multipole of the bands of ACT that are fitted; plik-lite ends at 2508


@dataclass(frozen=True)
class CMBObservables:
    """Theory of one cosmology.

    Parameters
    ----------
    TT, TE, EE : (l_max + 1,) arrays
        Lensed C_l [micro-K^2], indexed by multipole.
    PP : (l_max + 1,) array
        C_L of the lensing potential, dimensionless.
    D_M, D_H : (7,) arrays
        Comoving angular distance and c/H at `REDSHIFTS`, over the sound horizon at the drag epoch.
    h : float
        H_0/(100 km/s/Mpc).
    N_eff : float
        As CLASS counts it.
    sigma8 : float
        Of linear matter today, in spheres of 8 Mpc/h.
    Omega_m : float
        Matter today, massive neutrinos included.

    Raises
    ------
    ParameterError
        A spectrum is too short or not finite.
    """

    TT: Array
    TE: Array
    EE: Array
    PP: Array
    D_M: Array
    D_H: Array
    h: float
    N_eff: float
    sigma8: float
    Omega_m: float

    def __post_init__(self) -> None:
        for name in ("TT", "TE", "EE", "PP"):
            values = getattr(self, name)
            if values.shape[0] <= L_MAX:
                raise ParameterError(
                    f"{name} ends at multipole {values.shape[0] - 1}; give C_l for l = 0 to at least {L_MAX}"
                )
            if not np.all(np.isfinite(values)):
                bad = int(np.flatnonzero(~np.isfinite(values))[0])
                raise ParameterError(f"{name} is {values[bad]} at multipole {bad}; give finite numbers")


def observe(parameters: Parameters) -> CMBObservables:
    """Run CLASS (10 to 20 s of one core) and return what the likelihoods need.

    Parameters
    ----------
    parameters : dict
        Of CLASS, with those of `thermal.SPECTRA`.

    Raises
    ------
    ClassyMissing, ParameterError
        As `class_bridge.run_class`.
    """
    with run_class(parameters) as run:
        lensed = run.lensed_cl(L_MAX)
        micro_kelvin = (1e6 * float(run.T_cmb())) ** 2
        D_M, D_H = _distances(run)
        return CMBObservables(
            TT=np.array(lensed["tt"]) * micro_kelvin,
            TE=np.array(lensed["te"]) * micro_kelvin,
            EE=np.array(lensed["ee"]) * micro_kelvin,
            PP=np.array(lensed["pp"]),
            D_M=D_M,
            D_H=D_H,
            h=float(run.h()),
            N_eff=float(run.Neff()),
            sigma8=float(run.sigma8()),
            Omega_m=float(run.Omega_m()),
        )


def _distances(run: Any) -> tuple[Array, Array]:
    """Return D_M and D_H over r_d; CLASS's H is in 1/Mpc."""
    z = np.array(REDSHIFTS)
    angular = np.array([run.angular_distance(a) for a in REDSHIFTS])
    hubble = np.array([run.Hubble(a) for a in REDSHIFTS])
    return angular * (1.0 + z) / run.rs_drag(), 1.0 / hubble / run.rs_drag()

"""The command ``sterile doctor``: what is installed, whether it works, and what to attach to a bug report."""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click

import boltzmann
from boltzmann.cli.commands import _as_json, _progress

#: Distributions that the package needs; what is missing is a failure.
NEEDED = ("numpy", "scipy", "numba", "llvmlite", "astropy", "matplotlib", "xarray", "h5netcdf", "h5py", "click")
#: Distribution -> extra that installs it.
EXTRAS = {
    "classy": "cmb", "primat": "bbn", "cobaya": "cobaya", "getdist": "cobaya", "distributed": "cluster",
    "dask-jobqueue": "cluster", "bokeh": "explore",
}  # fmt: skip
#: What ``sterile --version`` names besides this package and Python.
NAMED = ("numpy", "scipy", "numba", "classy", "primat")
OK, NOTE, FAILED = "ok", "note", "FAILED"


@dataclass(frozen=True)
class Finding:
    """One line of the report.

    Parameters
    ----------
    name, text : str
    state : {"ok", "note", "FAILED"}
    """

    name: str
    text: str
    state: str = OK


def installed(name: str) -> str | None:
    """Return the version of a distribution, None if it is not installed; nothing is imported."""
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def versions() -> str:
    """Return what ``sterile --version`` prints."""
    found = ((name, installed(name)) for name in NAMED)
    others = ", ".join(f"{name} {version}" for name, version in found if version is not None)
    return f"sterile, version {boltzmann.__version__}\nPython {platform.python_version()}, {others}"


def software() -> Iterator[Finding]:
    """Yield versions of this package, Python, the machine and all libraries."""
    yield Finding("sterile-boltzmann", f"{boltzmann.__version__} in {Path(boltzmann.__file__).parent}")
    yield Finding("Python", f"{platform.python_version()} ({sys.executable})")
    yield Finding("machine", f"{platform.platform()}, {os.cpu_count()} cores")
    for name in NEEDED:
        version = installed(name)
        lost = f"missing; pip install {name}"
        yield Finding(name, lost if version is None else version, FAILED if version is None else OK)
    for name, extra in EXTRAS.items():
        version = installed(name)
        lost = f"not installed; pip install 'sterile-boltzmann[{extra}]' adds it"
        yield Finding(name, lost if version is None else version, NOTE if version is None else OK)


def machine() -> Iterator[Finding]:
    """Yield cache, compiler, data."""
    yield _cache()
    compiler = next((path for name in ("cc", "gcc", "clang") if (path := shutil.which(name))), None)
    lost = "none found; only the installation of classy needs one"
    yield Finding("C compiler", compiler or lost, OK if compiler else NOTE)
    yield _data()


def _cache() -> Finding:
    """Look at the folder of compiled kernels and tables."""
    from boltzmann.numerics import cache

    try:
        folder = cache.version_folder()
        cache.ensure_writable(folder)
    except OSError as error:
        return Finding("cache", str(error), FAILED)
    size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 1e6
    kernels = any(folder.rglob("*.nbc"))
    state = "kernels are compiled" if kernels else "no kernels yet: the first solution compiles for about a minute"
    return Finding("cache", f"{folder}, {size:.0f} MB, {state}")


def _data() -> Finding:
    """Open every shipped scan and count the files of data."""
    from boltzmann import datasets
    from boltzmann.comparison import scans

    try:
        folder = datasets.path("lab/lsnd.ecsv").parents[1]
        for name in (*scans.definitions(), *scans.ABUNDANCES):
            scans.load(name).close()
    except (OSError, ValueError, KeyError) as error:
        return Finding("data", f"{error}; install the package again", FAILED)
    return Finding("data", f"{sum(file.is_file() for file in folder.rglob('*'))} files in {folder}, scans can be read")


@dataclass(frozen=True)
class Reference:
    """A number that is known.

    Parameters
    ----------
    name : str
    expected, tolerance : float
    source : str
        Where it is from, and why the tolerance.
    measure : callable (progress) -> float
    """

    name: str
    expected: float
    tolerance: float
    source: str
    measure: Callable[[Callable[[float], None]], float]


def _three_neutrinos(progress: Callable[[float], None]) -> float:
    from boltzmann import Mixing, solve

    return float(solve(Mixing(), progress=progress).N_eff)


def _thermal_sterile(progress: Callable[[float], None]) -> float:
    from boltzmann import Mixing, solve

    return float(solve(Mixing(dm2_41="1.3 eV2", Ue4_sq=0.05), progress=progress).N_eff)


def _without_collisions(progress: Callable[[float], None]) -> float:
    from boltzmann import Mixing, Options, solve

    return float(solve(Mixing(), options=Options(collisions=False), progress=progress).N_eff)


def _by_entropy() -> float:
    """Return N_eff of neutrinos that decoupled long before e+e- annihilation, from the entropy of the plasma alone.

    Derived: s a^3 is conserved, so that (T_gamma/T_nu)^3 = s/T^3 before over after, and N_eff = 3 (11/4)^(4/3)
    (T_nu/T_gamma)^4.
    """
    from boltzmann.plasma.thermo import plasma_entropy

    before, after = (float(plasma_entropy(r, muons=False)) for r in (1e-4, 30.0))
    return float(3.0 * (11.0 / 4.0 * after / before) ** (4.0 / 3.0))


def references() -> tuple[Reference, ...]:
    """Return the numbers of the self-test."""
    return (
        Reference(
            "N_eff of three neutrinos", 3.0440, 5e-4,
            "arXiv:2008.01074, 2012.02726, whose error is 2e-4; ours 2e-4", _three_neutrinos,
        ),
        Reference(
            "N_eff with nu_4 in equilibrium", 4.05, 0.02,
            "3.044 of the active states and 1.00 to 1.015 of a fourth that thermalised before they decoupled",
            _thermal_sterile,
        ),
        Reference(
            "N_eff without weak collisions", _by_entropy(), 2e-4,
            "entropy of the plasma; steps have rtol = 3e-4", _without_collisions,
        ),
    )  # fmt: skip


def self_test() -> Iterator[Finding]:
    """Yield measured against expected, a line for each of `references`."""
    for reference in references():
        start = time.perf_counter()
        try:
            with _progress(reference.name) as progress:
                value = reference.measure(progress)
        except Exception as error:  # noqa: BLE001  whatever it is belongs into the report
            yield Finding(reference.name, f"{type(error).__name__}: {error}", FAILED)
            continue
        good = abs(value - reference.expected) <= reference.tolerance
        text = f"{value:.4f}, expected {reference.expected:.4f} +- {reference.tolerance:g} ({reference.source})"
        yield Finding(reference.name, f"{text}; {time.perf_counter() - start:.1f} s", OK if good else FAILED)


def _advice(failed: bool) -> str:
    """Return what to do next."""
    attach = "For a bug report attach this output, the command or script, and the whole message."
    return f"Something failed. {attach}" if failed else f"All is well. {attach}"


@click.command()
@click.option("--no-test", is_flag=True, help="Leave out the self-test, which compiles kernels if there are none.")
@_as_json
def doctor(no_test: bool, as_json: bool) -> None:
    """Say what is installed and where, measure three reference numbers, and say what to attach to a bug report.

    Exit code 1 if something failed. No name of yours and no environment variable is printed, but paths are.
    """
    findings: list[Finding] = []
    parts: tuple[Callable[[], Iterator[Finding]], ...] = (software, machine, *(() if no_test else (self_test,)))
    for part in parts:
        for finding in part():
            findings.append(finding)
            if not as_json:
                click.echo(f"{finding.state:<7} {finding.name:<32} {finding.text}")
    failed = any(finding.state == FAILED for finding in findings)
    if as_json:
        result: dict[str, Any] = {"ok": not failed, "findings": [asdict(finding) for finding in findings]}
        click.echo(json.dumps(result, indent=2))
    else:
        click.echo(_advice(failed))
    if failed:
        raise click.exceptions.Exit(1)

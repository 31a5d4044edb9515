"""CPU time, steps and peak memory of typical runs; off by default.

pytest tests/benchmarks --benchmark-only
"""

import resource
import time

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from boltzmann import Mixing, Options, solve
from boltzmann.potentials import SecretPseudoscalar, SecretVector

RUNS = {  # mixing, options, secret interactions
    "three neutrinos": (Mixing(), Options()),
    "3+1": (Mixing(dm2_41="1 eV2", Ue4_sq=1e-3), Options()),
    "3+1, fast": (Mixing(dm2_41="1 eV2", Ue4_sq=1e-3), Options(n_momenta=14, rtol=1e-3)),
    "3+1, resonant": (Mixing(dm2_41="-1 eV2", Ue4_sq=1e-3), Options()),
    "three neutrinos, matrix": (Mixing(), Options(coherence="matrix")),
    "3+1, matrix": (Mixing(dm2_41="1 eV2", Ue4_sq=1e-3), Options(coherence="matrix")),
    "secret vector": (Mixing(dm2_41="1 eV2", Ue4_sq=1e-2), Options(), SecretVector(1e-2, "10 MeV")),
    "secret vector, fast": (
        Mixing(dm2_41="1 eV2", Ue4_sq=1e-2),
        Options(n_momenta=14, rtol=1e-3),
        SecretVector(1e-2, "10 MeV"),
    ),
    "secret vector, light": (Mixing(dm2_41="1 eV2", Ue4_sq=1e-2), Options(), SecretVector(1e-3, "10 keV")),
    "secret pseudoscalar": (Mixing(dm2_41="1 eV2", Ue4_sq=1e-2), Options(), SecretPseudoscalar(1e-5)),
}


@pytest.mark.benchmark(timer=time.process_time)  # CPU seconds, not those of other work on the machine
@pytest.mark.parametrize("name", RUNS)
def test_speed(benchmark: BenchmarkFixture, name: str) -> None:
    mixing, options, *secret = RUNS[name]
    solution = benchmark.pedantic(solve, args=(mixing, secret, options), rounds=5, warmup_rounds=1)
    benchmark.extra_info["steps"] = solution.stats.steps
    benchmark.extra_info["peak memory [MB]"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    assert solution.status.ok

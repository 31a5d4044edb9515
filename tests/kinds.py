"""Compile the kernels of runs before the tests, two kinds at a time: ``python -m tests.kinds``.

Each kind of run has machine code of its own (`boltzmann.numerics.jit.optional_kernel`). Tests that run side by side
would compile the same one. Those of both signs, which take longest, are left to the slow tests.
"""

import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from boltzmann import Mixing, Options
from boltzmann.potentials import SecretVector
from boltzmann.solver.run import integrate

MIXING = Mixing(dm2_41="1 eV2", Ue4_sq=1e-3)
SECRET = (SecretVector(1e-2, "10 MeV"),)
KINDS = {
    "secret": (SECRET, "exact"),
    "plain": ((), "exact"),
    "secret, matrix": (SECRET, "matrix"),
    "matrix": ((), "matrix"),
}


def compile_kind(kind: str) -> str:
    """Run a few steps, and what looks at a run afterwards."""
    interactions, coherence = KINDS[kind]
    solution = integrate(MIXING, interactions, Options(n_momenta=8, coherence=coherence, max_steps=3))
    _ = solution.sterile_history, solution.validity
    return kind


if __name__ == "__main__":
    with ProcessPoolExecutor(2, get_context("spawn")) as pool:
        for done in pool.map(compile_kind, KINDS):
            sys.stdout.write(f"compiled: {done}\n")

"""Compile the kernels of every kind of run before the tests, two kinds at a time: ``python -m tests.kinds``.

Each kind has machine code of its own (`boltzmann.numerics.jit.optional_kernel`). Processes of tests that run side by
side would compile the same one.
"""

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from boltzmann import Asymmetry, Mixing, Options
from boltzmann.potentials import SecretVector
from boltzmann.solver.run import integrate

MIXING = Mixing(dm2_41="1 eV2", Ue4_sq=1e-3)
SECRET = (SecretVector(1e-2, "10 MeV"),)
KINDS = {
    "secret, both signs": (SECRET, "exact", Asymmetry()),
    "both signs": ((), "exact", Asymmetry()),
    "secret": (SECRET, "exact", None),
    "plain": ((), "exact", None),
    "secret, matrix": (SECRET, "matrix", None),
    "matrix": ((), "matrix", None),
}


def compile_kind(kind: str) -> str:
    """Run a few steps, and what looks at a run afterwards."""
    interactions, coherence, asymmetry = KINDS[kind]
    options = Options(n_momenta=8, coherence=coherence, max_steps=3)
    solution = integrate(MIXING, interactions, options, asymmetry=asymmetry)
    _ = solution.sterile_history, solution.validity
    return kind


if __name__ == "__main__":
    with ProcessPoolExecutor(2, get_context("spawn")) as pool:
        for done in pool.map(compile_kind, KINDS):
            print("compiled:", done)

"""Density matrices of nu and nubar at all momenta with the whole odd potential: nothing is averaged over oscillations.

    i rho' = [h + V, rho] + i I(rho, rhobar),    i rhobar' = [V - h, rhobar] + i I(rhobar, rho),    V = sqrt2 G_F A

in NumPy, with the matrix form of nu-e collisions (`matrix_rate` of test_collisions, here for all momenta at once) and
without nu-nu. Tables of integrals, vacuum and charged leptons, and z and Hubble rate along the run are those of the
averaged solution that it is compared with; the averaging, the levels and the precession are not.
"""

from __future__ import annotations

import numpy as np
from scipy.integrate import solve_ivp
from scipy.interpolate import CubicSpline

from boltzmann.asymmetries.electron import basic_integrals
from boltzmann.asymmetries.evolution import Run
from boltzmann.asymmetries.populations import background, weak_scale
from boltzmann.asymmetries.problem import G_LEFT
from boltzmann.constants import G_F, G_R, M_E
from boltzmann.numerics.arrays import Array, Complex


def hermitian_basis() -> Complex:
    """Return nine Hermitian matrices with tr B_k B_l = delta_kl, diagonal ones first."""
    basis = np.zeros((9, 3, 3), complex)
    for a in range(3):
        basis[a, a, a] = 1.0
    for n, (a, b) in enumerate(((0, 1), (0, 2), (1, 2))):
        basis[3 + 2 * n, a, b] = basis[3 + 2 * n, b, a] = np.sqrt(0.5)
        basis[4 + 2 * n, a, b], basis[4 + 2 * n, b, a] = -1j * np.sqrt(0.5), 1j * np.sqrt(0.5)
    return basis


B = hermitian_basis()
_PRODUCTS = np.einsum("mab,lbc->mlac", B, B)
#: F_kml: component k of -i[B_m, B_l].
F = np.einsum("kab,mlba->kml", B, -1j * (_PRODUCTS - np.swapaxes(_PRODUCTS, 0, 1))).real
FLAVOURS = 2.0 * (G_LEFT[:, None] * G_LEFT + G_R**2), G_LEFT[:, None] + G_LEFT


class Full:
    """The equation along a run of the averaged solution; states (..., 2, 2, N, 9)[mean or difference] packed."""

    def __init__(self, run: Run) -> None:
        self.problem, s = run.problem, np.log(run.x)
        values = np.array(
            [background(a, u, run.problem.grid, run.problem.plasma)[1:] for a, u in zip(s, run.states, strict=True)]
        )
        self.z, self.log_rate = CubicSpline(s, values[:, 0]), CubicSpline(s, np.log(values[:, 1]))
        self.n = run.problem.grid.y.size
        self.rates, self.flat = np.zeros((4, self.n, self.n)), np.zeros(2 * self.n * (self.n + 1))
        self.first = s[0]

    def terms(self, s: float) -> tuple[Array, float]:
        """Return h of all momenta as components (N, 9), and sqrt2 G_F a^-3 over the Hubble rate."""
        x, z, rate = np.exp(s), float(self.z(s)), float(np.exp(self.log_rate(s)))
        table, y, T = self.problem.charged, self.problem.grid.y, z * M_E / x
        c = T**4 * np.array([np.interp(np.log(T), table[:, 0], table[:, a]) for a in (1, 2, 3)]) * M_E / (x * rate)
        vacuum = self.problem.mass_matrix * x / (2.0 * M_E * rate)
        h = vacuum / y[:, None, None] + y[:, None, None] * np.diag(c)
        return np.einsum("kab,iba->ik", B, h).real, np.sqrt(2.0) * G_F * (M_E / x) ** 3 / rate

    def collide(self, s: float, r: Array) -> Array:
        """Return what nu-e collisions do to components (..., 2, N, 9) of nu and nubar."""
        x, z, rate = np.exp(s), float(self.z(s)), float(np.exp(self.log_rate(s)))
        y, w = self.problem.grid.y, self.problem.grid.w
        basic_integrals(x, z, self.problem.electron, self.flat, self.rates)
        E = np.exp(0.5 * y / z)
        rho, one = np.einsum("...ik,kab->...iab", r, B), np.eye(3)
        other = rho[..., ::-1, :, :, :]
        first, second = FLAVOURS
        R1, R2, A1, A2 = self.rates * w

        def summed(matrix: Array, of: Complex) -> Complex:
            return np.einsum("ij,...jab->...iab", matrix, of)

        up, down, pair = E / E[:, None], E[:, None] / E, 1.0 / (E * E[:, None]) ** 2
        gain = first * summed(R1 * up, rho) - 4.0 * G_R * second * summed(R2 * up, rho)
        gain += first * summed(A1 * pair, one - other) + 2.0 * G_R * second * summed(A2 * pair, one - other)
        loss = first * summed(R1 * down, one - rho) - 4.0 * G_R * second * summed(R2 * down, one - rho)
        loss += first * summed(A1, other) + 2.0 * G_R * second * summed(A2, other)
        half = 0.5 * ((one - rho) @ gain - rho @ loss)
        change = half + np.swapaxes(half.conj(), -1, -2)
        return np.einsum("kab,...iba->...ik", B, change).real * (weak_scale(x, rate) / y**2)[:, None]

    def signs(self, u: Array) -> Array:
        """Return nu and nubar (..., 2, N, 9) of mean and difference (..., 18N)."""
        mean, half = np.moveaxis(u.reshape(*u.shape[:-1], 2, self.n, 9), -3, 0)
        return np.stack([mean + half, mean - half], axis=-3)

    def packed(self, r: Array) -> Array:
        """Return the inverse of `signs`."""
        nu, nubar = np.moveaxis(r, -3, 0)
        return np.stack([0.5 * (nu + nubar), 0.5 * (nu - nubar)], axis=-3).reshape(*r.shape[:-3], -1)

    def hamiltonians(self, s: float, r: Array) -> tuple[Array, float]:
        """Return V + h and V - h (2, N, 9), and the factor of A in V."""
        h, odd = self.terms(s)
        A = np.einsum("i,ik->k", self.problem.weights, r[0] - r[1])
        return np.stack([odd * A + h, odd * A - h]), odd

    def slope(self, s: float, u: Array) -> Array:
        """Return du/ds."""
        r = self.signs(u)
        H, _ = self.hamiltonians(s, r)
        return np.asarray(self.packed(np.einsum("kml,sim,sil->sik", F, H, r) + self.collide(s, r)))

    def jacobian(self, s: float, u: Array) -> Array:
        """Return d(du/ds)/du: commutators exactly, collisions by differences."""
        n, r, size = self.n, self.signs(u), u.size
        H, odd = self.hamiltonians(s, r)
        own = np.einsum("kml,sim->sikl", F, H)
        turned = odd * np.einsum("kml,sil->sikm", F, r)
        J = np.zeros((2, n, 9, 2, n, 9))
        sign = np.array([1.0, -1.0])
        J += np.einsum("sikm,t,j->siktjm", turned, sign, self.problem.weights)
        for t in range(2):
            for i in range(n):
                J[t, i, :, t, i, :] += own[t, i]
        change = np.array([self.packed(J.reshape(2, n, 9, -1)[..., c]) for c in range(size)])  # (column of r, row of u)
        columns = np.eye(size)
        of_signs = self.signs(columns).reshape(size, -1)  # what a column of u is in r
        commutators = (of_signs @ change).T
        step = 1e-6
        moved = self.packed(self.collide(s, self.signs(u + step * columns))) - self.packed(self.collide(s, r))
        return np.asarray(commutators + moved.T / step)

    def asymmetry(self, u: Array) -> Complex:
        """Return A (3, 3)."""
        r = self.signs(u)
        return np.asarray(np.einsum("i,ik,kab->ab", self.problem.weights, r[0] - r[1], B))

    def follow(self, r: Array, T: Array, scale: float) -> Array:
        """Return A (n, 3, 3) at photon temperatures ``T``, from occupations r (2, 3, N) of flavours.

        ``scale`` is the size of xi, by which errors of differences are measured.
        """
        start = np.zeros((2, self.n, 9))
        start[..., :3] = np.swapaxes(r, 1, 2)
        grid = np.linspace(self.first, self.z.x[-1], 20000)
        s = np.interp(-np.log(T), -np.log(self.z(grid) * M_E / np.exp(grid)), grid)
        found = solve_ivp(
            self.slope,
            (self.first, s[-1]),
            self.packed(start),
            "Radau",
            s,
            rtol=1e-5,
            atol=1e-6 * scale,
            jac=self.jacobian,
        )
        assert found.success, found.message
        return np.array([self.asymmetry(u) for u in found.y.T])

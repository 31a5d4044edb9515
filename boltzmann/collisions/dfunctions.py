"""The angular integrals D1, D2, D3 of four-momentum conservation (Dolgov, Hansen & Semikoz, hep-ph/9703315).

One sign sum gives all of them (derived by expanding the products of sin and cos under the radial integral): over
t_2, t_3, t_4 = +-1 with t_1 = 1, sigma = t_2 t_3 t_4, u_i = t_i y_i, K = sum u_i and e_k the elementary symmetric
polynomials of u,

    D1 = -SUM sigma |K|,     D2(a, b) = -(1/6) SUM sigma [6 u_a u_b |K| - 3 (u_a + u_b) K |K| + |K|^3],
    D3 = -(1/120) SUM sigma [120 e_4 |K| - 60 e_3 K |K| + 20 e_2 |K|^3 - 4 |K|^5].
"""

from boltzmann.numerics.jit import kernel


@kernel
def allowed(y1: float, y2: float, y3: float, y4: float) -> bool:
    """Return whether four momenta can close a polygon; outside all D vanish."""
    total = y1 + y2 + y3 + y4
    return 2.0 * max(y1, y2, y3, y4) < total


@kernel
def d_functions(
    y1: float, y2: float, y3: float, y4: float
) -> tuple[float, float, float, float, float, float, float, float]:
    """Return D1, D3, D2(1,2), D2(3,4), D2(1,4), D2(2,3), D2(1,3), D2(2,4)."""
    d1 = d3 = d12 = d34 = d14 = d23 = d13 = d24 = 0.0
    for signs in range(8):
        u2 = y2 if signs & 1 else -y2
        u3 = y3 if signs & 2 else -y3
        u4 = y4 if signs & 4 else -y4
        sigma = 1.0 if (u2 > 0) ^ (u3 > 0) ^ (u4 > 0) else -1.0
        K = y1 + u2 + u3 + u4
        modulus = sigma * abs(K)
        square = K * K
        e2 = y1 * (u2 + u3 + u4) + u2 * (u3 + u4) + u3 * u4
        e3 = y1 * (u2 * (u3 + u4) + u3 * u4) + u2 * u3 * u4
        d1 -= modulus
        d3 -= modulus * (y1 * u2 * u3 * u4 - 0.5 * e3 * K + square * (e2 / 6.0 - square / 30.0))
        d12 -= modulus * (y1 * u2 - 0.5 * (y1 + u2) * K + square / 6.0)
        d34 -= modulus * (u3 * u4 - 0.5 * (u3 + u4) * K + square / 6.0)
        d14 -= modulus * (y1 * u4 - 0.5 * (y1 + u4) * K + square / 6.0)
        d23 -= modulus * (u2 * u3 - 0.5 * (u2 + u3) * K + square / 6.0)
        d13 -= modulus * (y1 * u3 - 0.5 * (y1 + u3) * K + square / 6.0)
        d24 -= modulus * (u2 * u4 - 0.5 * (u2 + u4) * K + square / 6.0)
    return d1, d3, d12, d34, d14, d23, d13, d24

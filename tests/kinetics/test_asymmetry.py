"""Growth of a lepton asymmetry: against Bloch vectors of both signs, a momentum-resolved second road, and limits."""

from functools import cache

import numpy as np
import pytest
from scipy.integrate import quad

from boltzmann.kinetics import asymmetry
from boltzmann.kinetics.asymmetry import growth_exponent, growth_rate, looked_at, might_grow, passing
from boltzmann.kinetics.levels import Levels, _density, at_points, fill_levels, is_swept, majorana_flips
from boltzmann.parameters import Mixing, Options
from boltzmann.potentials import SecretPseudoscalar, SecretVector
from boltzmann.solver import integrate
from boltzmann.solver.tables import history_of
from tests import quasistatic as qs
from tests.two_helicity import grow

# e_s, M [MeV] -> T_gamma [MeV] at which the exponent passes 25 for 1 eV^2, |U_mu4|^2 = 0.01: an earlier quasi-static
# estimate of the project; and T at which full equations of both signs left the symmetric branch (|n_s - nbar_s| = 1e-3
# of a species from L = 1e-7 to 1e-4: exponents 5 to 15) at 1.7 eV^2, |U_e4|^2 = 0.02, |U_mu4|^2 = 0.015
ONSET = {(0.1, 10): 0.62, (0.1, 100): 2.5, (0.1, 300): 4.6, (0.1, 1000): 8.8, (0.01, 300): 4.8, (1e-3, 100): 2.8}
LEFT = {(0.1, 10): 0.72, (0.1, 100): 2.8, (0.1, 300): 5.3, (0.1, 1000): 9.9}
ONE = {"dm2_41": "1 eV2", "Umu4_sq": 0.01}
BEST = {"dm2_41": "1.7 eV2", "Ue4_sq": 0.02, "Umu4_sq": 0.015}
QUICK = Options(n_momenta=14, rtol=1e-3)


def vector(e_s, M):
    return (SecretVector(coupling=e_s, mediator_mass=f"{M} MeV"),)


@cache
def history(options=None, interactions=(), **mixing):
    return history_of(integrate(Mixing(**mixing), interactions, options or Options()))


def rates(parts, odd=(), change=lambda rho: rho):
    """T_gamma [MeV], s, and growth rates along a run."""
    x, z, rho, bath, tables = parts
    i = looked_at(x)
    rate = growth_rate(fill_levels(x[i], z[i], change(rho[i, 0]), (bath[0][i], bath[1][i]), tables, odd))
    return 0.51099895 * z[i] / x[i], np.log(x[i]), rate


def onset(parts, odd, exponent=25.0):
    T, s, rate = rates(parts, odd)
    return float(np.exp(np.interp(passing(s, rate, growth_exponent(s, rate), exponent), s, np.log(T))))


# --- one momentum: Bloch vectors of both signs -----------------------------------------------------------------------


def one_momentum(V, mixing, R_a, Gamma_s, coupling, f):
    """Levels of one momentum, spread evenly over y = 0 to 1; H = 1 is to be negligible."""
    ones = np.ones((1, 1, 5))
    spread = np.ones((1, 5))
    return Levels(
        np.linspace(0, 1, 5), V * ones, mixing * ones, R_a * ones, Gamma_s * ones, f * ones, spread, spread,
        coupling * spread, np.zeros(1), np.zeros(1),
    )  # fmt: skip


def bloch_growth(V, mixing, R_a, Gamma_s, coupling, f):
    """Largest growth rate of n_s - nbar_s in the linearised equations of both signs, f_a = f and f_s = 0 held.

    State of each sign: x, y, f_a, f_s; relaxation acts on sums of both signs alone, which leaves their differences.
    """
    D = 0.5 * (R_a + Gamma_s)

    def change(u):
        signs = u.reshape(2, 4)
        asymmetry_now = coupling * (signs[0, 3] - signs[1, 3])
        out = np.zeros((2, 4))
        for (x, y, a, s), sign, row in zip(signs, (1, -1), out, strict=True):
            level = V + sign * asymmetry_now
            row[:] = -D * x - level * y, level * x - D * y - mixing * (a - s), 0.5 * mixing * y, -0.5 * mixing * y
        even = signs.mean(axis=0)
        out[:, 2] -= out[:, 2].mean() + 1e3 * (even[2] - f)
        out[:, 3] -= out[:, 3].mean() + 1e3 * even[3]
        return out.ravel()

    y = -D * mixing * f / (D**2 + V**2)
    rest = np.tile([-V * y / D, y, f, 0.0], 2)
    assert np.abs(change(rest)).max() < 1e-9 * abs(V * f * mixing)
    step = 1e-6
    J = np.stack([(change(rest + step * e) - change(rest - step * e)) / (2 * step) for e in np.eye(8)], axis=1)
    return float(np.linalg.eigvals(J).real.max())


def rate_at(levels, gamma):
    """Largest real part of an eigenvalue of K."""
    return asymmetry._largest(*asymmetry._matrix(asymmetry._parts(levels), gamma))


@pytest.mark.parametrize(
    ("V", "mixing", "D", "coupling"),
    [
        (-1e5, 500.0, 1e4, 1e7),  # stationary coherences
        (-1e5, 500.0, 1e4, 1.5e9),  # growth of the order of damping: 1 + gamma/2D more than stationary ones allow
        (-3e5, 300.0, 2e4, -1e8),  # of the wrong sign
        (3e5, 300.0, 2e4, 1e8),  # V > 0
    ],
)
def test_growth_rate_of_one_momentum(V, mixing, D, coupling):
    """R is below 1% of the growth rate, so that what it refills does not matter."""
    point = V, mixing, 0.0, 2 * D, coupling, 0.3
    levels, exact = one_momentum(*point), bloch_growth(*point)
    rate = rate_at(levels, max(exact, 0.0))[0]
    if V * coupling > 0:
        assert rate < 0.0 >= exact - 1e-6
    else:
        assert rate == pytest.approx(exact, rel=0.01)
        assert exact > 10.0


def test_the_largest_root_is_found(monkeypatch):
    # rate(gamma) = SUM of plateaus that end at given gammas: gamma = rate(gamma) up to three times, and nowhere
    tried = asymmetry._TRIED
    heights = [(), (30.0,), (0.01,), (0.5, 30.0, 4e5), (1e9,)]

    def matrix(parts, gamma):  # of one flavour: the rate is the sum of both parts
        rate = np.array([sum((h for h in heights[int(k)] if gamma < 3.0 * h), -1.0) for k in parts.standard])
        return 0.25 * rate[:, None], 0.75 * rate[:, None]

    monkeypatch.setattr(asymmetry, "_matrix", matrix)
    n = len(heights)
    full = np.ones((n, 1, 2))
    levels = Levels(np.arange(2.0), *[full] * 5, *[full[:, 0]] * 3, np.arange(float(n)), np.zeros(n))
    root = asymmetry._largest_roots(asymmetry._parts(levels), np.full(n, tried.size - 1))
    assert np.isnan(root[[0, 2]]).all()
    for k, height in ((1, 30.0), (3, 4e5)):  # in the interval of the largest sign change, a factor 10 wide
        j = np.flatnonzero(tried < height).max()
        assert tried[j] <= root[k] <= tried[j + 1]
    assert root[4] == tried[-1]  # beyond all that is tried


def test_growth_rates_beyond_the_bound_are_below_themselves():
    # rates of any size, at resonances that lie at any place and none: from the index on, no gamma is a root
    random = np.random.default_rng(2)
    n, m = 60, 40
    y, size = np.sort(random.uniform(0.1, 20.0, m)), (n, 2, m)
    V = random.normal(size=(n, 2, 1)) * 10.0 ** random.uniform(2, 6, (n, 2, 1)) + 1e4 * y
    mixing, refill = (10.0 ** random.uniform(low, 5, (n, 1, 1)) * np.ones(size) for low in (0, 1))
    contrast = random.normal(size=size) * 10.0 ** random.uniform(0, 14, (n, 1, 1))
    shape = np.full((n, m), 1.0 / np.ptp(y))
    levels = Levels(y, V, mixing, refill, refill[:, :1], contrast, shape, shape, 0 * shape, np.ones(n), np.zeros(n))
    first, last = asymmetry._first_tried(levels), np.full(n, -1)
    for j, gamma in enumerate(asymmetry._TRIED):
        over = rate_at(levels, float(gamma)) >= gamma
        last[over] = j
    assert np.all((last < first) | (first == asymmetry._TRIED.size - 1))
    assert len(set(last)) > 4  # roots of all sizes
    assert np.mean(first[last >= 0] - last[last >= 0]) < 4  # the bound is of use


def test_resonances_between_momenta_are_integrated_in_closed_form():
    y = np.linspace(0.0, 1.0, 6)
    V, A, W = 3.0 * y - 1.0, 1.0 + y**2, 1e-3
    area, odd = asymmetry._integrals(np.diff(y), V[None, None, :-1], np.diff(V)[None, None], np.full((1, 1, 5), W))
    points = {"points": [1 / 3 - 2 * W, 1 / 3, 1 / 3 + 2 * W], "limit": 500, "epsrel": 1e-10}

    def linear(t):
        return np.interp(t, y, A)

    direct = quad(lambda t: linear(t) / (W**2 + (3 * t - 1) ** 2), 0, 1, **points)[0]
    assert A @ area[0, 0] == pytest.approx(direct, rel=1e-6)
    direct = quad(lambda t: 2 * linear(t) * (3 * t - 1) / (W**2 + (3 * t - 1) ** 2) ** 2, 0, 1, **points)[0]
    assert A @ odd[0, 0] == pytest.approx(direct, rel=1e-6)


@pytest.mark.parametrize(("first", "last"), [(-1e6, 1.0), (1.0, 1e6), (1e6, -1.0), (-1e6, -1.0), (1e6, 1e6 + 1.0)])
def test_narrow_resonances_at_a_momentum_keep_their_digits(first, last):
    """W = 1 is a millionth of V elsewhere: int dy V/(1 + V^2) = ln[(1 + V_1^2)/(1 + V_0^2)]/2V', to rounding."""
    V = np.array([first, last])
    area, _ = asymmetry._integrals(np.ones(1), V[None, None, :1], np.diff(V)[None, None], np.ones((1, 1, 1)))
    expected = 0.5 * (np.log1p(last**2) - np.log1p(first**2)) / (last - first)
    assert V @ area[0, 0] == pytest.approx(expected, rel=1e-13 if abs(last - first) > 1.0 else 1e-8)  # ln 1e12 twice


def test_wide_resonances_are_integrated_without_cancellation():
    """W beyond V and all that V changes by: 1/W^2 and 2 V/W^4, to (V/W)^2; logarithms of ratios would have nothing."""
    y = np.linspace(0.0, 1.0, 6)
    V, A, W = 1.0 + 1e-3 * y, 1.0 + y**2, 1e4
    area, odd = asymmetry._integrals(np.diff(y), V[None, None, :-1], np.diff(V)[None, None], np.full((1, 1, 5), W))
    assert A @ area[0, 0] == pytest.approx(np.trapezoid(A, y) / W**2, rel=1e-7)
    # of 1/W^2 what is left is rounding: 1e-16 W^2/(V dV) of an odd integral
    assert A @ odd[0, 0] == pytest.approx(2.0 * np.trapezoid(A * V, y) / W**4, rel=1e-16 * W**2 / 2e-4 * 10)


def test_eigenvalues_have_a_bound():
    random = np.random.default_rng(3)
    shared, own = random.normal(size=(2, 500, 3)) * 10.0 ** random.uniform(-3, 3, (2, 500, 1))
    K = shared[..., None] + own[..., None] * np.eye(3)
    assert np.abs(np.linalg.eigvals(K).imag).max() > 0.1  # complex ones too
    largest = asymmetry._largest(shared, own)
    assert np.all(largest <= asymmetry._at_most(shared, own) + 1e-9)  # rounding of 1e3
    positive = asymmetry._at_most(np.abs(shared), np.abs(own)), asymmetry._largest(np.abs(shared), np.abs(own))
    assert np.median(positive[0] / positive[1]) < 1.5  # it is of use


def random_levels(n=40, m=12):
    """Levels of two flavours, V and f_a - f_s of both signs."""
    random = np.random.default_rng(4)
    V, contrast = random.normal(size=(2, n, 2, m)) * [[[[1e5]]], [[[1e8]]]]
    mixing, refill = np.full((n, 2, m), 3e3), np.full((n, 2, m), 1e3)
    C, shape = random.uniform(0.0, 1e3, (n, m)), np.full((n, m), 1.0)
    y = np.linspace(0.1, 1.1, m)
    return Levels(y, V, mixing, refill, refill[:, :1], contrast, shape, shape, C, np.ones(n), np.zeros(n))


def test_no_asymmetry_grows_where_every_momentum_damps():
    levels = random_levels()
    assert might_grow(levels).all()
    for sign in (1.0, -1.0):
        V, contrast = sign * np.abs(levels.splitting), sign * np.abs(levels.contrast)
        damped = levels._replace(splitting=V, contrast=contrast)
        assert not might_grow(damped).any()
        assert not might_grow(damped._replace(secret=0.0 * levels.secret)).any()
        assert might_grow(damped._replace(secret=-levels.secret)).all()
        for gamma in (0.0, *asymmetry._TRIED):
            assert np.all(rate_at(damped, float(gamma)) <= 0.0)
        assert np.all(growth_rate(damped) <= 0.0)


def test_an_asymmetry_might_grow_where_level_and_contrast_change_signs_between_two_momenta():
    # each node damps, but the two signs change at different places
    step = np.sign(np.arange(12) - 5.5)
    levels = random_levels()
    V, contrast = (np.broadcast_to(part * step, (40, 2, 12)) for part in (1e5, 1e8))
    assert np.all(V * contrast > 0.0)
    assert might_grow(levels._replace(splitting=V, contrast=contrast)).all()


# --- the exponent ----------------------------------------------------------------------------------------------------


def test_exponent_starts_again_after_damping():
    s = np.linspace(0.0, 4.0, 4001)
    rate = np.select([s < 1, s < 2], [3.0, -10.0], 5.0)
    exponent = growth_exponent(s, rate)
    assert exponent[1000] == pytest.approx(3.0, abs=0.02)  # a step of 1e-3 at each jump
    assert exponent[1999] == 0.0
    assert exponent[-1] == pytest.approx(10.0, abs=0.02)
    assert passing(s, rate, exponent, 5.0) == pytest.approx(3.0, abs=2e-3)
    assert np.isnan(passing(s, rate, exponent, 25.0))


def test_exponent_of_a_power_law_is_exact_on_few_points():
    s = np.linspace(0.0, 2.0, 6)
    rate = np.exp(10.0 * (s - 1.0))
    exponent = growth_exponent(s, rate)
    np.testing.assert_allclose(exponent, (rate - rate[0]) / 10.0, rtol=1e-12)
    assert passing(s, rate, exponent, 25.0) == pytest.approx(1.0 + np.log(250.0) / 10.0, abs=1e-6)


def test_steps_in_a_sweep_are_looked_at_but_for_the_shortest():
    x = np.exp(np.linspace(np.log(3e-3), 0.0, 600))
    swept = (x > 0.01) & (x < 0.03)
    i = looked_at(x, swept)
    assert set(np.flatnonzero(swept)) <= set(i)
    dense = np.sort(np.concatenate([x, x[swept] * (1.0 + 1e-4)]))
    assert np.count_nonzero(looked_at(dense, (dense > 0.01) & (dense < 0.03))) <= i.size + 1
    assert np.diff(np.log(x[i[x[i] < 0.01]])).min() > 0.08 > np.diff(np.log(x)).max()
    assert np.array_equal(looked_at(x, np.zeros(x.size, bool)), looked_at(x))


def test_exponent_of_a_sweep_hangs_on_no_step():
    """-1 eV^2, |U_e4|^2 = 0.01: another rounding moved the steps, and the exponent went from 12 to 33.

    Every second step of one with rtol = 1e-5, or the other ones, give 16 to 20 (of one with the default, whose steps
    between nodes are longer, 15 to 23); what a front does to nodes between steps is the rest.
    """
    parts = history(Options(rtol=1e-5), dm2_41="-1 eV2", Ue4_sq=1e-2)
    x, z, rho, bath, tables = parts
    levels = fill_levels(x, z, rho[:, 0], bath, tables, ())
    swept = is_swept(levels)
    assert swept[(0.5110 * z / x > 9.0) & (0.5110 * z / x < 30.0)].all()
    found = []
    for chosen in (slice(None), slice(0, None, 2), slice(1, None, 2)):
        rate = growth_rate(at_points(levels, np.arange(x.size)[chosen]))
        found.append(growth_exponent(np.log(x[chosen]), rate)[x[chosen] < 0.06].max())
    assert found[0] == pytest.approx(18.0, abs=3.0)  # 17.6, 18.2 with two roundings; 17.8 to 18.5 with 24 to 40 momenta
    np.testing.assert_allclose(found[1:], found[0], atol=4.0)


def test_flips_of_a_majorana_neutrino():
    """Gamma_s = g k/T, as of a contact interaction: 2 g (m/2T)^2 <T/k>, with <T/k> = ln 2/(pi^2/6) over f (1 - f)."""
    T, g, m = 5.0, 3e4, 1e-3
    y = np.linspace(1e-4, 40.0, 4001)
    levels = one_momentum(0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    levels = levels._replace(y=y, refill_s=(g * y)[None, None], shape_s=_density(y, y[None]))
    found = majorana_flips(levels, np.array([0.51099895 / T]), m)
    assert found[0] == pytest.approx(2.0 * g * (0.5 * m / T) ** 2 * np.log(2.0) / (np.pi**2 / 6.0), rel=1e-3)


# --- onset along runs ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("e_s", "M"), [(0.1, 100), (0.01, 300), (1e-3, 100)])
def test_onset_with_muon_mixing(e_s, M):
    check_onset(ONE, e_s, M, ONSET[e_s, M])


@pytest.mark.slow
@pytest.mark.parametrize(("e_s", "M"), [(0.1, 10), (0.1, 300), (0.1, 1000)])
def test_more_onsets_with_muon_mixing(e_s, M):
    check_onset(ONE, e_s, M, ONSET[e_s, M])


def check_onset(mixing, e_s, M, expected):
    interactions = vector(e_s, M)
    found = onset(history(None, interactions, **mixing), tuple(i.odd_potential() for i in interactions))
    assert found == pytest.approx(expected, rel=0.2)  # growth goes like T^-10: 20% is the factor 6 of an estimate


@pytest.mark.parametrize(("e_s", "M"), LEFT)
def test_onset_at_laboratory_mixing(e_s, M):
    """Between exponents 5 and 25 the full equations left the symmetric solution; T_leave within 8%."""
    interactions = vector(e_s, M)
    parts = history(QUICK, interactions, **BEST)
    odd = tuple(i.odd_potential() for i in interactions)
    first, last = onset(parts, odd, 5.0), onset(parts, odd, 25.0)
    assert last < first
    assert 0.92 * last < LEFT[e_s, M] < 1.08 * first


def compare_with_second_road(e_s, M, T_end):
    interactions = vector(e_s, M)
    second = grow(qs.Point(e_s, M), T_end)
    for exponent in (5.0, 25.0):
        found = onset(history(None, interactions, **ONE), tuple(i.odd_potential() for i in interactions), exponent)
        # 2-4% are differences of the symmetric states and of the spectrum between momenta, 1% are steps
        assert found == pytest.approx(second.temperature(exponent), rel=0.05)


@pytest.mark.slow
def test_onset_agrees_with_second_road():
    compare_with_second_road(0.1, 100, 1.9)


@pytest.mark.slow
@pytest.mark.parametrize(("e_s", "M", "T_end"), [(0.1, 300, 3.4), (0.1, 1000, 6.5)])
def test_more_onsets_agree_with_second_road(e_s, M, T_end):
    compare_with_second_road(e_s, M, T_end)


@pytest.mark.parametrize("n_momenta", [14, 28])
def test_onset_does_not_depend_on_the_momenta(n_momenta):
    interactions = vector(0.1, 300)
    found = onset(
        history(Options(n_momenta=n_momenta), interactions, **ONE), tuple(i.odd_potential() for i in interactions)
    )
    assert found == pytest.approx(3.88, rel=0.02)  # 3.92, 3.85, 3.84, 3.84 for 14, 20, 28, 40 momenta


def test_without_resonance_an_asymmetry_is_damped():
    """dm2_41 > 0 in the Standard Model: V > 0 for all momenta and temperatures."""
    _, _, rate = rates(history(QUICK, dm2_41="1 eV2", Ue4_sq=1e-3, Umu4_sq=1e-3))
    assert np.all(rate <= 0.0)


def test_limits_of_the_coupling():
    """The odd part is what makes it grow: e_s -> 0, M -> infinity in it, and the opposite sign, damp."""
    interactions = vector(0.1, 300)
    parts, odd = history(None, interactions, **ONE), interactions[0].odd_potential()
    assert np.max(growth_exponent(*rates(parts, (odd,))[1:])) > 1e3
    hot = rates(parts)[0] > 3.0
    for weaker in (odd._replace(tadpole=0.0, exchange=0.0), odd._replace(tadpole=1e-20, exchange=1e-20)):
        assert np.max(growth_exponent(*(part[hot] for part in rates(parts, (weaker,))[1:]))) < 0.5
    opposite = odd._replace(tadpole=-odd.tadpole, exchange=-odd.exchange)
    assert np.max(growth_exponent(*(part[hot] for part in rates(parts, (opposite,))[1:]))) < 0.5


def test_equal_populations_do_not_drive():
    interactions = vector(0.1, 300)

    def equal(rho):
        return rho * np.eye(4) * 0 + np.eye(4) * rho[..., 1:2, 1:2]

    assert np.all(rates(history(None, interactions, **ONE), (interactions[0].odd_potential(),), equal)[2] <= 0.0)


def test_hot_dark_sector_is_stable():
    """T_s > M: V_s > 0."""
    interactions = vector(0.1, 1)
    T, _, rate = rates(history(None, interactions, **ONE), (interactions[0].odd_potential(),))
    assert np.all(rate[T > 6.0] <= 0.0)  # T_s/T_gamma = 0.465


def test_small_mixing_below_the_active_states_grows_and_large_mixing_does_not():
    """Large mixing has thermalised before (hep-ph/0102125: asymmetries of the resonant case need small mixing)."""
    exponents = {
        u: np.max(growth_exponent(*rates(history(None, dm2_41="-1 eV2", Umu4_sq=u))[1:])) for u in (1e-5, 1e-3)
    }
    assert exponents[1e-5] > 1e4
    assert exponents[1e-3] < 25.0


@pytest.mark.parametrize(("g_s", "m_phi"), [(1e-3, "1 MeV"), (1e-5, "0.1 eV")])
def test_light_pseudoscalars_are_stable(g_s, m_phi):
    """T_s >> M while nu_s are produced: V > 0, and flips and conversion are all there is."""
    interactions = (SecretPseudoscalar(coupling=g_s, mediator_mass=m_phi),)
    assert np.all(rates(history(QUICK, interactions, **ONE), (interactions[0].odd_potential(),))[2] <= 0.0)


def test_heavy_pseudoscalar_grows_where_a_vector_does_not():
    """C < 0: damped where |V_s| exceeds the vacuum term, V < 0, as it does above 1 MeV; growing below."""
    interactions = (SecretPseudoscalar(coupling=0.1, mediator_mass="100 MeV"),)
    parts, odd = history(None, interactions, **ONE), interactions[0].odd_potential()
    T, _, rate = rates(parts, (odd,))
    as_vector = rates(parts, (odd._replace(exchange=-odd.exchange, flips=None),))[2]
    assert np.max(rate[T > 1.0]) < 0.1
    assert np.max(rate[(T > 0.2) & (T < 0.6)]) > 1e3
    assert np.max(as_vector[T > 1.0]) > 100.0

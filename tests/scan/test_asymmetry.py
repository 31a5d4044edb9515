"""Asymmetries as axes of a scan."""

from pathlib import Path

import numpy as np
import pytest

from boltzmann import Asymmetry, Mixing, Options, ParameterError
from boltzmann.cli.scan import read
from boltzmann.scan import scan
from boltzmann.scan.axes import Model, Samples, asymmetry_of, space
from boltzmann.scan.point import Template, evaluate
from boltzmann.solver import run

QUICK = Options(n_momenta=8)


def built(axes, asymmetry: Asymmetry | None = None) -> Model:
    model = Model(Mixing(), (), QUICK, asymmetry_of(axes) if asymmetry is None else asymmetry)
    points = space(axes, model)
    return Template.of(model, points).build(points.values(0))


def test_axes_make_an_asymmetry() -> None:
    assert built({"xi_e": [0.1], "xi_tau": [-0.2]}).asymmetry == Asymmetry(xi_e=0.1, xi_tau=-0.2)
    assert built({"xi": [0.1]}).asymmetry == Asymmetry(xi=0.1)
    assert built({"L": [0.01]}, Asymmetry(eta=0.0)).asymmetry == Asymmetry(L=0.01, eta=0.0)
    assert built({"xi_e": [0.1]}, Asymmetry(xi_mu=0.3)).asymmetry == Asymmetry(xi_e=0.1, xi_mu=0.3)
    assert asymmetry_of(Samples({"Asymmetry.xi_mu": [0.1, 0.2]})) == Asymmetry()
    assert asymmetry_of({"Ue4_sq": [0.1]}) is None


def test_records_without_asymmetry_do_not_name_it() -> None:
    model = Model(Mixing(), (), QUICK)
    points = space({"n_momenta": [8, 9]}, model)
    assert set(Template.of(model, points).inputs(points.values(0))) == {"mixing", "options", "interactions"}


def test_an_unknown_axis_is_told_about_them() -> None:
    with pytest.raises(ParameterError, match="did you mean xi_mu"):
        space({"xi_m": [0.1]}, Model(Mixing(), (), QUICK))


def test_what_no_asymmetry_allows_is_a_status() -> None:
    model = Model(Mixing(), (), QUICK, Asymmetry())
    points = space({"xi_e": [9.0]}, model)
    assert evaluate(Template.of(model, points), points.values(0), checked=False).status == "INVALID_INPUT"


@pytest.mark.filterwarnings("ignore::boltzmann.ValidityWarning")
def test_a_scan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # opposite xi have one N_eff up to the CP phase of the default mixing and the phases of the oscillation
    monkeypatch.setattr(run, "three_state_N_eff", lambda *_: 3.044)  # only delta_N_eff needs it: another solver
    file = tmp_path / "scan.toml"
    file.write_text(
        "[options]\nn_momenta = 8\n[asymmetry]\nxi_mu = 0.0\n[axes]\nxi_e = [-0.2, 0.2]\n", encoding="utf-8"
    )
    axes, inputs, _ = read(file)
    data = scan(axes, **inputs, progress=False, workers=1, error_every=0)
    assert np.all(data["status"] == 0)
    assert data["N_eff"].values[0] == pytest.approx(data["N_eff"].values[1], abs=1e-3)
    assert data["N_eff"].values[0] > 3.046

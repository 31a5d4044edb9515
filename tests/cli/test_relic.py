"""Relics on the command line, in TOML files and in scans."""

import json
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from boltzmann import Mixing, Options
from boltzmann.cli import main
from boltzmann.cli.options import ALIASES, RELIC, build_interactions, parse_interaction
from boltzmann.cli.scan import read
from boltzmann.parameters import ParameterError
from boltzmann.potentials import HeavyNeutralLepton, ThermalRelic
from boltzmann.scan import linear, scan
from boltzmann.scan.axes import Model, resolve, space
from boltzmann.scan.dataset import parameters_toml

LEPTON = "mass=20 MeV,tau=0.1 s,channels=nu_e gamma: 0.5; nu_mu X(5 MeV): 0.5,T_N_over_T=0.7937"
QUICK = Options(n_momenta=8, rtol=1e-3)


def sterile(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


def built(text: str) -> object:
    given = {**dict.fromkeys(ALIASES, ()), RELIC: (text,)}
    (relic,) = build_interactions({name: [] for name in given}, given)
    return relic


def test_keys_tell_which_relic_is_meant() -> None:
    lepton = built(LEPTON)
    assert isinstance(lepton, HeavyNeutralLepton)
    assert lepton.branching_ratios == {"nu_e gamma": 0.5, "nu_mu X(5 MeV)": 0.5}
    assert lepton.T_N_over_T == 0.7937
    assert built("mass=100 MeV,Ue4_sq=1e-5,majorana=false") == HeavyNeutralLepton(
        mass="100 MeV", Ue4_sq=1e-5, majorana=False
    )
    assert built("mass=5 MeV,couples_to=nu,g=2,statistics=fermion") == ThermalRelic(
        mass="5 MeV", couples_to="nu", g=2.0, statistics="fermion"
    )
    with pytest.raises(ParameterError, match="did you mean lifetime"):
        built("mass=5 MeV,liftime=1 s")
    with pytest.raises(ParameterError, match="comes twice"):
        parse_interaction(RELIC, "mass=5 MeV,mass=6 MeV")


def test_solve_with_a_relic(tmp_path: Path) -> None:
    file = tmp_path / "point.toml"
    file.write_text("[relic]\nmass = '20 MeV'\nlifetime = '0.1 s'\nchannels = 'e+ e-'\nT_N_over_T = 0.7937\n")
    quick = ["--n-momenta", "8", "--rtol", "1e-3", "--json"]
    by_file = sterile("solve", "--config", str(file), *quick)
    assert by_file.exit_code == 0, by_file.output
    text = "mass=20 MeV,lifetime=0.1 s,channels=e+ e-,T_N_over_T=0.7937"
    by_line = sterile("solve", "--relic", text, *quick)
    first, second = json.loads(by_file.stdout), json.loads(by_line.stdout)
    assert first["N_eff"] == second["N_eff"]
    assert first["delta_N_eff"] < 0.0
    spoken = sterile("solve", "--relic", text, *quick[:-1])
    assert "tau = 0.1 s" in spoken.stdout


def test_solve_with_two_relics_beside_a_sterile_state(tmp_path: Path) -> None:
    """``--relic`` and ``[[relic]]`` may come twice; each is what its keys say."""
    first, second = "mass=20 MeV,lifetime=0.1 s,channels=e+ e-,inverse_decays=false", "mass=5 MeV,couples_to=e"
    file = tmp_path / "point.toml"
    file.write_text(
        "[mixing]\ndm2_41 = '1 eV2'\nUe4_sq = 1e-3\n[[relic]]\nmass = '20 MeV'\nlifetime = '0.1 s'\n"
        "channels = 'e+ e-'\ninverse_decays = false\n[[relic]]\nmass = '5 MeV'\ncouples_to = 'e'\n"
    )
    quick = ["--n-momenta", "8", "--rtol", "1e-3", "--json"]
    by_file = sterile("solve", "--config", str(file), *quick)
    mixing = ["--dm2-41", "1 eV2", "--ue4-sq", "1e-3"]
    by_line = sterile("solve", *mixing, "--relic", first, "--relic", second, *quick)
    assert by_file.exit_code == by_line.exit_code == 0, by_file.output + by_line.output
    one, other = json.loads(by_file.stdout), json.loads(by_line.stdout)
    assert one["N_eff"] == other["N_eff"]
    assert "relic 2 is part of the plasma" in one["relic"]["regime"]
    assert "m = 20 MeV" in one["relic"]["meaning"]
    assert "m = 5 MeV" in one["relic"]["meaning"]


def test_what_cannot_be_used_is_said() -> None:
    result = sterile("solve", "--relic", "mass=20 MeV,lifetime=0.1 s,channels=nu_e pi0")
    assert result.exit_code == 2
    assert "closed" in result.stderr


def test_axes_of_a_relic(tmp_path: Path) -> None:
    relic = HeavyNeutralLepton(mass="20 MeV", lifetime="0.1 s", channels="e+ e-")
    target, _ = resolve("relic.lifetime", Model(Mixing(), (relic,), Options()))
    assert (target.owners, target.field, target.unit) == ((0,), "lifetime", "s")
    axes = {"relic.mass": linear("10 MeV", "20 MeV", 2), "relic.lifetime": ["0.1 s"]}
    model = Model(Mixing(), (relic,), QUICK)
    shared = tomllib.loads(parameters_toml(model, space(axes, model)))
    assert shared["relic"] == [{"channels": "e+ e-: 1.0"}]
    data = scan(axes, Mixing(), (relic,), QUICK, store=tmp_path / "store", workers=1, error_every=0)
    assert (data["status"] == 0).all()
    assert data["N_eff"].sel({"relic.mass": 20.0}).item() < data["N_eff"].sel({"relic.mass": 10.0}).item()


def test_a_scan_file_may_leave_to_the_axes_what_they_set(tmp_path: Path) -> None:
    file = tmp_path / "scan.toml"
    file.write_text(
        '[axes]\n"relic.mass" = {from = "10 MeV", to = "100 MeV", points = 3, scale = "log"}\n'
        '"relic.lifetime" = ["0.1 s", "0.2 s"]\n[relic]\nchannels = "nu nu"\n'
    )
    axes, inputs, _ = read(file)
    assert list(axes) == ["relic.mass", "relic.lifetime"]
    assert inputs["interactions"] == (HeavyNeutralLepton(mass="10 MeV", lifetime="0.1 s", channels="nu nu"),)

"""Bad input of the other ways out by command line and by file: the sentence that Python has, on one line."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from boltzmann.cli import main

FOUR = ("--dm2-41", "1 eV2", "--ue4-sq", "0.01")
TABLE = '[mixing]\ndm2_41 = "1 eV2"\nUe4_sq = 0.01\n'
#: Table, its fields, what is said. All are refused before a run begins.
BAD = [
    ("ultralight_scalar", {"mass_shift": "10 kg", "m_phi": "1e-16 eV"}, "cannot be read as a quantity in eV"),
    ("ultralight_scalar", {"mass_shift": "2 MeV", "m_phi": "1e-16 eV"}, "at most 1 MeV"),
    ("ultralight_scalar", {"mass_shift": "10 eV", "m_phi": "0 eV"}, "m_phi = 0 eV is not allowed"),
    ("ultralight_scalar", {"mass_shift": "10 eV", "m_phi": "2 eV"}, "give 1e-24 to 1 eV"),
    ("ultralight_scalar", {"mass_shift": "100 eV", "m_phi": "1e-10 eV"}, "faster than can be resolved and too slowly"),
    ("ultralight_scalar", {"mass_shift": "10 eV"}, "needs m_phi"),
    ("low_reheating", {"T_RH": "0.4 MeV"}, "below no neutrinos are left"),
    ("low_reheating", {"T_RH": "31 MeV"}, "above the history is the standard one"),
    ("low_reheating", {"T_RH": "4 eV2"}, "cannot be read"),
    ("nsi", {"eps_L_es": 0.1}, "has no parameter 'eps_L_es'"),
    ("nsi", {"eps_L_ee": 11.0}, "give a number from -10 to 10"),
    ("nsi", {"eps_L_emu": 0.1}, "flavour-changing couplings need coherence='matrix'"),
    ("nsi", {"eps_L_ee": 0.1, "mediator_mass": "0.5 GeV"}, "the contact form fails"),
    ("quasi_sterile", {"strength": "1e3 G_F", "g_e": 1.0}, "N_eff >= 4 whatever the potential"),
    ("quasi_sterile", {"strength": "1 MeV"}, "cannot be read as a quantity in MeV-2"),
    ("quasi_sterile", {"strength": "1 G_F", "channel": "exchange"}, "mediator_mass = None does not go with"),
    ("quasi_sterile", {"strength": "1 G_F", "early": "both"}, "choose one of 'neutrinos', 'antineutrinos'"),
    ("ultralight_current", {"potential": "1 MeV2"}, "cannot be read"),
]


def said(result: Result) -> str:
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    assert result.stderr.startswith("Error: ")
    assert result.stderr.count("\n") == 1
    return result.stderr


@pytest.mark.parametrize(("table", "fields", "message"), BAD)
def test_by_command_line(table: str, fields: dict[str, object], message: str) -> None:
    option, text = "--" + table.replace("_", "-"), ",".join(f"{name}={value}" for name, value in fields.items())
    assert message in said(CliRunner().invoke(main, ["solve", *FOUR, option, text]))


@pytest.mark.parametrize(("table", "fields", "message"), BAD)
def test_by_file(table: str, fields: dict[str, object], message: str, tmp_path: Path) -> None:
    lines = [f'{name} = "{value}"' if isinstance(value, str) else f"{name} = {value}" for name, value in fields.items()]
    file = tmp_path / "run.toml"
    file.write_text("\n".join([TABLE, f"[{table}]", *lines]))
    assert message in said(CliRunner().invoke(main, ["solve", "--config", str(file)]))


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--ultralight-scalar", "mass_shift=9 eV,m_phi=1e-16 eV"], "one field gives"),
        (["--low-reheating", "T_RH=4 MeV"], "standard history"),
        (["--secret-vector", "e_s=1e-2,M=10 MeV"], "standard history"),
    ],
)
def test_what_does_not_stand_beside_a_scalar(more: list[str], message: str) -> None:
    scalar = ["--ultralight-scalar", "mass_shift=10 eV,m_phi=1e-16 eV"]
    assert message in said(CliRunner().invoke(main, ["solve", *FOUR, *scalar, *more]))


def test_a_scalar_needs_a_sterile_state() -> None:
    scalar = ["--ultralight-scalar", "mass_shift=10 eV,m_phi=1e-16 eV"]
    assert "dm2_41 = None means there is none" in said(CliRunner().invoke(main, ["solve", *scalar]))


def test_a_dark_sector_is_older_than_a_reheating() -> None:
    both = ["--low-reheating", "T_RH=4 MeV", "--secret-vector", "e_s=1e-2,M=10 MeV,T_s_over_T=0.4"]
    assert "its dark sector is older than the reheating" in said(CliRunner().invoke(main, ["solve", *FOUR, *both]))

"""Triangle plot of a chain of cobaya, with getdist: PNG and PDF beside the chain.

python scripts/cobaya_triangle.py chains/embedded [--params log10_dm2_41 log10_Umu4_sq]
"""

import argparse
import sys
from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")
from getdist import plots
from getdist.mcsamples import MCSamples, loadMCSamples

from boltzmann import ParameterError
from boltzmann.cli.script import script

DERIVED = ("N_eff", "m_eff")  # drawn beside what is sampled, where the chain has them


def triangle(samples: MCSamples, params: list[str]) -> plots.GetDistPlotter:
    """Return the plotter with the figure: 68 and 95 % regions, limits on top of the diagonal."""
    plotter = plots.get_subplot_plotter(width_inch=7)
    plotter.settings.title_limit_fontsize = 9
    plotter.triangle_plot(samples, params, filled=True, title_limit=2)
    return plotter


def default_params(samples: MCSamples) -> list[str]:
    """Return the sampled parameters, without those of getdist and cobaya, and `DERIVED`."""
    names = samples.getParamNames()
    sampled = [name.name for name in names.names if not name.isDerived]
    return sampled + [name for name in DERIVED if name in names.list() and name not in sampled]


@script
def main() -> None:
    """Load, draw, report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("chain", type=Path, help="the `output` of the yaml file")
    parser.add_argument("--params", nargs="+", help="default: what was sampled, N_eff and m_eff")
    parser.add_argument("--ignore", type=float, default=0.3, help="fraction of each chain that is burn-in")
    arguments = parser.parse_args()
    try:
        samples = loadMCSamples(str(arguments.chain.resolve()), settings={"ignore_rows": arguments.ignore})
    except OSError as error:
        raise ParameterError(f"no chain {arguments.chain} ({error})") from error
    known, params = samples.getParamNames().list(), arguments.params or default_params(samples)
    missing = [name for name in params if name not in known]
    if missing:
        raise ParameterError(f"the chain has no {', '.join(missing)}; choose from {', '.join(known)}")
    plotter = triangle(samples, params)
    for suffix in (".png", ".pdf"):
        file = arguments.chain.with_name(arguments.chain.name + "_triangle" + suffix)
        plotter.fig.savefig(file, dpi=300, bbox_inches="tight")
        print(file)
    for name in params:
        print(samples.getInlineLatex(name, limit=2))


if __name__ == "__main__":
    sys.exit(main())

"""``python -m boltzmann`` is the command ``sterile``."""

from boltzmann.cli import main

if __name__ == "__main__":
    main(prog_name="sterile")

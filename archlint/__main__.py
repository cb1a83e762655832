"""`python -m archlint`."""

from archlint.cli import run

if __name__ == "__main__":
    run()

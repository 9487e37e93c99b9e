import sys
from pathlib import Path

# the generators of hostile files are shared by several test folders, which are no packages
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "hostile"))

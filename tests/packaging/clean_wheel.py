"""Build the wheel, install it without extras in a clean environment, import every module, run --help.

A module may fail to import only by naming the extra that would bring what it lacks.
"""

import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

IMPORT_ALL = """
import importlib, pathlib, sys
import weigh
heavy = {"libcst", "numpy", "scipy", "sklearn", "duckdb", "onnxruntime"}
heavy |= {"tokenizers", "torch", "transformers"}
root = pathlib.Path(weigh.__file__).parent
failed, imported, lacking = [], 0, []
for path in sorted(root.rglob("*.py")):
    parts = list(path.relative_to(root.parent).with_suffix("").parts)
    name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
    try:
        importlib.import_module(name)
        imported += 1
    except ModuleNotFoundError as error:
        (lacking if (error.name or "").split(".")[0] in heavy else failed).append(f"{name}: {error}")
    except Exception as error:
        failed.append(f"{name}: {type(error).__name__}: {error}")
print(f"{imported} modules import without extras, {len(lacking)} need one")
sys.exit("\\n".join(failed) if failed else 0)
"""


def main() -> int:
    """Run all steps; the exit code is that of the first that fails."""
    with tempfile.TemporaryDirectory() as temp:
        folder = Path(temp)
        subprocess.run(
            [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        wheel = next(folder.glob("*.whl"))
        venv.create(folder / "env", with_pip=True)
        python = folder / "env" / "bin" / "python"
        # Constrained to the locked versions, so that the core installs here as it was tested.
        constraints = folder / "constraints.txt"
        lines = (ROOT / "requirements" / "demo.txt").read_text(encoding="utf-8").splitlines()
        pins = [line.rstrip(" \\") for line in lines if "==" in line and not line.startswith((" ", "#"))]
        constraints.write_text("\n".join(pins), encoding="utf-8")
        pip = [python, "-m", "pip", "install", "-q", "--disable-pip-version-check"]
        subprocess.run([*pip, "-c", constraints, wheel], check=True)
        subprocess.run([python, "-I", "-c", IMPORT_ALL], check=True, cwd=temp)
        weigh = folder / "env" / "bin" / "weigh"
        for arguments in (["--help"], ["--version"], ["adopt", "--help"]):
            subprocess.run([weigh, *arguments], check=True, stdout=subprocess.DEVNULL, cwd=temp)
        print(f"{wheel.name}: installs, imports and helps without extras")
    return 0


if __name__ == "__main__":
    sys.exit(main())

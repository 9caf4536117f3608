"""How much importing d2lutils adds to what a lesson imports anyway, in fresh processes."""

import pkgutil
import subprocess
import sys

from measure import announce, differences, print_table, ratios, summarise, take_turns

import d2lutils


def measure():
    """Return the records of both imports."""
    names = [module.name for module in pkgutil.iter_modules(d2lutils.__path__, "d2lutils.")]
    names.remove("d2lutils.plotting")  # measured against pyplot, below
    announce("importing d2lutils after torch, and its plotting after pyplot")
    seconds = take_turns(
        {
            "torch": lambda: import_afresh("torch"),
            "package": lambda: import_afresh("torch", *names),
            "pyplot": lambda: import_afresh("matplotlib.pyplot"),
            "plotting": lambda: import_afresh("matplotlib.pyplot", "d2lutils.plotting"),
        }
    )
    package, plotting = (seconds["package"], seconds["torch"]), (seconds["plotting"], seconds["pyplot"])
    return [
        summarise("import_package", differences(*package)),
        summarise("import_package_ratio", ratios(*package)),
        summarise("import_plotting", differences(*plotting)),
        summarise("import_plotting_ratio", ratios(*plotting)),
    ]


def import_afresh(*names):
    """Import modules in a new process. -P keeps the current folder out of it."""
    subprocess.run([sys.executable, "-P", "-c", f"import {', '.join(names)}"], check=True)


if __name__ == "__main__":
    sys.exit(print_table(measure()))

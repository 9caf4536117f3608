"""The d2l package, version 1.0.3, as a yardstick: fetched into a scratch folder, driven by its own interface."""

import importlib
import importlib.util
import subprocess
import sys
import types

REQUIREMENT = "d2l==1.0.3"
OFTEN_MISSING = ("torchvision", "torchvision.transforms", "gym")  # imported by it, not needed for this task


def install(folder):
    """Install d2l alone into a folder with pip and return whether that worked."""
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(folder), REQUIREMENT]
    try:
        return subprocess.run(command, capture_output=True, timeout=120, check=False).returncode == 0
    except subprocess.TimeoutExpired:
        return False


def load(folder):
    """Return the module d2l.torch from that folder, with empty modules where its imports are missing."""
    if importlib.util.find_spec("torchvision") is None:
        for name in OFTEN_MISSING:
            sys.modules.setdefault(name, types.ModuleType(name))
        sys.modules["torchvision"].transforms = sys.modules["torchvision.transforms"]
    sys.path.append(str(folder))
    return importlib.import_module("d2l.torch")


def fit_softmax(d2l, task, lr, plot):
    """Fit d2l's softmax regression to the task with d2l's trainer; its board draws when `plot`."""

    class Data(d2l.DataModule):
        def __init__(self):
            super().__init__()
            self.batch_size = task.batch_size

        def get_dataloader(self, train):
            return self.get_tensorloader((task.inputs, task.targets), train) if train else None

    model = d2l.SoftmaxRegression(num_outputs=10, lr=lr)
    model.board.display = plot
    d2l.Trainer(max_epochs=task.epochs).fit(model, Data())
    d2l.plt.close("all")  # or the next run would draw into the same figure

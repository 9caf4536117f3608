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


def make_data(d2l, inputs, targets, batch_size):
    """Return tensors as d2l's data module, which hands out shuffled batches and has no validation part."""

    class Data(d2l.DataModule):
        def __init__(self):
            super().__init__()
            self.batch_size = batch_size

        def get_dataloader(self, train):
            return self.get_tensorloader((inputs, targets), train) if train else None

    return Data()


def make_model(d2l, task):
    """Return the task's model as d2l's own: its classifier around the same layers, or its model of characters."""
    from training_loop import HIDDEN, LEARNING_RATE  # imports d2lutils, and d2l's import is timed without it

    if task.vocabulary_size:
        layer = d2l.RNN(task.vocabulary_size, HIDDEN)
        return d2l.RNNLM(layer, task.vocabulary_size, lr=LEARNING_RATE)

    class Model(d2l.Classifier):
        def __init__(self):
            super().__init__()
            self.net, self.lr = task.make_model(), LEARNING_RATE

    return Model()


def fit(d2l, task, plot):
    """Fit the task with d2l's trainer; its board draws when `plot`."""
    model = make_model(d2l, task)
    model.board.display = plot
    d2l.Trainer(max_epochs=task.epochs).fit(model, make_data(d2l, task.inputs, task.targets, task.batch_size))
    d2l.plt.close("all")  # or the next run would draw into the same figure

"""Train the networks of part 7 on the digits, over five seeds, and record what they cost and how well they read.

    python benchmarks/convolutional_networks.py [NETWORK …]

Without names all are trained, about half an hour on one quiet core; with names these only, and the others' records
stay. Each network is written down as soon as it is done, so an interrupted run loses one network at most.
"""

import sys
import time

import torch
from lesson_code import fingerprint, load_definitions
from measure import announce, limit_threads
from records import RESULTS, check_names, print_spread, run_script, train_epochs, write_entry
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from d2lutils.data import load_images, take_batches
from d2lutils.training import accuracy, evaluate, set_seed, train

RECORD = RESULTS / "convolutional_networks.json"
PART = "07_convolutional_networks"
SMALL_BLOCKS, RESNET = f"{PART}/06_blocks_of_vgg_nin_inception", f"{PART}/07_resnet"
NETWORKS = {  # name → lesson, function that makes it, function that augments a batch
    "modern_lenet": (f"{PART}/04_lenet", "modern_lenet", None),
    "small_alexnet": (SMALL_BLOCKS, "small_alexnet", None),
    "small_vgg": (SMALL_BLOCKS, "small_vgg", None),
    "small_nin": (SMALL_BLOCKS, "small_nin", None),
    "small_inception": (SMALL_BLOCKS, "small_inception", None),
    "small_resnet": (RESNET, "small_resnet", None),
    "small_densenet": (RESNET, "small_densenet", None),
    "small_resnet, augmented": (RESNET, "small_resnet", "augment"),
}
SEEDS = range(5)
EPOCHS = 12
BATCH_SIZE = 64  # pictures
HIGHEST_RATE = 3e-3  # of Adam in the first epoch; it falls in equal steps towards zero
RECIPE = {
    "training pictures": 4000,
    "test pictures": 1000,
    "epochs": EPOCHS,
    "optimizer": "Adam",
    "learning rate": f"{HIGHEST_RATE:g} in the first epoch, falling in equal steps towards 0",
    "batch size": BATCH_SIZE,
    "seeds": len(SEEDS),
    "seconds": "of processor time on one thread, the quickest epoch",
}


def main(names):
    """Measure the networks named, or all; return 0."""
    check_names("network", names, NETWORKS)
    limit_threads()
    for name in names or NETWORKS:
        write_record(name, measure(name))
    return 0


def measure(name):
    """Return the record of one network."""
    lesson, maker, augmenter = NETWORKS[name]
    definitions = load_definitions(lesson)
    make, augment = definitions[maker], definitions.get(augmenter)
    runs = []
    for seed in SEEDS:
        runs.append(train_once(make, augment, seed))
        announce(f"{name}, seed {seed}: test accuracy {runs[-1][0]:.3f}, {runs[-1][1]:.2f} s an epoch")
    return {
        "definition": current_definition(name),
        "parameters": sum(parameter.numel() for parameter in make().parameters()),
        "multiply_adds": count_multiply_adds(make()),
        "seconds_per_epoch": round(min(seconds for _, seconds in runs), 2),
        "test_accuracy": [round(value, 4) for value, _ in runs],
    }


def current_definition(name):
    """Return the digest of a network's code as the lesson has it now."""
    lesson, maker, augmenter = NETWORKS[name]
    return fingerprint(lesson, *filter(None, (maker, augmenter)))


def train_once(make, augment, seed):
    """Return the test accuracy after training from a seed, and the seconds of the quickest epoch."""
    set_seed(seed)
    digits = load_images("digits")
    model = make()
    seconds = fit(model, augment, digits.train_images, digits.train_labels)
    return evaluate(model, accuracy, digits.test_images, digits.test_labels), seconds


def fit(model, augment, train_images, train_labels, **how):
    """Train a model in place and return the seconds of the quickest epoch; `how` is for `train_epochs`."""
    optimizer = torch.optim.Adam(model.parameters())

    def batches():
        for images, labels in take_batches(train_images, train_labels, batch_size=BATCH_SIZE):
            yield (augment(images) if augment else images), labels

    def run_epoch():
        train(model, nn.CrossEntropyLoss(), optimizer, batches, epochs=1)

    return train_epochs(optimizer, run_epoch, **{"epochs": EPOCHS, "highest_rate": HIGHEST_RATE} | how)[1]


def time_epoch(name, device):
    """Return the seconds of an epoch on a device by a wall clock."""
    lesson, maker, augmenter = NETWORKS[name]
    definitions, digits = load_definitions(lesson), load_images("digits")
    set_seed(0)
    with torch.device(device):  # what the augmentation draws
        model, data = definitions[maker]().to(device), (digits.train_images, digits.train_labels)
        data = [tensor.to(device) for tensor in data]
        return fit(model, definitions.get(augmenter), *data, epochs=1, clock=time.perf_counter)


def count_multiply_adds(model):
    """Return the multiplications with an addition that one picture costs."""
    counter = FlopCounterMode(display=False)
    with counter, torch.no_grad():
        model.eval()(torch.zeros(1, 1, 28, 28))
    return counter.get_total_flops() // 2


def write_record(name, result):
    """Keep one network's record beside those of the others."""
    write_entry(RECORD, name, result, order=NETWORKS, recipe=RECIPE)
    print_spread(name, result["test_accuracy"])


if __name__ == "__main__":
    sys.exit(run_script(main))

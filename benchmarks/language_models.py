"""Train the recurrent networks of part 8 on the tale, over five seeds, and record what they say of held-out text.

    python benchmarks/language_models.py [KIND …]

Without names all are trained, about five minutes on one quiet core; with names these only, the others' records stay.
Each kind is written down as soon as it is done.
"""

import sys
import time
from functools import partial

import torch
from lesson_code import fingerprint, load_definitions
from measure import announce, limit_threads
from records import RESULTS, check_names, print_spread, run_script, train_epochs, write_entry

from d2lutils.data import load_text
from d2lutils.text import Vocabulary
from d2lutils.training import set_seed

RECORD = RESULTS / "language_models.json"
LESSON = "08_recurrent_networks/05_rnn_concise"
USED = ("CharacterModel", "detach_state", "train_epoch", "held_out_perplexity", "generate", "n_gram_perplexity")
KINDS = ("rnn", "gru", "lstm")
SEEDS = range(5)
EPOCHS = 30
HIDDEN = 128  # units
HIGHEST_RATE = 5e-3  # of Adam in the first epoch; it falls in equal steps towards zero
ORDERS = (1, 2, 5)  # of the n-grams
TEMPERATURES = (0.5, 1.0, 1.5)
PREFIX, LENGTH = "The river ", 300  # characters
RECIPE = {
    "training characters": 59325,
    "held-out characters": 6592,
    "units": HIDDEN,
    "epochs": EPOCHS,
    "optimizer": "Adam",
    "learning rate": f"{HIGHEST_RATE:g} in the first epoch, falling in equal steps towards 0",
    "seeds": len(SEEDS),
    "seconds": "of processor time on one thread, the quickest epoch",
    "samples": f"after {PREFIX!r}, by the network of seed 0",
}


def main(kinds):
    """Measure the kinds named, or all; return 0."""
    check_names("kind", kinds, KINDS)
    limit_threads()
    lesson, texts, vocabulary = load_definitions(LESSON), *read_tale()
    n_grams = {str(n): round(lesson["n_gram_perplexity"](*texts, n, len(vocabulary)), 4) for n in ORDERS}
    for kind in kinds or KINDS:
        entry = measure(kind, lesson, texts, vocabulary)
        write_entry(RECORD, kind, entry, order=KINDS, recipe=RECIPE, n_grams=n_grams)
        print_spread(kind, entry["held_out_perplexity"])
    return 0


def read_tale():
    """Return the training and the held-out text, and the vocabulary of the first."""
    tale = load_text("tale")
    cut = int(0.9 * len(tale))
    return (tale[:cut], tale[cut:]), Vocabulary(tale[:cut])


def measure(kind, lesson, texts, vocabulary):
    """Return the record of one kind of network."""
    train_ids, held_out_ids = map(vocabulary.encode, texts)
    runs, models = [], []
    for seed in SEEDS:
        model, perplexity, seconds = fit(kind, lesson, train_ids, vocabulary, seed)
        runs.append((perplexity, lesson["held_out_perplexity"](model, held_out_ids), seconds))
        models.append(model)
        announce(f"{kind}, seed {seed}: held-out perplexity {runs[-1][1]:.2f}, {runs[-1][2]:.2f} s an epoch")
    return {
        "definition": current_definition(),
        "parameters": sum(parameter.numel() for parameter in models[0].parameters()),
        "seconds_per_epoch": round(min(seconds for _, _, seconds in runs), 2),
        "train_perplexity": [round(perplexity, 3) for perplexity, _, _ in runs],
        "held_out_perplexity": [round(perplexity, 3) for _, perplexity, _ in runs],
        "samples": {str(t): write_sample(lesson, models[0], vocabulary, t) for t in TEMPERATURES},
    }


def fit(kind, lesson, train_ids, vocabulary, seed, **how):
    """Return a trained network, and what `train_epochs` returns, which gets `how`."""
    set_seed(seed)
    model = lesson["CharacterModel"](len(vocabulary), HIDDEN, kind).to(train_ids.device)
    optimizer = torch.optim.Adam(model.parameters())
    run_epoch = partial(lesson["train_epoch"], model, optimizer, train_ids)
    how = {"epochs": EPOCHS, "highest_rate": HIGHEST_RATE} | how
    return model, *train_epochs(optimizer, run_epoch, **how)


def time_epoch(kind, device):
    """Return the seconds of an epoch on a device by a wall clock."""
    lesson, ((train_text, _), vocabulary) = load_definitions(LESSON), read_tale()
    train_ids = vocabulary.encode(train_text).to(device)
    with torch.device(device):
        return fit(kind, lesson, train_ids, vocabulary, seed=0, epochs=1, clock=time.perf_counter)[2]


def write_sample(lesson, model, vocabulary, temperature):
    """Return text that a model writes after the prefix, at a temperature."""
    generator = torch.Generator().manual_seed(0)
    return lesson["generate"](model, vocabulary, PREFIX, LENGTH, temperature, generator)


def current_definition():
    """Return the digest of the lesson's code as it is now."""
    return fingerprint(LESSON, *USED)


if __name__ == "__main__":
    sys.exit(run_script(main))

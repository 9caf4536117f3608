"""Train every model that a lesson judges by held-out data, over five seeds or more, and record how good it is.

    python benchmarks/trained_models.py [--only WORDS] [--fresh]      # held-out quality: minutes, long runs apart
    python benchmarks/trained_models.py --timings [--device cuda]     # seconds of training: minutes

`trained_models.toml` lists the models; the code that makes and trains them is the lesson's own (`lesson_slices.py`).
Each seed is written down when it is done. An interrupted run goes on where it stopped, and what was recorded from
today's code isn't trained again unless --fresh says so. The quality is that of one thread, as in the lessons' stored
outputs. The seconds are a wall clock's, with two threads: leave the machine alone meanwhile.
"""

import os

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # before torch is there: on a busy machine waiting threads sleep

import argparse
import ast
import contextlib
import dataclasses
import io
import statistics
import sys
import time
import tomllib
from pathlib import Path
from typing import NamedTuple

import convolutional_networks
import language_models
import torch
from lesson_code import normal_text, read_cells
from lesson_slices import Slice
from measure import announce, limit_threads
from records import RESULTS, read_record, run_script, write_entry
from torch import nn

from d2lutils.training import set_seed

CATALOGUE = Path(__file__).with_suffix(".toml")
RECORD = RESULTS / "trained_models.json"
SEEDS = range(5)
FEWEST_VALUES = 5  # networks by which a model is judged; where more are trained side by side, one run does
THREADS_TIMED, TIMED_RUNS = 2, 2
LONG_RUNS = {convolutional_networks: "convolutional", language_models: "language"}  # script → title in the records
GIVEN = {"seed", "variant", "name", "parameters_in", "device_of_run"}
RECIPE = {
    "seeds": len(SEEDS),
    "values": "by seed; several where the lesson trains networks side by side",
    "processor_seconds": "of the training of one network, the quickest run",
}
TIMING = {
    "seconds": "of a wall clock, for the whole training of one network, the quicker of two runs",
    "convolutional networks and language models": "the quickest epoch of two runs, times the epochs of their record",
}


class Model(NamedTuple):
    """A model of the catalogue."""

    name: str
    variant: str  # an expression
    training: dict  # what trains it, as the catalogue has it

    @property
    def key(self):
        """Its name in the records."""
        return f"{self.training['lesson']}: {self.name}"

    @property
    def code(self):
        """Return all the code about it, by what it is for."""
        wanted = ("train", "judge", "quality", "parameters", "networks")
        return {"variant": f"({self.variant})"} | {part: str(self.training.get(part, "1")) for part in wanted}

    def slice(self):
        """Return the statements of the lesson that it needs."""
        # What is shared must do for all variants.
        others = [f"({one})" for one in self.training["variants"].values()] if self.training.get("shared") else []
        return Slice(self.training["lesson"], "\n".join([*self.code.values(), *others]), GIVEN)

    def definition(self):
        """Return the digest of all code that makes, trains and judges it, as the lesson is now."""
        cells = read_cells(self.training["lesson"])
        like = [node for name in self.training.get("like", ()) for node in ast.parse(cells[name]).body]
        return self.slice().digest(*self.code.values(), *map(normal_text, like))


class Run(NamedTuple):
    """One training and its outcome; the seconds are for one network."""

    values: list
    parameters: int | None
    seconds: float
    processor_seconds: float


def read_catalogue():
    """Return all models, a list in the order of the lessons."""
    trainings = tomllib.loads(CATALOGUE.read_text(encoding="utf-8"))["training"]
    return [Model(name, variant, one) for one in trainings for name, variant in one["variants"].items()]


def main(arguments):
    """Train what the command line names; return 0."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", metavar="WORDS", default="", help="models whose lesson or name holds these words")
    parser.add_argument("--fresh", action="store_true", help="train anew what is recorded already")
    parser.add_argument("--timings", action="store_true", help="measure the seconds of training")
    parser.add_argument("--device", default="cpu", help="with --timings: cpu, cuda or mps")
    options = parser.parse_args(arguments)
    if options.device != "cpu" and not options.timings:
        parser.error("--device goes with --timings: the quality is that of the processor")
    check_device(options.device)
    models = read_catalogue()
    chosen = [model for model in models if options.only in model.key]
    long_runs = [name for name in list_long_runs() if options.only in name]
    if not chosen and not long_runs:
        parser.error(f"no model's lesson or name holds {options.only!r}")
    if options.timings:
        time_models(chosen, long_runs, models, options)
    else:
        record_models(chosen, models, options.fresh)
        record_long_runs(options)
    return 0


def check_device(device):
    """Exit with one line where this machine can't compute on a device."""
    try:
        wait_for(device)
    except (RuntimeError, AssertionError) as error:
        reason = str(error).splitlines()[0]
        raise SystemExit(f"can't compute on {device!r} here: {reason}") from None


def wait_for(device):
    """Return when a device has done all that it was given: a graphics card works on while the program runs ahead."""
    torch.zeros(1, device=device).item()


def record_models(chosen, models, fresh):
    """Train the chosen models from all seeds that aren't recorded yet, each written down when it is done."""
    limit_threads()
    order = [model.key for model in models]
    known = {} if fresh else read_record(RECORD).get("networks", {})
    for number, model in enumerate(chosen, start=1):
        entry, definition = known.get(model.key, {}), model.definition()
        if entry.get("definition") != definition:
            entry = {"definition": definition, "parameters": None, "processor_seconds": None, "values": {}}
        for seed in SEEDS:
            if str(seed) in entry["values"] or len(values_of(entry)) >= FEWEST_VALUES:
                continue
            try:
                run = train_once(model, seed)
            except Exception as error:  # whatever the lesson's code raises
                reason = f"{type(error).__name__}: {error}"
                raise SystemExit(f"{model.key}: training from seed {seed} failed: {reason}") from error
            entry["values"][str(seed)] = [round(value, 5) for value in run.values]
            quickest = min(filter(None, (entry["processor_seconds"], run.processor_seconds)))
            entry |= {"parameters": run.parameters, "processor_seconds": round(quickest, 3)}
            write_entry(RECORD, model.key, entry, order=order, recipe=RECIPE)
            announce(f"{number} of {len(chosen)}  {model.key}, seed {seed}: {statistics.mean(run.values):.3f}")
        values = values_of(entry)
        print(f"{model.key}: {statistics.mean(values):.3f} ± {statistics.stdev(values):.3f}", flush=True)


def record_long_runs(options):
    """Let the scripts for long runs train those networks that their records lack or hold with other code."""
    for script, title in LONG_RUNS.items():
        known = {} if options.fresh else read_record(script.RECORD).get("networks", {})
        stale = []
        for name in list_long_runs():
            network = name.removeprefix(f"{title}: ")
            if network != name and options.only in name:
                current = known.get(network, {}).get("definition") == define_long_run(name)
                stale += [] if current else [network]
        if stale:
            script.main(stale)


def values_of(entry):
    """Return the held-out figures of all networks that an entry of the record has judged."""
    return [value for values in entry["values"].values() for value in values]


_shared = {}  # a training's lesson and code → what its setup left, where the catalogue calls the setup shared


def train_once(model, seed, device="cpu"):
    """Train a model from a seed with its lesson's code and return a Run."""
    code, about = model.code, model.training
    namespace = {"__name__": about["lesson"], "seed": seed, "name": model.name, "parameters_in": parameters_in}
    namespace["device_of_run"] = torch.device(device)
    with contextlib.redirect_stdout(io.StringIO()):
        before = _shared.get((about["lesson"], about["train"]))
        if before is None:
            model.slice().run(namespace)
            if about.get("shared"):
                _shared[about["lesson"], about["train"]] = namespace
        else:  # the same dictionary, since the lesson's functions look into it
            before.update(namespace)
            namespace = before
        if device != "cpu":
            namespace.update({name: move(value, device) for name, value in namespace.items()})
        with torch.device(device) if device != "cpu" else contextlib.nullcontext():
            set_seed(seed)
            namespace["variant"] = eval(code["variant"], namespace)
            start, processor_start = time.perf_counter(), time.process_time()
            exec(compile(code["train"], model.key, "exec"), namespace)
            wait_for(device)
            seconds, processor_seconds = time.perf_counter() - start, time.process_time() - processor_start
            if "judge" in about:
                exec(compile(code["judge"], model.key, "exec"), namespace)
            quality = eval(code["quality"], namespace)
            parameters, networks = eval(code["parameters"], namespace), eval(code["networks"], namespace)
    values = quality.flatten().tolist() if hasattr(quality, "flatten") else [float(quality)]
    return Run(values, parameters, seconds / networks, processor_seconds / networks)


def parameters_in(what):
    """Return how many numbers a module's parameters, a tensor or a list of such hold."""
    if isinstance(what, nn.Module):
        what = list(what.parameters())
    return what.numel() if isinstance(what, torch.Tensor) else sum(map(parameters_in, what))


def move(value, device):
    """Return a lesson's value with its tensors on a device; what isn't known to hold any stays as it is."""
    if isinstance(value, torch.Tensor | nn.Module):
        moved = value.detach().to(device) if isinstance(value, torch.Tensor) else value.to(device)
        return moved.requires_grad_(value.requires_grad) if isinstance(value, torch.Tensor) else moved
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*(move(part, device) for part in value))
    if isinstance(value, list | tuple):
        return type(value)(move(part, device) for part in value)
    if type(value) is dict:
        return {key: move(part, device) for key, part in value.items()}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {field.name: move(getattr(value, field.name), device) for field in dataclasses.fields(value)}
        return dataclasses.replace(value, **fields)
    return value


def list_long_runs():
    """Return the names of the networks that the two other scripts train, as this record of seconds has them."""
    names = {convolutional_networks: convolutional_networks.NETWORKS, language_models: language_models.KINDS}
    return [f"{title}: {name}" for script, title in LONG_RUNS.items() for name in names[script]]


def time_models(chosen, long_runs, models, options):
    """Measure the seconds of training of the chosen models and long runs, each written down at once."""
    torch.set_num_threads(THREADS_TIMED)
    path, device = RESULTS / f"training_seconds_{options.device}.json", options.device
    order = [model.key for model in models] + list_long_runs()
    known = {} if options.fresh else read_record(path).get("networks", {})
    jobs = [(model.key, model.definition(), lambda model=model: train_once(model, 0, device)) for model in chosen]
    jobs += [(name, define_long_run(name), lambda name=name: time_long_run(name, device)) for name in long_runs]
    about = {"device": name_device(device), "recipe": TIMING}
    for number, (name, definition, measure) in enumerate(jobs, start=1):
        if known.get(name, {}).get("definition") == definition:
            continue
        entry = {"definition": definition}
        try:
            entry["seconds"] = float(f"{min(measure().seconds for _ in range(TIMED_RUNS)):.3g}")
        except Exception as error:  # whatever the lesson's code raises
            reason = f"{type(error).__name__}: {error}".splitlines()[0][:200]
            if device == "cpu":
                raise SystemExit(f"{name}: training failed: {reason}") from error
            entry |= {"seconds": None, "stays on the processor": reason}
        write_entry(path, name, entry, order=order, **about)
        announce(f"{number} of {len(jobs)}  {name}: {entry['seconds']} s")
    if known:
        print("what was timed before is kept; --fresh times all anew")


def name_device(device):
    """Return what computes, in words."""
    return torch.cuda.get_device_name() if device == "cuda" else device


def define_long_run(name):
    """Return the digest of the code of a network that another script trains."""
    title, _, network = name.partition(": ")
    if title == LONG_RUNS[language_models]:
        return language_models.current_definition()
    return convolutional_networks.current_definition(network)


def time_long_run(name, device):
    """Return a Run with the seconds of a network of another script: its epochs times the quickest that was timed."""
    title, _, network = name.partition(": ")
    script = language_models if title == LONG_RUNS[language_models] else convolutional_networks
    seconds = script.time_epoch(network, device) * script.EPOCHS
    return Run([], None, seconds, seconds)


if __name__ == "__main__":
    sys.exit(run_script(main))

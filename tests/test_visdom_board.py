"""The Visdom board against a real server: it shows what the history holds, and its faults stop no training."""

import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
import warnings
from contextlib import closing, contextmanager

import pytest
import requests
import torch
from torch import nn

from browser import ROOT, open_chromium
from d2lutils import visdom_board
from d2lutils.data import synthetic_regression, take_batches
from d2lutils.plotting import LiveCurves
from d2lutils.training import train
from d2lutils.visdom_board import VisdomBoard, main

SCRIPTS = ROOT / "_build" / "board_scripts"
START_LIMIT = 60  # seconds
EPOCHS = 30


def free_port():
    with closing(socket.socket()) as trial:
        trial.bind(("127.0.0.1", 0))
        return trial.getsockname()[1]


@contextmanager
def serving(folder, port=None):
    """Run the course's own command for a board, and give the process and its address."""
    port = port or free_port()
    command = [sys.executable, "-m", "d2lutils.visdom_board", "--port", str(port)]
    environment = os.environ | {"D2LUTILS_DATA": str(folder)}
    server = subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        wait_for(port, server)
        yield server, f"http://localhost:{port}"
    finally:
        server.kill()
        server.communicate()


def wait_for(port, server):
    deadline = time.monotonic() + START_LIMIT
    while time.monotonic() < deadline and server.poll() is None:
        try:
            return requests.get(f"http://localhost:{port}", timeout=5)
        except requests.ConnectionError:
            time.sleep(0.1)
    raise RuntimeError(f"the board didn't start: {server.communicate()[0]}")


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("board")) as (_, address):
        yield address


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(visdom_board, "SECONDS_BETWEEN_SENDS", 0.05)
    monkeypatch.setattr(visdom_board, "SEND_SHARE", 0.5)


def fit(board, between_epochs=lambda epoch: None, epochs=EPOCHS):
    """Train a line with its curves on a board; return the history."""
    torch.manual_seed(0)
    x, y = synthetic_regression([2.0], 1.0, 64)
    model = nn.Linear(1, 1)
    seen = []

    def measure():
        seen.append(0)
        between_epochs(len(seen))
        return {"weight": model.weight.item()}

    return train(
        model,
        nn.MSELoss(),
        torch.optim.SGD(model.parameters(), lr=0.1),
        lambda: take_batches(x, y, batch_size=16),
        epochs,
        measure=measure,
        curves=LiveCurves(ylabel="loss", board=board),
    )


def read_back(address, title):
    """Return the curves that a server shows in a window: a dict of name to (xs, ys)."""
    answer = requests.post(f"{address}/win_data", data=json.dumps({"win": title, "eid": "main"}), timeout=10)
    traces = answer.json()["content"]["data"]
    return {trace["name"]: (trace["x"], trace["y"]) for trace in traces}


def shows(address, title, history):
    """Say whether a window shows a history's curves, point by point."""
    epochs = list(range(1, len(history["train loss"]) + 1))
    return read_back(address, title) == {name: (epochs, history[name]) for name in ("train loss", "weight")}


def test_the_window_shows_what_the_history_holds(address):
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        history = fit(VisdomBoard("a line", address))
    assert shows(address, "a line", history)


def test_points_arrive_while_the_training_goes_on(address):
    seen = []

    def look(epoch):
        if epoch == 20:
            deadline = time.monotonic() + 20
            while time.monotonic() < deadline and not seen:
                time.sleep(0.1)
                seen.extend(read_back(address, "in between")["weight"][0])

    fit(VisdomBoard("in between", address), look)
    assert 1 <= len(seen) < 20


def test_a_second_training_of_the_same_title_takes_over_the_window(address):
    fit(VisdomBoard("again", address))
    history = fit(VisdomBoard("again", address), epochs=3)
    assert shows(address, "again", history)


def test_a_board_can_be_used_again(address):
    board = VisdomBoard("reused", address)
    fit(board)
    assert shows(address, "reused", fit(board, epochs=3))


def test_a_curve_with_fewer_points_has_them_in_the_right_places(address):
    curves = LiveCurves(ylabel="loss", board=VisdomBoard("gaps", address))
    for epoch in range(1, 5):
        curves.add(epoch, {"train": epoch / 2} | ({"test": epoch / 4} if epoch % 2 else {}))
    curves.finish()
    shown = read_back(address, "gaps")
    assert shown["train"] == ([1, 2, 3, 4], [0.5, 1, 1.5, 2])
    assert (shown["test"][0][:2], shown["test"][1][:2]) == ([1, 3], [0.25, 0.75])


def test_without_a_server_training_goes_on_with_one_line_that_says_how_to_start_one(capsys):
    with pytest.warns(UserWarning) as caught:
        history = fit(VisdomBoard("nobody", f"http://localhost:{free_port()}"))
    assert len(caught) == 1 and "no Visdom server" in str(caught[0].message)
    assert "`make board`" in str(caught[0].message)
    assert len(history["train loss"]) == EPOCHS
    assert capsys.readouterr().out.count("\n") == EPOCHS  # the curves' own lines, as without a board


def test_a_proxy_for_the_world_outside_isnt_asked_for_a_server_on_this_machine(address, monkeypatch):
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{free_port()}")
    monkeypatch.delenv("no_proxy", raising=False)
    board = VisdomBoard("behind a proxy", address)
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        history = fit(board)
    monkeypatch.undo()
    assert shows(address, "behind a proxy", history)


def test_a_server_that_dies_half_way_costs_one_line_and_no_point(tmp_path):
    with serving(tmp_path) as (server, address), pytest.warns(UserWarning) as caught:
        history = fit(VisdomBoard("dying", address), lambda epoch: server.kill() if epoch == 10 else None)
    assert [str(warning.message) for warning in caught if "Visdom" in str(warning.message)] == [
        f"the Visdom server at {address} doesn't answer: training goes on, and the curves are whole here"
    ]
    assert [len(history[name]) for name in ("train loss", "weight")] == [EPOCHS, EPOCHS]


def test_a_server_that_comes_back_has_the_whole_curves_at_the_end(tmp_path):
    port = free_port()
    with serving(tmp_path / "first", port) as (first, address):

        def restart(epoch):
            if epoch == 10:
                first.kill()
                first.wait()
            if epoch == 20:
                servers.append(second.__enter__())

        servers, second = [], serving(tmp_path / "second", port)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                history = fit(VisdomBoard("back", address), restart)
            assert servers and shows(address, "back", history)
        finally:
            second.__exit__(None, None, None)


def test_a_server_that_hangs_doesnt_slow_training(monkeypatch):
    monkeypatch.setattr(visdom_board, "TIMEOUT", 0.5)
    with socket.socket() as deaf:  # it accepts and never answers
        deaf.bind(("127.0.0.1", 0))
        deaf.listen()
        board = VisdomBoard("deaf", f"http://localhost:{deaf.getsockname()[1]}")
        start = time.perf_counter()
        with pytest.warns(UserWarning, match="no Visdom server"):
            history = fit(board)
        assert time.perf_counter() - start < 10
    assert len(history["train loss"]) == EPOCHS


def test_sending_at_the_default_rate_takes_at_most_2_percent_of_the_time(address, monkeypatch):
    monkeypatch.undo()
    board = VisdomBoard("cost", address)
    board.start("step", "loss")
    points = {name: ([], []) for name in ("train loss", "test loss")}
    start = time.perf_counter()
    while time.perf_counter() - start < 5:  # a thousand points a second, on two curves
        for xs, ys in points.values():
            xs.append(len(xs))
            ys.append(0.5)
        board.update(points)
        time.sleep(0.001)
    spent, passed = board.seconds_spent, time.perf_counter() - start
    board.finish()
    assert 0 < spent < 0.02 * passed
    assert read_back(address, "cost")["test loss"][0] == points["test loss"][0]


def test_the_command_refuses_a_port_that_is_taken(capsys):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert main(["--port", str(port)]) == 1
    said = capsys.readouterr().err
    assert (
        said.count("\n") == 1 and f"can't listen on port {port} (Address already in use)" in said and "--port" in said
    )


def test_the_command_refuses_a_port_that_cant_be(capsys):
    assert main(["--port", "99999"]) == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and "can't listen on port 99999" in said and "0-65535" in said


def test_the_command_says_in_one_line_that_its_folder_cant_be_written(tmp_path, monkeypatch, capsys):
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("D2LUTILS_DATA", str(tmp_path / "file"))
    assert main(["--port", str(free_port())]) == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and "(Not a directory). Set D2LUTILS_DATA" in said


def test_an_address_without_a_port_is_refused():
    with pytest.raises(ValueError, match="needs a port, as http://localhost:8097 has, got 'http://localhost'"):
        VisdomBoard("title", "http://localhost")


def test_without_a_network_the_command_says_that_its_page_stays_empty_and_keeps_curves(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("D2LUTILS_DATA", str(tmp_path))
    monkeypatch.setattr(socket, "create_connection", lambda *_, **__: (_ for _ in ()).throw(OSError("no network")))
    served = []
    monkeypatch.setattr(visdom_board, "_serve", lambda folder, port: served.append((folder, port)))
    assert main(["--port", str(free_port())]) == 0
    assert "its page stays empty" in capsys.readouterr().out
    assert served[0][0] == tmp_path / "visdom"


def test_the_scripts_are_fetched_once(tmp_path, monkeypatch):
    asked = []

    def fetch(install_dir):
        asked.append(install_dir)
        for name in visdom_board.NEEDED_SCRIPTS:
            (tmp_path / "static" / "js" / name).write_text("script")

    monkeypatch.setattr(socket, "create_connection", lambda *_, **__: socket.socket())
    monkeypatch.setattr("visdom.server.build.download_scripts", fetch)
    assert visdom_board.prepare_page(tmp_path) and visdom_board.prepare_page(tmp_path)
    assert asked == [str(tmp_path)]


def test_a_fetch_that_breaks_off_leaves_a_board_without_its_page(tmp_path, monkeypatch):
    def fetch(install_dir):
        raise requests.ConnectionError("broken off")

    monkeypatch.setattr(socket, "create_connection", lambda *_, **__: socket.socket())
    monkeypatch.setattr("visdom.server.build.download_scripts", fetch)
    assert not visdom_board.prepare_page(tmp_path)
    assert socket.getdefaulttimeout() is None


def test_the_page_draws_the_curves_in_a_browser_and_asks_nobody_else(tmp_path):
    if not (SCRIPTS / "js").is_dir():
        reason = "the page's scripts aren't here: `.venv/bin/python tools/fetch_board_scripts.py` fetches them"
        if os.environ.get("CI"):
            pytest.fail(reason, pytrace=False)
        pytest.skip(reason)
    shutil.copytree(SCRIPTS, tmp_path / "visdom" / "static")
    with serving(tmp_path) as (_, address), open_chromium() as browser:
        fit(VisdomBoard("in the browser", address))
        page = browser.new_page(viewport={"width": 900, "height": 560})
        outside = []
        page.on("request", lambda request: outside.append(request.url) if address not in request.url else None)
        page.goto(address)
        page.wait_for_selector(".js-plotly-plot .legendtext")
        assert page.locator(".js-plotly-plot .legendtext").all_text_contents() == ["train loss", "weight"]
        assert page.locator(".js-plotly-plot .scatterlayer .js-line").count() == 2
        page.screenshot(path=tmp_path / "board.png")
    assert [url for url in outside if not url.startswith(("ws://localhost", "data:", "blob:"))] == []


def test_the_board_leaves_no_thread_behind(address):
    before = set(threading.enumerate())
    fit(VisdomBoard("threads", address))
    assert set(threading.enumerate()) <= before

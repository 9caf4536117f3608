"""Other right answers to assignment 3, and planted mistakes.

A change is (id of the answer's cell, old text, new text), made in the reference answer.
"""

STEP = "w, b = w - learning_rate * by_w, b - learning_rate * by_b"
STOP = "if not losses[-2] - losses[-1] >= SMALLEST_FALL:"
SOLVE = "torch.linalg.lstsq(with_ones, y.reshape(-1, 1)).solution[:, 0]"

ALTERNATIVES = {
    "other functions of the library": [
        ("loss", "return X @ w + b", "return torch.mv(X, w).add(b)"),
        ("loss", "(errors**2 / 2).mean()", "errors.dot(errors) / (2 * len(errors))"),
        ("gradient", "X.T @ errors / len(X), errors.mean()", "(errors[:, None] * X).mean(0), errors.sum() / len(y)"),
        (
            "epoch",
            "[(X[rows], y[rows]) for rows in order.split(batch_size)]",
            "list(zip(X[order].split(batch_size), y[order].split(batch_size), strict=True))",
        ),
        ("epoch", "    for features", "    w, b = w.clone(), b.clone()\n    for features"),
        ("epoch", STEP, "w -= learning_rate * by_w\n        b -= learning_rate * by_b"),
        (
            "scales",
            "X.mean(dim=0), X.std(dim=0, correction=0)",
            "X.sum(0) / len(X), (X - X.mean(0)).square().mean(0).sqrt()",
        ),
        ("scales", "b - raw @ means", "b - (w * means / spreads).sum()"),
        ("fit", STOP, "if losses[-1] != losses[-1] or losses[-1] > losses[-2] - SMALLEST_FALL:"),
        ("best", SOLVE, "torch.linalg.solve(with_ones.T @ with_ones, with_ones.T @ y)"),
    ],
    "in double precision, with loops": [
        ("loss", "return X @ w + b", "return X.double() @ w.double() + b"),
        (
            "gradient",
            "return X.T @ errors / len(X), errors.mean()",
            "columns = range(X.shape[1])\n"
            "    by_w = [sum(errors[i] * X[i, j] for i in range(len(X))) / len(X) for j in columns]\n"
            "    return torch.stack(by_w), sum(errors) / len(errors)",
        ),
        (
            "epoch",
            "return [(X[rows], y[rows]) for rows in order.split(batch_size)]",
            "batches = []\n    for start in range(0, len(order), batch_size):\n"
            "        rows = order[start : start + batch_size].tolist()\n"
            "        batches.append((torch.stack([X[i] for i in rows]), torch.stack([y[i] for i in rows])))\n"
            "    return batches",
        ),
        ("scales", "raw = w / spreads", "raw = w.double() / spreads.double()\n    means = means.double()"),
        (
            "fit",
            "w, b = torch.zeros(X.shape[1]), torch.tensor(0.0)",
            "X, y = X.double(), y.double()\n    w, b = torch.zeros(X.shape[1]).double(), torch.zeros(()).double()",
        ),
        (
            "best",
            "with_ones = torch.cat([X, torch.ones(len(X), 1)]",
            "with_ones = torch.cat([X.double(), torch.ones(len(X), 1)]",
        ),
        ("best", SOLVE, "torch.linalg.pinv(with_ones) @ y.double()"),
    ],
    "by centring, and with a while": [
        ("loss", "(errors**2 / 2).mean()", "torch.nn.functional.mse_loss(errors, torch.zeros_like(errors)) / 2"),
        (
            "best",
            "with_ones = torch.cat([X, torch.ones(len(X), 1)], dim=1)  # (n, d + 1)\n",
            "Z, e = X - X.mean(0), y - y.mean()\n    w = torch.linalg.inv(Z.T @ Z) @ Z.T @ e\n"
            "    return w, y.mean() - X.mean(0) @ w\n    with_ones = X\n",
        ),
        (
            "fit",
            "for _ in range(MOST_EPOCHS):",
            "while len(losses) - 1 < MOST_EPOCHS:",
        ),
        (
            "fit",
            f"        {STOP}\n            break\n",
            "        if not losses[-1] <= losses[-2] - SMALLEST_FALL:\n            return w, b, losses\n",
        ),
    ],
}

MUTANTS = {
    "the half is missing": ("loss", "errors**2 / 2", "errors**2"),
    "the sum of the losses": ("loss", ".mean()", ".sum()"),
    "a column of targets broadcasts": ("loss", "y.reshape(-1)", "y"),
    "no bias": ("loss", "X @ w + b", "X @ w"),
    "absolute errors": ("loss", "errors**2 / 2", "errors.abs() / 2"),
    "the sum over rows": ("gradient", "X.T @ errors / len(X), errors.mean()", "X.T @ errors, errors.sum()"),
    "a factor 2": ("gradient", "predict(X, w, b) - y  # (n,)", "2 * (predict(X, w, b) - y)"),
    "true minus predicted": ("gradient", "predict(X, w, b) - y", "y - predict(X, w, b)"),
    "divided by the number of features": ("gradient", "/ len(X)", "/ X.shape[1]"),
    "the sum for the bias": ("gradient", "errors.mean()", "errors.sum()"),
    "mean error times mean feature": ("gradient", "X.T @ errors / len(X)", "X.mean(0) * errors.mean()"),
    "by autograd": (
        "gradient",
        "return X.T @ errors / len(X), errors.mean()",
        "w, b = w.clone().requires_grad_(), b.clone().requires_grad_()\n"
        "    return torch.autograd.grad(loss(X, y, w, b), (w, b))",
    ),
    "the last batch is dropped": (
        "epoch",
        "order.split(batch_size)]",
        "order[: len(X) // batch_size * batch_size].split(batch_size)]",
    ),
    "targets in their old order": (
        "epoch",
        "[(X[rows], y[rows]) for rows in order.split(batch_size)]",
        "list(zip(X[order].split(batch_size), y.split(batch_size)))",
    ),
    "the order isn't used": ("epoch", "order.split", "torch.arange(len(X)).split"),
    "up the gradient": ("epoch", STEP, "w, b = w + learning_rate * by_w, b + learning_rate * by_b"),
    "all steps from the same place": (
        "epoch",
        "by_w, by_b = gradient(features, targets, w, b)",
        "start = (w, b) if features is batches[0][0] else start\n"
        "        by_w, by_b = gradient(features, targets, *start)",
    ),
    "divided by the first batch's size": (
        "epoch",
        STEP,
        "share = learning_rate * len(targets) / len(batches[0][1])\n        w, b = w - share * by_w, b - share * by_b",
    ),
    "divided twice": (
        "epoch",
        STEP,
        "w, b = w - learning_rate * by_w / len(targets), b - learning_rate * by_b / len(targets)",
    ),
    "in place": ("epoch", STEP, "w -= learning_rate * by_w\n        b -= learning_rate * by_b"),
    "the bias stands still": ("epoch", "b - learning_rate * by_b", "b"),
    "scales of rows": ("scales", "X.mean(dim=0)", "X.mean(dim=1)"),
    "the default correction": ("scales", ", correction=0", ""),
    "variances": ("scales", "X.std(", "X.var("),
    "weights times the spread": ("scales", "w / spreads", "w * spreads"),
    "the bias as it was": ("scales", "b - raw @ means", "b"),
    "the bias plus the shift": ("scales", "b - raw @ means", "b + raw @ means"),
    "the shift without the spread": ("scales", "raw @ means", "w @ means"),
    "stops only when the loss rises": ("fit", ">= SMALLEST_FALL", ">= 0"),
    "nan goes on": ("fit", STOP, "if losses[-2] - losses[-1] < SMALLEST_FALL:"),
    "no list entry before training": ("fit", "return w, b, losses", "return w, b, losses[1:]"),
    "no shuffling": ("fit", "torch.randperm(len(X), generator=generator)", "torch.arange(len(X))"),
    "another source of chance": ("fit", ", generator=generator", ""),
    "one order for all epochs": (
        "fit",
        "order = torch.randperm(len(X), generator=generator)",
        "order = order if len(losses) > 1 else torch.randperm(len(X), generator=generator)",
    ),
    "each epoch from zero": (
        "fit",
        "w, b = epoch(w, b, deal",
        "w, b = torch.zeros(X.shape[1]), torch.tensor(0.0)\n        w, b = epoch(w, b, deal",
    ),
    "the loss of the last batch": (
        "fit",
        "losses.append(loss(X, y, w, b).item())",
        "losses.append(loss(*deal(X, y, order, batch_size)[-1], w, b).item())",
    ),
    "goes on for ever": ("fit", "MOST_EPOCHS", "10 * MOST_EPOCHS"),
    "one epoch too few": ("fit", "range(MOST_EPOCHS)", "range(MOST_EPOCHS - 1)"),
    "no column of ones": ("best", "torch.ones(len(X), 1)", "torch.zeros(len(X), 1)"),
    "the bias is taken from the front": ("best", "solution[:-1], solution[-1]", "solution[1:], solution[0]"),
    "a penalty": (
        "best",
        SOLVE,
        "torch.linalg.solve(with_ones.T @ with_ones + torch.eye(with_ones.shape[1]), with_ones.T @ y)",
    ),
    "only the features are centred": (
        "best",
        "return solution[:-1], solution[-1]",
        "return solution[:-1], y.mean()",
    ),
}

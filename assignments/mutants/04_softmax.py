"""Other right answers to assignment 4, and planted mistakes.

A change is (id of the answer's cell, old text, new text), made in the reference answer.
"""

LOG_SOFTMAX = (
    "shifted = scores - scores.amax(dim=1, keepdim=True)  # (n, k), at most 0\n"
    "    return shifted - shifted.exp().sum(dim=1, keepdim=True).log()"
)
CROSS_ENTROPY = (
    "if not counted.any():\n        return scores.new_zeros(())\n"
    "    logs = log_softmax(scores[counted])\n"
    "    return -logs[torch.arange(len(logs)), labels[counted]].mean()"
)
GRADIENT = (
    "errors = log_softmax(scores).exp()\n"
    "    errors[torch.arange(len(labels)), torch.where(counted, labels, 0)] -= 1\n"
    "    return torch.where(counted[:, None], errors, 0) / counted.sum().clamp(min=1)"
)
LOOP = "for rows in torch.randperm(len(X)).split(batch_size):"
COUNTS = "return pairs.bincount(minlength=k * k).reshape(k, k)"
PAIR = (
    "together = (C + C.T).triu(diagonal=1)\n"
    "    first, second = divmod(together.argmax().item(), len(C))\n"
    "    return first, second, (together.max() / together.sum()).item()"
)

ALTERNATIVES = {
    "other functions of the library": [
        (
            "log_softmax",
            LOG_SOFTMAX,
            "rest, _ = scores.sort(dim=1, descending=True)\n    down = scores - rest[:, :1]\n"
            "    return torch.sub(down, down.exp().sum(1).log().unsqueeze(1))",
        ),
        (
            "cross_entropy",
            CROSS_ENTROPY,
            "safe = labels.clamp(min=0)\n    own = log_softmax(scores).gather(1, safe[:, None])[:, 0]\n"
            "    return -(own * counted).sum() / counted.sum().clamp(min=1)",
        ),
        (
            "score_gradient",
            GRADIENT,
            "one_hot = labels[:, None] == torch.arange(scores.shape[1])\n"
            "    errors = (log_softmax(scores).exp() - one_hot.float()) * counted[:, None].float()\n"
            "    return errors / max(1, counted.sum().item())",
        ),
        (
            "fit",
            "for rows in torch.randperm(len(X)).split(batch_size):\n"
            "            gradient = score_gradient(X[rows] @ W + b, labels[rows])  # (rows, 10)\n"
            "            W -= learning_rate * X[rows].T @ gradient\n",
            "from d2lutils.data import take_batches\n\n"
            "        for part, own in take_batches(X, labels, batch_size=batch_size):\n"
            "            gradient = score_gradient(torch.addmm(b, part, W), own)\n"
            "            W = W - learning_rate * torch.einsum('nd,nk->dk', part, gradient)\n",
        ),
        (
            "confusion",
            "pairs = k * labels[counted] + answers[counted]\n    " + COUNTS,
            "table = torch.zeros(k, k, dtype=torch.int64)\n    where = labels[counted], answers[counted]\n"
            "    return table.index_put_(where, torch.ones_like(where[0]), accumulate=True)",
        ),
        (
            "most_confused",
            PAIR,
            "wrong = C.clone().fill_diagonal_(0)\n    both = wrong + wrong.T\n"
            "    place = both.flatten().argmax()\n"
            "    return place // len(C), place % len(C), both.max() / wrong.sum()",
        ),
    ],
    "in double precision, with loops": [
        ("log_softmax", "shifted = scores - ", "scores = scores.double()\n    shifted = scores - "),
        (
            "cross_entropy",
            CROSS_ENTROPY,
            "losses = []\n    for row, label in zip(scores, labels.tolist()):\n        if label != -100:\n"
            "            losses.append(-log_softmax(row[None])[0, label].item())\n"
            "    return sum(losses) / len(losses) if losses else 0.0",
        ),
        (
            "score_gradient",
            GRADIENT,
            "result = torch.zeros_like(scores, dtype=torch.float64)\n    for i in range(len(labels)):\n"
            "        if labels[i] != -100:\n            result[i] = log_softmax(scores[i : i + 1])[0].exp()\n"
            "            result[i, labels[i]] -= 1\n            result[i] /= counted.sum()\n    return result",
        ),
        (
            "fit",
            "W, b = torch.zeros(X.shape[1], 10), torch.zeros(10)",
            "X = X.double()\n    W, b = X.new_zeros(X.shape[1], 10), X.new_zeros(10)",
        ),
        (
            "confusion",
            COUNTS,
            "return torch.stack([(pairs == pair).sum() for pair in range(k * k)]).view(k, k)",
        ),
        (
            "most_confused",
            PAIR,
            "most, best, wrong = -1, None, 0\n    for i in range(len(C)):\n        for j in range(i):\n"
            "            both = int(C[i, j] + C[j, i])\n            wrong += both\n"
            "            if both > most:\n                most, best = both, (j, i)\n    return *best, most / wrong",
        ),
    ],
    "a column of ones, one-hot rows": [
        (
            "fit",
            "W -= learning_rate * X[rows].T @ gradient\n            b -= learning_rate * gradient.sum(dim=0)",
            "ones = torch.cat([X[rows], torch.ones(len(rows), 1)], dim=1)\n"
            "            step = learning_rate * ones.T @ gradient\n            W, b = W - step[:-1], b - step[-1]",
        ),
        (
            "confusion",
            "pairs = k * labels[counted] + answers[counted]\n    " + COUNTS,
            "rows, columns = torch.eye(k)[labels[counted]], torch.eye(k)[answers[counted]]\n"
            "    return (rows.T @ columns).round().long()",
        ),
    ],
}

MUTANTS = {
    "the formula as it stands": ("log_softmax", "scores - scores.amax(dim=1, keepdim=True)", "scores"),
    "the logarithm of a safe softmax": (
        "log_softmax",
        "return shifted - shifted.exp().sum(dim=1, keepdim=True).log()",
        "return (shifted.exp() / shifted.exp().sum(dim=1, keepdim=True)).log()",
    ),
    "shifted last": (
        "log_softmax",
        "return shifted - shifted.exp().sum(dim=1, keepdim=True).log()",
        "return scores - (scores.amax(dim=1, keepdim=True) + shifted.exp().sum(dim=1, keepdim=True).log())",
    ),
    "the largest of the whole tensor": ("log_softmax", "scores.amax(dim=1, keepdim=True)", "scores.max()"),
    "probabilities, no logarithm": (
        "log_softmax",
        "return shifted - shifted.exp().sum(dim=1, keepdim=True).log()",
        "return shifted.exp() / shifted.exp().sum(dim=1, keepdim=True)",
    ),
    "summed over pictures": (
        "log_softmax",
        "shifted.exp().sum(dim=1, keepdim=True)",
        "shifted.exp().sum(dim=0, keepdim=True)",
    ),
    "the sum of the losses": ("cross_entropy", ".mean()", ".sum()"),
    "divided by all rows": ("cross_entropy", ".mean()", ".sum() / len(labels)"),
    "no sign": ("cross_entropy", "return -logs", "return logs"),
    "nothing is left out": ("cross_entropy", "labels != -100", "labels != -101"),
    "class 0 is left out too": ("cross_entropy", "labels != -100", "labels > 0"),
    "the mean of nothing": ("cross_entropy", "if not counted.any():", "if len(labels) == 0:"),
    "rows and labels not paired": (
        "cross_entropy",
        "logs[torch.arange(len(logs)), labels[counted]]",
        "logs[:, labels[counted]]",
    ),
    "gradient of the sum": ("score_gradient", " / counted.sum().clamp(min=1)", ""),
    "gradient divided by all rows": ("score_gradient", "counted.sum().clamp(min=1)", "len(labels)"),
    "true minus predicted": ("score_gradient", "return torch.where", "return -torch.where"),
    "rows without a label pushed to class 0": (
        "score_gradient",
        "torch.where(counted[:, None], errors, 0)",
        "errors",
    ),
    "logarithms for probabilities": ("score_gradient", "log_softmax(scores).exp()", "log_softmax(scores)"),
    "zero divided by zero": ("score_gradient", ".clamp(min=1)", ""),
    "the labels are changed": (
        "score_gradient",
        "torch.where(counted, labels, 0)",
        "labels.masked_fill_(~counted, 0)",
    ),
    "by autograd": (
        "score_gradient",
        GRADIENT,
        "leaf = scores.clone().requires_grad_()\n    cross_entropy(leaf, labels).backward()\n    return leaf.grad",
    ),
    "the last batch dropped": ("fit", ".split(batch_size):", ".split(batch_size)[: len(X) // batch_size]:"),
    "all rows in each step": ("fit", LOOP, "for rows in [torch.randperm(len(X))]:"),
    "not shuffled": ("fit", LOOP, "for rows in torch.arange(len(X)).split(batch_size):"),
    "drawn with replacement": ("fit", "torch.randperm(len(X))", "torch.randint(len(X), (len(X),))"),
    "labels not shuffled along": ("fit", "labels[rows])", "labels[: len(rows)])"),
    "up the gradient": ("fit", "W -= learning_rate", "W += learning_rate"),
    "bias not learnt": ("fit", "b -= learning_rate * gradient.sum(dim=0)", "pass"),
    "the mean for the bias": ("fit", "gradient.sum(dim=0)", "gradient.mean(dim=0)"),
    "divided once more": ("fit", "X[rows].T @ gradient", "X[rows].T @ gradient / len(rows)"),
    "a random start": ("fit", "torch.zeros(X.shape[1], 10)", "torch.randn(X.shape[1], 10) * 0.1"),
    "a single epoch": ("fit", "for _ in range(epochs):", "for _ in range(1):"),
    "rows and columns swapped": (
        "confusion",
        "k * labels[counted] + answers[counted]",
        "k * answers[counted] + labels[counted]",
    ),
    "classes that don't occur are cut off": (
        "confusion",
        "return pairs.bincount(minlength=k * k).reshape(k, k)",
        "k = int(labels.max()) + 1\n    return pairs.bincount(minlength=k * k).reshape(k, k)",
    ),
    "pictures without a label counted": ("confusion", "counted = labels != -100", "counted = labels < k"),
    "each pair counted once": (
        "confusion",
        "pairs.bincount(minlength=k * k)",
        "pairs.bincount(minlength=k * k).clamp(max=1)",
    ),
    "shares, not counts": (
        "confusion",
        ".reshape(k, k)",
        ".reshape(k, k) / len(pairs)",
    ),
    "the largest single count": ("most_confused", "(C + C.T).triu(diagonal=1)", "C.triu(1) + C.tril(-1)"),
    "only above the diagonal": ("most_confused", "(C + C.T).triu(diagonal=1)", "C.triu(diagonal=1)"),
    "the diagonal counts": ("most_confused", "triu(diagonal=1)", "triu()"),
    "share of all pictures": ("most_confused", "together.sum()", "C.sum()"),
    "a count for the share": ("most_confused", "(together.max() / together.sum()).item()", "together.max().item()"),
    "higher class first": ("most_confused", "return first, second,", "return second, first,"),
    "the table is changed": (
        "most_confused",
        "together = (C + C.T).triu(diagonal=1)",
        "C.fill_diagonal_(0)\n    together = (C + C.T).triu(diagonal=1)",
    ),
}

"""Other right answers to assignment 7, and planted mistakes.

A change is (id of the answer's cell, old text, new text), made in the reference answer.
"""

ALTERNATIVES = {
    "with loops over places, by other functions": [
        (
            "correlate",
            "    for u in range(a):\n        for v in range(b):\n"
            "            Y = Y + K[u, v] * X[u : u + rows, v : v + columns]\n",
            "    for i in range(rows):\n        for j in range(columns):\n"
            "            Y[i, j] = (X[i : i + a, j : j + b] * K).sum()\n",
        ),
        (
            "find-kernel",
            "torch.linalg.lstsq(A, Y.reshape(-1, 1)).solution[:, 0]",
            "torch.linalg.solve(A.T @ A, A.T @ Y.flatten())",
        ),
        ("conv-layer", "room = n + 2 * padding - k", "room = len(range(n + 2 * padding)) - k"),
        (
            "conv-layer",
            "            Y = Y + weight[:, :, u, v] @ view.flatten(2)  # (c_out, c_in) @ (n, c_in, places)\n",
            "            Y = Y + torch.einsum('ntij,qt->nqij', view, weight[:, :, u, v]).flatten(2)\n",
        ),
        (
            "pooling",
            "windows = X[:, :, : rows * k, : columns * k].reshape(n, c, rows, k, columns, k)\n"
            "    return windows.amax(dim=(3, 5))",
            "return torch.stack([X[:, :, u::k, v::k][:, :, :rows, :columns]\n"
            "                        for u in range(k) for v in range(k)]).amax(dim=0)",
        ),
        (
            "pooling",
            "slopes[:, :, : rows * k, : columns * k] = (shares * errors[:, :, :, None, :, None]).reshape(inside.shape)",
            "for i in range(rows):\n        for j in range(columns):\n"
            "            part = shares[:, :, i, :, j] * errors[:, :, i, j, None, None]\n"
            "            slopes[:, :, i * k : i * k + k, j * k : j * k + k] = part",
        ),
        ("training", "torch.optim.Adam(reader.parameters(), lr=0.003)", "torch.optim.SGD(reader.parameters(), lr=0.1)"),
        ("training", "epochs=10", "epochs=20"),
        ("training", "reader(images).argmax(dim=1)", "reader(images).softmax(dim=1).max(dim=1).indices"),
    ],
    "in double precision, layers by name": [
        ("correlate", "Y = torch.zeros(rows, columns)", "Y = torch.zeros(rows, columns, dtype=torch.float64)"),
        (
            "find-kernel",
            "_, rows, columns = Y.shape",
            "X, Y = X.double(), Y.double()\n    _, rows, columns = Y.shape",
        ),
        ("find-kernel", "torch.linalg.lstsq(A, Y.reshape(-1, 1)).solution[:, 0]", "torch.linalg.pinv(A) @ Y.flatten()"),
        (
            "conv-layer",
            "n, c_in, h, w = X.shape",
            "X, weight, bias = X.double(), weight.double(), bias.double()\n    n, c_in, h, w = X.shape",
        ),
        (
            "conv-layer",
            "w + 2 * padding)\n    padded[:, :, padding : padding + h, padding : padding + w] = X",
            "w + 2 * padding)\n    padded = torch.nn.functional.pad(X, (padding,) * 4)",
        ),
        (
            "pooling",
            "winners = (windows == windows.amax(dim=(3, 5), keepdim=True)).float()",
            "winners = (windows == max_pool(X, k)[:, :, :, None, :, None]).double()",
        ),
        (
            "reader",
            "        self.layers = nn.Sequential(\n",
            "        self.out = nn.Linear(64, 10)\n        self.layers = nn.Sequential(\n",
        ),
        ("reader", "            nn.Flatten(),\n            nn.Linear(64, 10),\n", ""),
        ("reader", "return self.layers(images)", "return self.out(self.layers(images).reshape(len(images), 64))"),
        (
            "training",
            "    train(reader, loss, optimizer, lambda: take_batches(images, labels, batch_size=32), epochs=10)\n",
            "    for epoch in range(10):\n"
            "        for rows in torch.randperm(len(images)).split(50):\n"
            "            optimizer.zero_grad()\n"
            "            loss(reader(images[rows]), labels[rows]).backward()\n"
            "            optimizer.step()\n",
        ),
    ],
}

VIEW = "padded[:, :, u : u + stride * rows : stride, v : v + stride * columns : stride]"
SHARED = "(shares * errors[:, :, :, None, :, None])"
MUTANTS = {
    "the kernel turned": ("correlate", "K[u, v]", "K[a - 1 - u, b - 1 - v]"),
    "one place too few": ("correlate", "columns = h - a + 1, w - b + 1", "columns = h - a, w - b"),
    "rows and columns of the kernel swapped": (
        "correlate",
        "X[u : u + rows, v : v + columns]",
        "X[v : v + rows, u : u + columns]",
    ),
    "a square kernel taken for granted": ("correlate", "for v in range(b)", "for v in range(a)"),
    "the picture changed in place": (
        "correlate",
        "X[u : u + rows, v : v + columns]",
        "X[u : u + rows, v : v + columns].add_(1) - K[u, v]",
    ),
    "no offset in the fit": ("find-kernel", "torch.ones_like(dots[0])", "torch.zeros_like(dots[0])"),
    "the kernel found lies on its side": ("find-kernel", "found[:-1].reshape(a, b)", "found[:-1].reshape(b, a).T"),
    "the kernel found is turned": ("find-kernel", "found[:-1].reshape(a, b)", "found[:-1].reshape(a, b).flip(0, 1)"),
    "the offset by the means": (
        "find-kernel",
        "found[:-1].reshape(a, b), found[-1]",
        "found[:-1].reshape(a, b), Y.mean()",
    ),
    "the size of the kernel off by one": (
        "find-kernel",
        "X.shape[1] - rows + 1, X.shape[2] - columns + 1",
        "X.shape[1] - rows, X.shape[2] - columns",
    ),
    "padding counted once": ("conv-layer", "room = n + 2 * padding - k", "room = n + padding - k"),
    "rounded up": ("conv-layer", "return room // stride + 1", "return -(-room // stride) + 1"),
    "no error where there is no place": ("conv-layer", "if room < 0:", "if room < -k:"),
    "rounded towards zero": (
        "conv-layer",
        "    if room < 0:\n"
        '        raise ValueError(f"{k} weights don\'t fit on {n} dots with a padding of {padding}")\n'
        "    return room // stride + 1",
        "    if int(room / stride) + 1 < 1:\n        raise ValueError\n    return int(room / stride) + 1",
    ),
    "no bias": ("conv-layer", "bias[:, None].expand", "torch.zeros(c_out, 1).expand"),
    "the bias for each weight": ("conv-layer", "Y = Y + weight", "Y = Y + bias[:, None] + weight"),
    "no stride in the slices": (
        "conv-layer",
        VIEW,
        "padded[:, :, u : u + rows, v : v + columns]",
    ),
    "padded only at the top left": (
        "conv-layer",
        "padding : padding + h, padding : padding + w",
        "2 * padding :, 2 * padding :",
    ),
    "every channel with the first one's weights": (
        "conv-layer",
        "weight[:, :, u, v] @",
        "weight[:, :1, u, v].expand(-1, c_in) @",
    ),
    "only the first picture": ("conv-layer", "view.flatten(2)", "view[:1].flatten(2)"),
    "the means of windows": ("pooling", "return windows.amax(dim=(3, 5))", "return windows.mean(dim=(3, 5))"),
    "a floor at zero": ("pooling", "return windows.amax(dim=(3, 5))", "return windows.amax(dim=(3, 5)).clamp(min=0)"),
    "axes of windows mixed up": ("pooling", "return windows.amax(dim=(3, 5))", "return windows.amax(dim=(2, 4))"),
    "every winner takes all": (
        "pooling",
        "shares = winners / winners.sum(dim=(3, 5), keepdim=True)",
        "shares = winners",
    ),
    "slopes by equal shares for all dots": (
        "pooling",
        "winners = (windows == windows.amax(dim=(3, 5), keepdim=True)).float()",
        "winners = torch.ones_like(windows)",
    ),
    "slopes of one": ("pooling", SHARED, "shares"),
    "the rim left out of the slopes": (
        "pooling",
        "    return slopes",
        "    return slopes[:, :, : rows * k, : columns * k]",
    ),
    "no ReLU behind the first layer": (
        "reader",
        "nn.BatchNorm2d(8),\n            nn.ReLU(),",
        "nn.BatchNorm2d(8),",
    ),
    "the first normalisation left out": ("reader", "            nn.BatchNorm2d(8),\n", ""),
    "normalised behind the ReLU": (
        "reader",
        "nn.BatchNorm2d(16),\n            nn.ReLU(),",
        "nn.ReLU(),\n            nn.BatchNorm2d(16),",
    ),
    "with biases": ("reader", "nn.Conv2d(1, 8, kernel_size=3, padding=1, bias=False)", "nn.Conv2d(1, 8, 3, padding=1)"),
    "mean pooling": (
        "reader",
        "nn.MaxPool2d(2),\n            nn.Flatten()",
        "nn.AvgPool2d(2),\n            nn.Flatten()",
    ),
    "softmax at the end": ("reader", "return self.layers(images)", "return self.layers(images).softmax(dim=1)"),
    "no padding": ("reader", "nn.Conv2d(8, 16, kernel_size=3, padding=1,", "nn.Conv2d(8, 16, kernel_size=3,"),
    "without training": ("training", "    return reader\n", "    return Reader()\n"),
    "hardly any training": ("training", "lr=0.003", "lr=0.00001"),
    "a rate far too large": ("training", "Adam(reader.parameters(), lr=0.003)", "SGD(reader.parameters(), lr=1000.0)"),
    "labels out of step with the pictures": (
        "training",
        "take_batches(images, labels",
        "take_batches(images, labels.roll(1)",
    ),
    "only the first convolution learns, and slowly": (
        "training",
        "Adam(reader.parameters(), lr=0.003)",
        "SGD([next(reader.parameters())], lr=0.01)",
    ),
    "the course's own labels": ("training", "take_batches(images, labels", "take_batches(images, train_labels"),
    "asked in training mode": ("training", "reader.eval()", "reader.train()"),
    "no mode set": ("training", "reader.eval()", "pass"),
    "scores instead of classes": ("training", ".argmax(dim=1)", ""),
    "the picture with the largest score": ("training", "argmax(dim=1)", "argmax(dim=0)"),
    "classes counted from 1": ("training", "argmax(dim=1)", "argmax(dim=1) + 1"),
}

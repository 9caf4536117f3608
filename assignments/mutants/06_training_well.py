"""Other right answers to assignment 6, and planted mistakes.

A change is (id of the answer's cell, old text, new text), made in the reference answer.
"""

ALTERNATIVES = {
    "other functions of the library": [
        (
            "draw_layers",
            '        variance = 2 / n_in if rule == "he" else 2 / (n_in + n_out)\n'
            "        layers.append((math.sqrt(variance) * torch.randn(n_in, n_out), torch.zeros(n_out)))",
            "        W = torch.empty(n_in, n_out)\n"
            '        if rule == "he":\n'
            '            torch.nn.init.kaiming_uniform_(W.T, nonlinearity="relu")\n'
            "        else:\n"
            "            torch.nn.init.xavier_normal_(W)\n"
            "        layers.append([W, torch.zeros(n_out)])",
        ),
        (
            "dropout",
            "    if p == 1:\n        return 0.0 * H\n"
            "    kept = (coins >= p).to(H.dtype)\n    return H * kept / (1 - p)",
            "    return torch.where(coins < p, 0.0, H / max(1 - p, 1e-9))",
        ),
        (
            "adamw",
            "            m.mul_(0.9).add_(0.1 * g)\n            s.mul_(0.999).add_(0.001 * g**2)\n"
            "            p -= self.learning_rate * (m / sum1) / ((s / sum2).sqrt() + 1e-8)",
            "            m.lerp_(g, 0.1)\n            s.mul_(0.999).addcmul_(g, g, value=0.001)\n"
            "            p.addcdiv_(m, s.sqrt() / sum2**0.5 + 1e-8, value=-self.learning_rate / sum1)",
        ),
        (
            "train",
            "            kept = [p.detach().clone() for p in parameters]",
            "            import copy\n            kept = copy.deepcopy([p.data for p in parameters])",
        ),
        (
            "folds",
            "    sizes = [len(order) // k + (fold < len(order) % k) for fold in range(k)]\n"
            "    pieces = order.split(sizes)\n"
            "    return [(torch.cat(pieces[:i] + pieces[i + 1 :]), pieces[i]) for i in range(k)]",
            "    return [(order[~torch.isin(order, piece)], piece) for piece in order.tensor_split(k)]",
        ),
        (
            "choose_strength",
            "max(strength for strength, mean in zip(strengths, means, strict=True) if mean <= limit)",
            "torch.tensor(strengths)[means <= limit].max()",
        ),
    ],
    "in double precision, with loops": [
        ("draw_layers", "torch.randn(n_in, n_out)", "(torch.rand(n_in, n_out) * 2 - 1) * 3**0.5"),
        (
            "dropout",
            "    kept = (coins >= p).to(H.dtype)\n    return H * kept / (1 - p)",
            "    return H.double() * ~(coins < p) * (1 / (1 - p))",
        ),
        (
            "adamw",
            "        self.averages = [torch.zeros_like(p) for p in self.parameters]\n"
            "        self.squares = [torch.zeros_like(p) for p in self.parameters]",
            "        self.averages = [torch.zeros_like(p).double() for p in self.parameters]\n"
            "        self.squares = [torch.zeros(p.shape) for p in self.parameters]",
        ),
        (
            "train",
            "    losses, best, kept = [], 0, []\n    for epoch in range(most_epochs):\n        step()\n"
            "        losses.append(dev_loss())\n        if epoch == 0 or losses[epoch] < losses[best]:\n"
            "            best = epoch\n            kept = [p.detach().clone() for p in parameters]\n"
            "        elif epoch - best >= patience:\n            break\n",
            "    losses, waited, lowest = [], 0, math.inf\n    while waited < patience and len(losses) < most_epochs:\n"
            "        step()\n        loss = dev_loss()\n        waited += 1\n        if loss < lowest:\n"
            "            lowest, best, waited = loss, len(losses), 0\n"
            "            kept = [p.clone() for p in parameters]\n        losses.append(loss)\n",
        ),
        (
            "folds",
            "torch.cat(pieces[:i] + pieces[i + 1 :])",
            "torch.tensor([row for row in range(len(order)) if row not in pieces[i].tolist()])",
        ),
        (
            "choose_strength",
            "losses.std(dim=0) / math.sqrt(k)",
            "((losses.double() - means).square().sum(dim=0) / (k - 1) / k) ** 0.5",
        ),
    ],
}

MUTANTS = {
    "he by the units in the place of the inputs": ("draw_layers", "2 / n_in if", "2 / n_out if"),
    "the variance taken for the standard deviation": ("draw_layers", "math.sqrt(variance)", "variance"),
    "numbers from 0 to 1": ("draw_layers", "torch.randn", "3**0.5 * torch.rand"),
    "dropout without scaling": ("dropout", "H * kept / (1 - p)", "H * kept"),
    "scaled in use as well": ("dropout", "is None:\n        return H", "is None:\n        return H * (1 - p)"),
    "no guard at p = 1": ("dropout", "p == 1", "p > 1"),
    "no correction for the start": ("adamw", "1 - 0.9**self.count, 1 - 0.999**self.count", "1, 1"),
    "the decay in the gradient": (
        "adamw",
        "p *= 1 - self.learning_rate * self.decay",
        "g = g + self.decay * p",
    ),
    "biases decay too": ("adamw", "p.dim() > 1", "p.dim() > 0"),
    "a parameter's address in the place of its numbers": ("train", "p.detach().clone()", "p.detach()"),
    "one epoch more of patience": ("train", "epoch - best >= patience", "epoch - best > patience"),
    "an equal loss counts as lower": ("train", "losses[epoch] < losses[best]", "losses[epoch] <= losses[best]"),
    "pieces of rounded-up size": ("folds", "order.split(sizes)", "order.chunk(k)"),
    "blocks of neighbours": ("folds", "order.split(sizes)", "torch.arange(len(order)).split(sizes)"),
    "held-out rows are kept as well": ("folds", "torch.cat(pieces[:i] + pieces[i + 1 :])", "order"),
    "the lowest mean": ("choose_strength", "if mean <= limit", "if mean <= means[best]"),
    "the spread in the place of the standard error": ("choose_strength", " / math.sqrt(k)", ""),
    "the last in the list": (
        "choose_strength",
        "max(strength for strength, mean in zip(strengths, means, strict=True) if mean <= limit)",
        "[strength for strength, mean in zip(strengths, means, strict=True) if mean <= limit][-1]",
    ),
}

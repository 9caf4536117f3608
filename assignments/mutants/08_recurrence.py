"""Other right answers to assignment 8, and planted mistakes.

A change is (id of the answer's cell, old text, new text), made in the reference answer.
"""

ALTERNATIVES = {
    "other functions of the library": [
        (
            "number",
            "    counts = Counter(text)\n"
            "    ordered = sorted(counts, key=lambda character: (-counts[character], character))\n"
            '    return ["_", *ordered[: size - 1]]',
            "    ordered = sorted(Counter(sorted(text)).items(), key=lambda pair: pair[1], reverse=True)\n"
            '    return (["_"] + [pair[0] for pair in ordered])[:size]',
        ),
        (
            "encode",
            "return torch.tensor([place.get(character, 0) for character in text], dtype=torch.int64)",
            "return torch.tensor([place[one] if one in place else 0 for one in text]).long()",
        ),
        (
            "windows",
            "return list(zip(*parts, strict=True))",
            "return [(inputs.clone(), targets.clone()) for inputs, targets in zip(*parts, strict=True)]",
        ),
        (
            "bigram",
            "pairs = size * ids[:-1] + ids[1:]\n"
            "    counts = pairs.bincount(minlength=size * size).reshape(size, size) + float(alpha)\n"
            "    return (counts / counts.sum(dim=1, keepdim=True)).log()",
            "before, after = (functional.one_hot(part, size).float() for part in (ids[:-1], ids[1:]))\n"
            "    return (before.T @ after + alpha).log().log_softmax(dim=1)",
        ),
        (
            "perplexity",
            "return logs.mean().neg().exp().item()",
            "return math.e ** -(sum(part.sum() for part in parts) / len(logs))",
        ),
        (
            "train",
            "        for tensor in parameters.values():\n            tensor.grad = None\n        loss.backward()\n"
            "        norm = sum(tensor.grad.square().sum() for tensor in parameters.values()).sqrt()\n"
            "        factor = limit / max(norm, limit)\n        with torch.no_grad():\n"
            "            for tensor in parameters.values():\n"
            "                tensor -= learning_rate * factor * tensor.grad\n",
            "        slopes = torch.autograd.grad(loss, list(parameters.values()))\n"
            "        for tensor, slope in zip(parameters.values(), slopes, strict=True):\n"
            "            tensor.grad = slope\n"
            "        torch.nn.utils.clip_grad_norm_(parameters.values(), limit)\n"
            "        for name, tensor in parameters.items():\n"
            "            moved = tensor - learning_rate * tensor.grad\n"
            "            parameters[name] = moved.detach().requires_grad_()\n",
        ),
        (
            "choose",
            "passed = (chances.cumsum(dim=1) <= uniform[:, None]).sum(dim=1)  # ids whose sum isn't above u\n"
            "    return passed.clamp(max=allowed.shape[1] - 1) + 1",
            "sums = chances.cumsum(dim=1)\n    sums[:, -1] = 1.0\n"
            "    return torch.searchsorted(sums, uniform[:, None], right=True)[:, 0] + 1",
        ),
    ],
    "with loops, in double precision": [
        (
            "windows",
            "return list(zip(*parts, strict=True))",
            "inputs, targets = (torch.cat(part, dim=1) for part in parts)\n    found = []\n"
            "    for begin in range(0, length, steps):\n"
            "        found.append((inputs[:, begin : begin + steps], targets[:, begin : begin + steps]))\n"
            "    return found",
        ),
        (
            "bigram",
            "pairs = size * ids[:-1] + ids[1:]\n"
            "    counts = pairs.bincount(minlength=size * size).reshape(size, size) + float(alpha)",
            "counts = torch.full((size, size), alpha, dtype=torch.float64)\n"
            "    for a, b in zip(ids[:-1].tolist(), ids[1:].tolist(), strict=True):\n        counts[a, b] += 1",
        ),
        (
            "perplexity",
            "logs = torch.cat([part.flatten() for part in parts])\n    return logs.mean().neg().exp().item()",
            "logs = [number for part in parts for number in part.flatten().tolist()]\n"
            "    return math.exp(-sum(logs) / len(logs))",
        ),
        (
            "read",
            'looked_up = parameters["weight_ih"].T[ids]  # (n, T, h)',
            'looked_up = functional.one_hot(ids, parameters["weight_ih"].shape[1]).float() @ parameters["weight_ih"].T',
        ),
        (
            "choose",
            "chances = (allowed / temperature).softmax(dim=1)",
            "chances = (allowed.double() / temperature).softmax(dim=1)",
        ),
    ],
}

MUTANTS = {
    "equals in the order of the text": (
        "number",
        "key=lambda character: (-counts[character], character)",
        "key=lambda character: -counts[character]",
    ),
    "one place too many": ("number", "ordered[: size - 1]", "ordered[:size]"),
    "strangers left out": (
        "encode",
        "place.get(character, 0) for character in text",
        "place[character] for character in text if character in place",
    ),
    "the narrow batch left out": (
        "windows",
        "length = (len(ids) - 1) // rows",
        "length = (len(ids) - 1) // (rows * steps) * steps",
    ),
    "neighbours in the text become rows": ("windows", "reshape(rows, length)", "reshape(length, rows).T"),
    "inputs as targets": ("windows", "ids[1:])", "ids[:-1])"),
    "turned over": ("bigram", "size * ids[:-1] + ids[1:]", "size * ids[1:] + ids[:-1]"),
    "each pair counted once": ("bigram", "pairs.bincount(", "pairs.unique().bincount("),
    "the mean of means": (
        "perplexity",
        "torch.cat([part.flatten() for part in parts])",
        "torch.stack([part.mean() for part in parts])",
    ),
    "the state's weights not turned": ("read", 'parameters["weight_hh"].T', 'parameters["weight_hh"]'),
    "one bias forgotten": ("read", ' + parameters["bias_hh"]', ""),
    "always from zeros": ("read", "states = []", "states, state = [], torch.zeros_like(state)"),
    "not detached": ("train", "state.detach()", "state"),
    "from zeros for each batch": ("train", "state = states[:, -1]", "state = torch.zeros_like(state)"),
    "each tensor has the limit for itself": (
        "train",
        "factor * tensor.grad",
        "tensor.grad * limit / max(tensor.grad.norm(), limit)",
    ),
    "scaled up as well": ("train", "max(norm, limit)", "norm"),
    "gradients add up": ("train", "tensor.grad = None", "pass"),
    "the unknown is written, too": (
        "choose",
        "allowed = scores[:, 1:]",
        "allowed = torch.cat([scores[:, 1:], scores[:, :1]], dim=1)",
    ),
    "times the temperature": ("choose", "allowed / temperature", "allowed * temperature"),
    "the first if the sum stays below": (
        "choose",
        "passed = (chances.cumsum(dim=1) <= uniform[:, None]).sum(dim=1)",
        "passed = (chances.cumsum(dim=1) > uniform[:, None]).int().argmax(dim=1)",
    ),
    "softmax without a shift": (
        "choose",
        "(allowed / temperature).softmax(dim=1)",
        "(allowed / temperature).exp()\n    chances = chances / chances.sum(dim=1, keepdim=True)",
    ),
}

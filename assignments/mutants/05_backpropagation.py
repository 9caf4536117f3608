"""Other right answers to assignment 5, and planted mistakes.

A change is (id of the answer's cell, old text, new text), made in the reference answer.
"""

BODY_OF_DETECTIVE = """        for place in range(parameter.numel()):
            nudge = torch.zeros(parameter.numel(), dtype=parameter.dtype)
            nudge[place] = step
            nudge = nudge.reshape(parameter.shape)
            up = loss_of({**parameters, name: parameter + nudge})
            down = loss_of({**parameters, name: parameter - nudge})
            gap = abs(claimed.flatten()[place] - (up - down) / (2 * step))
            if not gap <= 1e-4:
                return name
"""
BODY_OF_WALK = """    waits_for, found = {end: 0}, [end]
    for node in found:  # the list grows while we walk it
        for source in node.sources:
            if source not in waits_for:
                waits_for[source] = 0
                found.append(source)
            waits_for[source] += 1
    slopes, ready = dict.fromkeys(found, 0.0), [end]
    slopes[end] = 1.0
    for node in ready:  # this one grows, too
        for source, part in zip(node.sources, node.rule(slopes[node]), strict=True):
            slopes[source] += part
            waits_for[source] -= 1
            if waits_for[source] == 0:
                ready.append(source)
    return [slopes.get(node, 0.0) for node in wanted]
"""
NUDGED_IN_PLACE = """        flat, measured = parameter.view(-1), torch.zeros_like(parameter)
        for place in range(len(flat)):
            before = flat[place].item()
            flat[place] = before + step
            measured.view(-1)[place] = loss_of(parameters)
            flat[place] = before - step
            measured.view(-1)[place] -= loss_of(parameters)
            flat[place] = before
        if not torch.allclose(claimed, measured / (2 * step), atol=1e-4, rtol=0):
            return name
"""
RECURSIVE_WALK = """    order, seen = [], set()

    def put_down(node):
        seen.add(node)
        for source in node.sources:
            if source not in seen:
                put_down(source)
        order.append(node)

    put_down(end)
    slopes = {end: 1.0}
    for node in reversed(order):
        parts = node.rule(slopes[node])
        for number, source in enumerate(node.sources):
            slopes[source] = slopes.get(source, 0) + parts[number]
    return tuple(slopes.get(node, 0) for node in wanted)
"""
STACKED_WALK = """    order, placed, stack = [], set(), [end]
    while stack:
        node = stack[-1]
        missing = [source for source in node.sources if source not in placed]
        if missing:
            stack.append(missing[0])
            continue
        stack.pop()
        if node not in placed:
            placed.add(node)
            order.append(node)
    slopes = {node: 0.0 for node in order}
    slopes[end] = 1.0
    while order:
        node = order.pop()
        for source, part in zip(node.sources, node.rule(slopes[node])):
            slopes[source] += part
    return [slopes[node] if node in slopes else 0.0 for node in wanted]
"""

ALTERNATIVES = {
    "with the library's losses, in place, and with recursion": [
        (
            "forward",
            """    log_P = (H @ parameters["W2"] + parameters["b2"]).log_softmax(dim=1)  # (n, k)
    losses = -log_P[torch.arange(len(labels)), labels]  # (n,)
    return (shares * losses).sum(), (H, log_P.exp())
""",
            """    scores = torch.addmm(parameters["b2"], H, parameters["W2"])
    losses = torch.nn.functional.cross_entropy(scores, labels, reduction="none")
    return losses @ shares, (H, torch.softmax(scores, dim=-1))
""",
        ),
        (
            "backward",
            """    Y = torch.eye(P.shape[1], dtype=P.dtype)[labels]  # (n, k)
    last_errors = shares[:, None] * (P - Y)  # (n, k)
""",
            """    last_errors = P.clone()
    last_errors[range(len(labels)), labels] -= 1
    last_errors *= shares.reshape(-1, 1)
""",
        ),
        ("detective", BODY_OF_DETECTIVE, NUDGED_IN_PLACE),
        (
            "operations",
            """    ratio = a.value / b.value
    return Number(ratio, (a, b), lambda slope: (slope / b.value, -slope * ratio / b.value))
""",
            """    under = Number(1 / b.value, (b,), lambda slope: (-slope / b.value**2,))
    return multiply(a, under)
""",
        ),
        ("walk", BODY_OF_WALK, RECURSIVE_WALK),
    ],
    "row by row, and with a stack": [
        (
            "forward",
            "    return (shares * losses).sum(), (H, log_P.exp())\n",
            """    total = 0.0
    for share, loss in zip(shares.tolist(), losses.tolist()):
        total += share * loss
    return total, (H, log_P.exp())
""",
        ),
        (
            "backward",
            """    return {
        "W1": X.T @ hidden_errors,
""",
            """    return {
        "W1": sum(torch.outer(x, error) for x, error in zip(X, hidden_errors)),
""",
        ),
        (
            "operations",
            "return Number(bent, (a,), lambda slope: (slope * (1 - bent**2),))",
            "return Number(bent, [a], lambda slope: [slope / math.cosh(a.value) ** 2])",
        ),
        ("walk", BODY_OF_WALK, STACKED_WALK),
    ],
}

MUTANTS = {
    "a plain mean of the losses": ("forward", "(shares * losses).sum()", "losses.mean()"),
    "the mean of what is weighted already": ("forward", "(shares * losses).sum()", "(shares * losses).mean()"),
    "softmax over the rows": ("forward", "log_softmax(dim=1)", "log_softmax(dim=0)"),
    "the sums kept in place of the outputs": ("forward", "(H, log_P.exp())", "(torch.atanh(H), log_P.exp())"),
    "the logarithms kept in place of the probabilities": ("forward", "log_P.exp()", "log_P"),
    "the logarithm of a probability that is 0": ("forward", ".log_softmax(dim=1)", ".softmax(dim=1).log()"),
    "the mean in place of the shares": ("backward", "shares[:, None] * (P - Y)", "(P - Y) / len(X)"),
    "divided by n as well": ("backward", "shares[:, None] * (P - Y)", "shares[:, None] * (P - Y) / len(X)"),
    "the slope of tanh forgotten": ("backward", " * (1 - H**2)", ""),
    "tanh of tanh": ("backward", "1 - H**2", "1 - torch.tanh(H) ** 2"),
    "a transpose too few": (
        "backward",
        '(last_errors @ parameters["W2"].T)',
        '(last_errors @ parameters["W2"].reshape(P.shape[1], -1))',
    ),
    "the mean of the rows for a bias": ("backward", "last_errors.sum(dim=0)", "last_errors.mean(dim=0)"),
    "a bias as a row": ("backward", "hidden_errors.sum(dim=0)", "hidden_errors.sum(dim=0, keepdim=True)"),
    "written into P": ("backward", "shares[:, None] * (P - Y)", "P.sub_(Y).mul_(shares[:, None])"),
    "the forward pass once more": ("backward", "H, P = kept", "H, P = forward(batch, parameters)[1]"),
    "moved to one side only": (
        "detective",
        "            down = loss_of({**parameters, name: parameter - nudge})\n"
        "            gap = abs(claimed.flatten()[place] - (up - down) / (2 * step))\n",
        "            down = loss_of(parameters)\n"
        "            gap = abs(claimed.flatten()[place] - (up - down) / step)\n",
    ),
    "half the slope forgotten": ("detective", "(2 * step)", "step"),
    "only the first number": ("detective", "range(parameter.numel())", "range(1)"),
    "only what is too large": (
        "detective",
        "abs(claimed.flatten()[place] - (up - down) / (2 * step))",
        "claimed.flatten()[place] - (up - down) / (2 * step)",
    ),
    "nan passes": ("detective", "if not gap <= 1e-4:", "if gap > 1e-4:"),
    "the shape isn't looked at": (
        "detective",
        "claimed.shape != parameter.shape",
        "claimed.numel() != parameter.numel()",
    ),
    "a check too loose": ("detective", "gap <= 1e-4", "gap <= 1e-2"),
    "moved and left there": ("detective", "name: parameter - nudge}", "name: parameter.sub_(nudge)}"),
    "a sum passes on one share": ("operations", "lambda slope: (slope, slope)", "lambda slope: (slope, 0.0)"),
    "a product with its own factors": (
        "operations",
        "(slope * b.value, slope * a.value)",
        "(slope * a.value, slope * b.value)",
    ),
    "a product that forgets what arrives": ("operations", "(slope * b.value, slope * a.value)", "(b.value, a.value)"),
    "a quotient without the minus": ("operations", "-slope * ratio / b.value", "slope * ratio / b.value"),
    "tanh that forgets what arrives": ("operations", "(slope * (1 - bent**2),)", "((1 - bent**2),)"),
    "a rule without a tuple": ("operations", "(slope * (1 - bent**2),)", "slope * (1 - bent**2)"),
    "relu is open at 0": ("operations", "a.value > 0", "a.value >= 0"),
    "relu lets every slope through": ("operations", "(slope if is_open else 0.0,)", "(slope,)"),
    "what arrives replaces what was there": ("walk", "slopes[source] += part", "slopes[source] = part"),
    "as the boxes are met": (
        "walk",
        "            waits_for[source] -= 1\n            if waits_for[source] == 0:\n",
        "            if source not in ready:\n",
    ),
    "every path": (
        "walk",
        BODY_OF_WALK,
        """    slopes, waiting = {}, [(end, 1.0)]
    while waiting:
        node, slope = waiting.pop()
        slopes[node] = slopes.get(node, 0.0) + slope
        waiting += zip(node.sources, node.rule(slope), strict=True)
    return [slopes.get(node, 0.0) for node in wanted]
""",
    ),
    "a box without part in it": ("walk", "slopes.get(node, 0.0)", "slopes[node]"),
    "slopes left from the last time": (
        "walk",
        "slopes, ready = dict.fromkeys(found, 0.0), [end]",
        "slopes = gradients.__dict__.setdefault('left', {})\n"
        "    slopes.update({node: slopes.get(node, 0.0) for node in found})\n    ready = [end]",
    ),
}

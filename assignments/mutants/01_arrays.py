"""Other right answers to assignment 1, and planted mistakes.

A change is (id of the answer's cell, old text, new text), made in the reference answer.
"""

ALTERNATIVES = {
    "other functions of the library": [
        (
            "summaries",
            "return X.mean(dim=1), X.amax(dim=1) - X.amin(dim=1), X.argmax(dim=1)",
            "warmest = X.max(dim=1)\n    coldest = -(-X).max(dim=1).values\n"
            "    return X.sum(1) / X.shape[1], warmest.values - coldest, warmest.indices",
        ),
        (
            "standardise",
            "return centred / torch.where(spread > 0, spread, 1)",
            "return torch.nan_to_num(centred / spread, nan=0.0, posinf=0.0, neginf=0.0)",
        ),
        (
            "distances",
            "return ((squares * weights).sum(dim=2) / weights.sum()).sqrt()",
            "return (squares @ (weights / weights.sum())) ** 0.5",
        ),
        (
            "nearest",
            "apart.fill_diagonal_(torch.inf)\n    return apart.argsort(dim=1)[:, :k]",
            "apart = torch.where(torch.eye(len(X), dtype=torch.bool), torch.inf, apart)\n"
            "    return apart.topk(k, dim=1, largest=False).indices",
        ),
        ("estimate", "X[nearest(X, k)].mean(dim=1)", "X[nearest(X, k).flatten()].reshape(len(X), k, -1).sum(1) / k"),
    ],
    "in double precision, with loops": [
        (
            "standardise",
            "centred = X - X.mean(dim=1, keepdim=True)",
            "X = X.double()\n    centred = torch.stack([row - row.mean() for row in X])",
        ),
        (
            "distances",
            "return ((squares * weights).sum(dim=2) / weights.sum()).sqrt()",
            "shares = weights.double() / weights.sum()\n"
            "    return torch.tensor([[(shares * (a - b) ** 2).sum() ** 0.5 for b in B] for a in A])",
        ),
        (
            "estimate",
            "return X[nearest(X, k)].mean(dim=1)",
            "rows = []\n    for numbers in nearest(X, k):\n        rows.append(X[numbers].mean(0))\n"
            "    return torch.stack(rows)",
        ),
    ],
}

MUTANTS = {
    "the mean over towns": ("summaries", "X.mean(dim=1)", "X.mean(dim=0)"),
    "the largest value as range": ("summaries", "X.amax(dim=1) - X.amin(dim=1)", "X.amax(dim=1)"),
    "the warmest day from 1": ("summaries", "X.argmax(dim=1)", "X.argmax(dim=1) + 1"),
    "the coldest day": ("summaries", "X.argmax(dim=1)", "X.argmin(dim=1)"),
    "the default correction": ("standardise", "correction=0, ", ""),
    "no guard against no spread": ("standardise", "torch.where(spread > 0, spread, 1)", "spread"),
    "a small number against no spread, everywhere": (
        "standardise",
        "torch.where(spread > 0, spread, 1)",
        "(spread + 0.1)",
    ),
    "means of days": ("standardise", "X.mean(dim=1, keepdim=True)", "X.mean(dim=0, keepdim=True)"),
    "changed in place": (
        "standardise",
        "centred = X - X.mean(dim=1, keepdim=True)",
        "centred = X.sub_(X.mean(dim=1, keepdim=True))",
    ),
    "squared distances": ("distances", ".sqrt()", ""),
    "the sum in place of the mean": ("distances", " / weights.sum()", ""),
    "divided by the number of days": ("distances", "weights.sum()", "len(weights)"),
    "all days alike": ("distances", "(squares * weights).sum(dim=2) / weights.sum()", "squares.mean(dim=2)"),
    "the weights squared": ("distances", "squares * weights", "squares * weights**2"),
    "differences without their squares": ("distances", ".square()", ".abs()"),
    "turned over": ("distances", "A[:, None] - B[None]", "A[None] - B[:, None]"),
    "its own neighbour": ("nearest", "    apart.fill_diagonal_(torch.inf)\n", ""),
    "the farthest": ("nearest", "apart.argsort(dim=1)", "(-apart.nan_to_num(posinf=-1)).argsort(dim=1)"),
    "not standardised": ("nearest", "scaled = standardise(X)", "scaled = X"),
    "one too few": ("nearest", "[:, :k]", "[:, : k - 1]"),
    "the sum of neighbours": ("estimate", "mean(dim=1)", "sum(dim=1)"),
    "only the first neighbour": ("estimate", ".mean(dim=1)", "[:, 0]"),
    "of standardised rows": ("estimate", "X[nearest", "standardise(X)[nearest"),
}

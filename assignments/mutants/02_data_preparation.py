"""Other right answers to assignment 2, and planted mistakes.

A change is (id of the answer's cell, old text, new text), made in the reference answer.
"""

READ = """table = pd.read_csv(io.StringIO(text), dtype=str, keep_default_na=False)
    table = table.apply(lambda column: column.str.strip())
    table = table.mask(table.isin(GAPS))
    return table.drop_duplicates("ad").reset_index(drop=True)"""
MEASURE = """parts = texts.str.lower().str.extract(r"^([\\d.]+) *([a-z]*)$")
    factors = parts[1].map({"": 1.0, **units}).astype(float)
    unknown = texts[texts.notna() & factors.isna()]
    if len(unknown):
        raise ValueError(f"units {list(units)} expected, found {unknown.tolist()}")
    return torch.tensor((parts[0].astype(float) * factors).to_numpy())"""
DAYS = """since = pd.to_datetime(texts, format="%d/%m/%Y") - pd.Timestamp(2025, 1, 1)
    return torch.tensor(since.dt.days.to_numpy(dtype="float64"))"""
LABELS = """waited = sold - listed
    is_old = today - listed > 30  # False where the listing day is missing
    y = (waited <= 30).long()
    y[(waited < 0) | ~is_old] = -1
    return y"""
SPLIT = """before, after = listed < day, listed >= day
    seen = plates[before.numpy()].dropna()
    known = torch.tensor(plates.isin(seen).to_numpy())
    return before.nonzero()[:, 0], (after & ~known).nonzero()[:, 0]"""
LEARN_SCALE = """medians = X.nanquantile(0.5, dim=0)
    filled = torch.where(X.isnan(), medians, X)
    spreads = filled.std(dim=0, correction=0)
    return medians, filled.mean(dim=0), torch.where(spreads > 0, spreads, 1)"""
SCALE = """is_gap = X.isnan()
    standard = (torch.where(is_gap, medians, X) - means) / spreads
    return torch.cat([standard, is_gap], dim=1).float()"""
FEATURES = """columns = ["km", "kw"]
    learned = learn_scale(torch.tensor(train[columns].to_numpy(dtype="float64")))
    numbers = scale(torch.tensor(table[columns].to_numpy(dtype="float64")), *learned)
    names = sorted(train["province"].dropna().unique())
    places = torch.tensor([names.index(name) if name in names else len(names) for name in table["province"]])
    return torch.cat([numbers, torch.nn.functional.one_hot(places, len(names) + 1)], dim=1)"""

LOOPS = [
    (
        "read",
        READ,
        """first, *lines = [[field.strip() for field in line.split(",")] for line in text.strip().splitlines()]
    place, kept = first.index("ad"), {}
    for line in lines:
        kept.setdefault(line[place], [None if field in GAPS else field for field in line])
    return pd.DataFrame(list(kept.values()), columns=first, dtype=object)""",
    ),
    (
        "measure",
        MEASURE,
        """values = []
    for text in texts:
        if pd.isna(text):
            values.append(float("nan"))
            continue
        number = text.lower().rstrip("abcdefghijklmnopqrstuvwxyz ")
        unit = text.lower().removeprefix(number).strip()
        if unit and unit not in units:
            raise ValueError(unit)
        values.append(float(number) * units.get(unit, 1.0))
    return torch.tensor(values)""",
    ),
    (
        "days",
        DAYS,
        """values = []
    for text in texts:
        if pd.isna(text):
            values.append(torch.nan)
        else:
            number, month, year = map(int, text.split("/"))
            values.append(float((date(year, month, number) - date(2025, 1, 1)).days))
    return torch.tensor(values)""",
    ),
    (
        "labels",
        LABELS,
        """y = []
    for begin, end in zip(listed.tolist(), sold.tolist()):
        if begin != begin or end < begin or today - begin <= 30:
            y.append(-1)
        else:
            y.append(int(end - begin <= 30))
    return torch.tensor(y)""",
    ),
    (
        "split",
        SPLIT,
        """train = [i for i in range(len(listed)) if listed[i] < day]
    seen = {plates[i] for i in train if isinstance(plates[i], str)}
    test = [i for i in range(len(listed)) if listed[i] >= day and plates[i] not in seen]
    return torch.tensor(train), torch.tensor(test)""",
    ),
    (
        "learn_scale",
        LEARN_SCALE,
        """medians, means, spreads = [], [], []
    for column in X.double().T:
        known = column[~column.isnan()].sort().values
        medians.append((known[(len(known) - 1) // 2] + known[len(known) // 2]) / 2)
        column = column.nan_to_num(medians[-1].item())
        means.append(column.mean())
        spreads.append(((column - means[-1]) ** 2).mean().sqrt() or torch.tensor(1.0).double())
    return torch.stack(medians), torch.stack(means), torch.stack(spreads)""",
    ),
    (
        "scale",
        SCALE,
        """rows = []
    for row in X.tolist():
        filled = [m.item() if x != x else x for x, m in zip(row, medians)]
        rows.append([(x - m.item()) / s.item() for x, m, s in zip(filled, means, spreads)])
        rows[-1] += [float(x != x) for x in row]
    return torch.tensor(rows)""",
    ),
    (
        "features",
        FEATURES,
        """known = sorted({name for name in train["province"] if isinstance(name, str)})
    learned = learn_scale(torch.tensor([train["km"].tolist(), train["kw"].tolist()]).T)
    rows = []
    for km, kw, name in zip(table["km"], table["kw"], table["province"]):
        numbers = scale(torch.tensor([[km, kw]]), *learned)[0].tolist()
        rows.append(numbers + [float(name == one) for one in known] + [float(name not in known)])
    return torch.tensor(rows)""",
    ),
]
LIBRARY = [
    (
        "read",
        READ,
        """table = pd.read_csv(
        io.StringIO(text), dtype=str, keep_default_na=False, na_values=list(GAPS), skipinitialspace=True
    )
    for name in table.columns:
        column = table[name].astype("string").str.strip()
        table[name] = column.replace(list(GAPS), pd.NA)
    table = table[~table["ad"].duplicated()]
    table.index = range(len(table))
    return table""",
    ),
    (
        "measure",
        MEASURE,
        """small = texts.str.lower().str.replace(" ", "")
    number = pd.to_numeric(small.str.replace("[a-z]", "", regex=True))
    unit = small.str.replace("[0-9.]", "", regex=True)
    if not set(unit.dropna()) <= {"", *units}:
        raise ValueError(set(unit.dropna()) - set(units))
    factor = unit.map(lambda name: units.get(name, 1.0), na_action="ignore")
    return torch.from_numpy((number * factor).astype(object).fillna(float("nan")).to_numpy(float).copy())""",
    ),
    (
        "days",
        DAYS,
        """dates = pd.to_datetime(texts, dayfirst=True)
    return torch.tensor(((dates - pd.Timestamp("2025-01-01")) / pd.Timedelta(days=1)).tolist())""",
    ),
    (
        "labels",
        LABELS,
        """days = (sold - listed).nan_to_num(1e9)
    quick = torch.where(days <= 30, 1, 0)
    return torch.where((days < 0) | listed.isnan() | (listed >= today - 30), -1, quick)""",
    ),
    (
        "split",
        SPLIT,
        """table = pd.DataFrame({"day": listed.numpy(), "plate": plates})
    train = table[table["day"] < day]
    test = table[table["day"] >= day]
    test = test[test["plate"].isna() | ~test["plate"].isin(train["plate"])]
    return torch.tensor(train.index.to_numpy()), torch.tensor(test.index.to_numpy())""",
    ),
    (
        "learn_scale",
        LEARN_SCALE,
        """table = pd.DataFrame(X.numpy().astype("float64"))
    filled = table.fillna(table.median())
    spread = filled.std(ddof=0).replace(0.0, 1.0)
    return tuple(torch.tensor(part.to_numpy()) for part in (table.median(), filled.mean(), spread))""",
    ),
    (
        "scale",
        SCALE,
        """X = X.clone()
    gaps = X != X
    for j in range(X.shape[1]):
        X[gaps[:, j], j] = medians[j].to(X.dtype)
    X -= means
    return torch.hstack((X / spreads, gaps)).to(torch.float32)""",
    ),
    (
        "features",
        FEATURES,
        """known = pd.get_dummies(train["province"]).columns
    words = pd.get_dummies(table["province"]).reindex(columns=known, fill_value=False)
    words["other"] = ~words.any(axis=1)
    learned = learn_scale(torch.tensor(train[["km", "kw"]].to_numpy()))
    X = scale(torch.tensor(table[["km", "kw"]].to_numpy()), *learned)
    return torch.cat([X, torch.tensor(words.to_numpy(dtype="float32"))], dim=1)""",
    ),
]
ALTERNATIVES = {"with loops over Python's own values": LOOPS, "with other functions of the library": LIBRARY}

MUTANTS = {
    "the reader's own list of gaps": ("read", ", keep_default_na=False", ""),
    "gaps sought before blanks are gone": (
        "read",
        "table = table.apply(lambda column: column.str.strip())\n    table = table.mask(table.isin(GAPS))",
        "table = table.mask(table.isin(GAPS))\n    table = table.apply(lambda column: column.str.strip())",
    ),
    "the empty cell alone is a gap": ("read", "table.isin(GAPS)", 'table.isin([""])'),
    "only whole rows alike count as entered again": ("read", 'drop_duplicates("ad")', "drop_duplicates()"),
    "the last of several stays": ("read", 'drop_duplicates("ad")', 'drop_duplicates("ad", keep="last")'),
    "capital letters matter": (
        "measure",
        'texts.str.lower().str.extract(r"^([\\d.]+) *([a-z]*)$")',
        'texts.str.extract(r"^([\\d.]+) *([A-Za-z]*)$")',
    ),
    "an unknown unit becomes a gap": ("measure", "if len(unknown):", "if False:"),
    "one blank is expected": ("measure", " *([a-z]*)", " ([a-z]*)"),
    "the month first where it can be": (
        "days",
        'pd.to_datetime(texts, format="%d/%m/%Y")',
        'pd.to_datetime(texts, format="mixed", dayfirst=False)',
    ),
    "days counted from 1": ("days", "pd.Timestamp(2025, 1, 1)", "pd.Timestamp(2024, 12, 31)"),
    "29 days": ("labels", "waited <= 30", "waited < 30"),
    "unsold cars of 30 days count as slow": ("labels", "today - listed > 30", "today - listed >= 30"),
    "young adverts count if sold": ("labels", "| ~is_old", "| (~is_old & sold.isnan())"),
    "sold before listed is quick": ("labels", "(waited < 0) | ~is_old", "~is_old"),
    "the first test day belongs to the training part": (
        "split",
        "listed < day, listed >= day",
        "listed <= day, listed > day",
    ),
    "plates not looked at": ("split", "(after & ~known)", "after"),
    "gaps are one plate": ("split", ".dropna()", ""),
    "without a listing day means later": ("split", "listed >= day", "~(listed < day)"),
    "masks in place of row numbers": (
        "split",
        "return before.nonzero()[:, 0], (after & ~known).nonzero()[:, 0]",
        "return before, after & ~known",
    ),
    "the lower of the two middle values": ("learn_scale", "X.nanquantile(0.5, dim=0)", "X.nanmedian(dim=0).values"),
    "gaps filled with zero": ("learn_scale", "torch.where(X.isnan(), medians, X)", "X.nan_to_num(0.0)"),
    "the default correction": ("learn_scale", "correction=0", "correction=1"),
    "no guard against no spread": ("learn_scale", "torch.where(spreads > 0, spreads, 1)", "spreads"),
    "X is filled in place": (
        "learn_scale",
        "filled = torch.where(X.isnan(), medians, X)",
        "X[:] = torch.where(X.isnan(), medians, X)\n    filled = X",
    ),
    "the new rows' own medians": ("scale", "is_gap, medians, X", "is_gap, X.nanmedian(dim=0).values, X"),
    "filled after standardising, with zero": (
        "scale",
        "(torch.where(is_gap, medians, X) - means) / spreads",
        "((X - means) / spreads).nan_to_num(0.0)",
    ),
    "gap columns only where there are gaps": (
        "scale",
        "torch.cat([standard, is_gap], dim=1)",
        "torch.cat([standard, is_gap[:, is_gap.any(dim=0)]], dim=1)",
    ),
    "in double precision": ("scale", ".float()", ".double()"),
    "statistics of the new table": ("features", "train[columns]", "table[columns]"),
    "provinces of both tables": (
        "features",
        'train["province"].dropna()',
        'pd.concat([train["province"], table["province"]]).dropna()',
    ),
    "no place for others": (
        "features",
        "torch.nn.functional.one_hot(places, len(names) + 1)",
        "torch.nn.functional.one_hot(places, len(names) + 1)[:, :-1]",
    ),
    "unknown is the first": ("features", "else len(names)", "else 0"),
}

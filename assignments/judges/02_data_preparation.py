"""What the functions of assignment 2 should return: worked out by hand, or with loops over Python's own numbers."""

import datetime
import math
import statistics

import torch

from assignments.verdict import Case

NAN = math.nan
IN_ORDER = [3.0, 8.0, 15.0, 15.0, 21.0, 30.0]
ODD = [[7.0, 0.5], [1.0, NAN], [2.0, 8.0], [40.0, 0.25], [3.0, NAN]]
EVEN = [[NAN, 100.0, 4.0], [6.0, NAN, 4.0], [1.0, 900.0, NAN], [20.0, 200.0, 4.0], [8.0, 300.0, 4.0]]
FIXED = [10.0, 20.0, 30.0], [12.0, 0.0, -5.0], [4.0, 0.5, 1.0]
LATER = [[NAN, 21.0, 3.0], [8.0, 0.0, NAN], [12.0, -1.0, 0.0], [NAN, 40.0, NAN]]
UNTOUCHED = [[1.0, NAN], [3.0, 4.0], [NAN, 9.0]]
KNOWN_PROVINCES = ["BO", "MI", "NA", "RM"]
OFFERED = [[90.0, 55.0], [NAN, 110.0], [20.0, NAN], [50.0, NAN], [160.0, 70.0], [10.0, 85.0]]
OFFERED_PROVINCES = ["RM", "MI", "RM", None, "NA", "BO"]
COMING = [[NAN, 60.0], [75.0, NAN], [30.0, 150.0], [220.0, 85.0]]
COMING_PROVINCES = ["NA", "BZ", "BO", None]


def floats(values):
    """Numbers as a float32 tensor."""
    return torch.tensor(values, dtype=torch.float32)


def day(year, month, number):
    """Days from 1 January 2025."""
    return float(datetime.date(year, month, number).toordinal() - datetime.date(2025, 1, 1).toordinal())


def learned(rows):
    """Lists of the medians, the means and the spreads of the columns, as the task asks for them."""
    medians, means, spreads = [], [], []
    for column in zip(*rows, strict=True):
        middle = statistics.median(value for value in column if not math.isnan(value))
        filled = [middle if math.isnan(value) else value for value in column]
        medians.append(middle)
        means.append(statistics.fmean(filled))
        spreads.append(statistics.pstdev(filled) or 1.0)
    return medians, means, spreads


def scaled(rows, medians, means, spreads):
    """Rows of filled and standardised numbers."""
    return [
        [
            ((middle if math.isnan(value) else value) - mean) / spread
            for value, middle, mean, spread in zip(row, medians, means, spreads, strict=True)
        ]
        for row in rows
    ]


def gaps(rows):
    """Rows of 1 for each gap, 0 for each number."""
    return [[float(math.isnan(value)) for value in row] for row in rows]


def numbers(rows):
    """The first four columns of the finished matrix, with what the offered cars teach."""
    return [first + second for first, second in zip(scaled(rows, *learned(OFFERED)), gaps(rows), strict=True)]


def places(names):
    """The last five columns of the finished matrix: a place for each known province, and one for all others."""
    rows = [[float(name == known) for known in KNOWN_PROVINCES] for name in names]
    return [[*row, float(sum(row) == 0)] for row in rows]


def judges():
    """{id of the hidden cell: its cases}."""
    single = numbers([[40.0, 99.0]])[0] + places(["MI"])[0]
    return {
        "judged-read": [
            Case("words that aren't gaps here, Naples among them", ["NA", "MI", "nan", "None", "null"]),
            Case(
                "the four ways to write a gap, in several columns",
                [["red", None, None, "N-A", None], [None, "4", None, None, None]],
            ),
            Case("blanks at the beginning and the end", ["Anna Rossi", "Bo", None, None, None]),
            Case(
                "numbers as they are written",
                [["007", "0070", "70"], ["5", None, "3"], ["1.50", "2", "1e3"]],
            ),
            Case("adverts entered again", [["31", "32", "33", "34"], ["100 km", None, "5", None]]),
            Case("the rows' numbers after that", [0, 1, 2, 3], weight=0.5),
        ],
        "judged-measure": [
            Case("kilometres and miles", floats([84000.0, 52000 * 1.609344, 9.0])),
            Case("capital letters and blanks", floats([85.0, 116 * 0.7355, 70.0, 73.55, 92.5])),
            Case("gaps among hours and minutes", floats([3.0, NAN, 1.5, NAN, 2.0])),
            Case("numbers without a unit", floats([250.0, 0.0, 31.25, 4.0])),
            Case("units that end in the same letter", floats([4.0, 2.5, 0.03])),
            Case("a unit that isn't in the dictionary", ValueError),
        ],
        "judged-labels": [
            Case(
                "days of several years, and a gap",
                floats([day(2025, 12, 31), day(2024, 8, 15), NAN, day(2024, 2, 29), day(2025, 2, 28)]),
            ),
            Case(
                "dates that could also be read month first",
                floats([day(2025, 6, 5), day(2025, 1, 12), day(2025, 12, 1), day(2025, 2, 2)]),
            ),
            Case("cars sold after 30, 31, 0, 29, 30, 31 and 20 days", [1, 0, 1, 1, 1, 0, 1]),
            Case("cars not sold, listed for 50, 31, 30, 29, 1 and 0 days", [0, 0, -1, -1, -1, -1]),
            Case("cars sold soon, listed 31, 30, 20 and 1 days ago", [1, -1, -1, -1]),
            Case("slips of the pen and missing days", [-1, -1, -1, 1]),
            Case("the labels' type", torch.tensor([1, 0]), weight=0.5),
        ],
        "judged-split": [
            Case("each car once, one listed on the first test day", [[0, 1], [2, 3, 4, 5]]),
            Case("cars of the training part offered again", [[1, 3, 5, 7], [0, 4]]),
            Case("cars without a plate in both parts", [[1, 3, 5, 7], [0, 2, 4, 6]]),
            Case("cars twice within one part", [[1, 3, 5, 7], [0, 2, 4, 6]]),
            Case("rows without a listing day", [[0, 5], [2, 4]]),
            Case("the tensors' shape and type", [torch.tensor([0, 1]), torch.tensor([2, 3, 5])], weight=0.5),
        ],
        "judged-scale": [
            Case("medians of five and of three known values", floats(learned(ODD)[0])),
            Case("medians of four known values", floats(learned(EVEN)[0])),
            Case("means and spreads after filling", [floats(part) for part in learned(ODD)[1:]]),
            Case("means and spreads, one column without any spread", [floats(part) for part in learned(EVEN)[1:]]),
            Case("new rows, filled and standardised with given numbers", floats(scaled(LATER, *FIXED))),
            Case("where the new rows had gaps", floats(gaps(LATER))),
            Case(
                "float32 comes out, and what comes in stays as it is",
                "torch.float32",
                stays=floats(UNTOUCHED),
                weight=0.5,
            ),
        ],
        "judged-features": [
            Case("the numbers of new rows and their gaps", floats(numbers(COMING))),
            Case("the provinces of the training part", floats(places(OFFERED_PROVINCES))[[0, 1, 2, 4, 5]]),
            Case("provinces of new rows, one of them unknown", floats(places(COMING_PROVINCES))[:3]),
            Case("a new row without a province", floats(places(COMING_PROVINCES))[3]),
            Case("shape and type for a single row", [[1, 9], "torch.float32"], weight=0.5),
            Case("the numbers of a single row", floats([single])),
        ],
    }

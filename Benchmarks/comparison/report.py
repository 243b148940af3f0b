"""Tables of what was measured, which read well as plain text and as Markdown."""

from collections import defaultdict
from statistics import median

NABLA = "Nabla"
FASTEST = "the fastest peer"  # In a table's goals: whichever peer has the best median.


def number(value):
    """Three significant digits, thousands separated: 0.0123, 4.56, 78.9, 12,300."""
    if value == 0:
        return "0"
    if abs(value) < 1000:
        return f"{value:#.3g}".rstrip(".")
    digits = len(str(int(abs(value)))) - 3
    return f"{round(value, -digits):,.0f}"


def spread(values):
    """The extremes, or nothing where there is but one value."""
    return f"{number(min(values))}–{number(max(values))}" if len(values) > 1 else ""


class Table:
    """The measurements of one work item: a value for each case, contender and round.

    Nabla's lead is computed within each round, where both ran side by side on the same machine in
    the same minutes, and the table shows the median of the rounds.
    """

    def __init__(self, title, unit, lower_is_better, goals=None):
        self.title = title
        self.notes = []  # Sentences below the table.
        self.unit = unit
        self.lower_is_better = lower_is_better
        self.goals = goals or {}  # (case, contender) → how many times as good Nabla shall be
        self.cells = defaultdict(lambda: defaultdict(dict))  # case → contender → round → value
        self.extras = defaultdict(list)  # (case, contender, column) → values

    def add(self, case, contender, round_number, value, **extras):
        """Records one value and, by column, what was seen beside it."""
        self.cells[case][contender][round_number] = value
        for column, extra in extras.items():
            self.extras[case, contender, column].append(extra)

    def leads(self, case, contender):
        """How many times as good as this contender Nabla was, in each round that had both."""
        nabla = self.cells[case].get(NABLA, {})
        pairs = [(nabla[round_number], value)
                 for round_number, value in self.cells[case][contender].items()
                 if round_number in nabla]
        if self.lower_is_better:
            return [theirs / ours for ours, theirs in pairs]
        return [ours / theirs for ours, theirs in pairs]

    def fastest(self, case):
        """The peer with the best median."""
        peers = {name: median(rounds.values()) for name, rounds in self.cells[case].items()
                 if name != NABLA}
        best = min if self.lower_is_better else max
        return best(peers, key=peers.get, default=None)

    def goal(self, case, contender, leads):
        """The goal for this row and whether it was met."""
        goal = self.goals.get((case, contender))
        if goal is None and contender == self.fastest(case):
            goal = self.goals.get((case, FASTEST))
        if goal is None:
            return ""
        if not leads:
            return f"≥ {goal:g}×"
        return f"≥ {goal:g}× {'met' if median(leads) >= goal else 'missed'}"

    def rows(self):
        """The cells as text, the header row first."""
        columns = list(dict.fromkeys(column for _, _, column in self.extras))
        yield ["case", "contender", self.unit, "min–max",
               *(column.replace("_", " ") for column in columns), "Nabla's lead", "min–max", "goal"]
        for case, contenders in self.cells.items():
            for contender, rounds in contenders.items():
                values = list(rounds.values())
                leads = [] if contender == NABLA else self.leads(case, contender)
                extras = [self.extras.get((case, contender, column)) for column in columns]
                yield [case, contender, number(median(values)), spread(values),
                       *(number(median(extra)) if extra else "" for extra in extras),
                       f"{number(median(leads))}×" if leads else "", spread(leads),
                       self.goal(case, contender, leads)]

    def markdown(self):
        """The table with its title."""
        rows = list(self.rows())
        if len(rows) == 1:
            return ""
        widths = [max(map(len, column)) for column in zip(*rows)]
        lines = ["| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths)) + " |"
                 for row in rows]
        lines.insert(1, "| " + " | ".join("-" * width for width in widths) + " |")
        notes = "".join(f"\n{note}\n" for note in self.notes)
        return f"### {self.title}\n\n" + "\n".join(lines) + "\n" + notes

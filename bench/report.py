"""Tables for people and JSON for programs."""

import json
import statistics
from pathlib import Path

RESULTS = Path(__file__).resolve().parent / "results"


def median(values):
    return statistics.median(values)


def print_table(columns, rows):
    """`columns`: titles, one that begins with ">" goes to the right. Cells are text. As Markdown."""
    titles = [title.removeprefix(">") for title in columns]
    widths = [max(len(title), *(len(row[i]) for row in rows)) for i, title in enumerate(titles)]

    def line(cells):
        padded = [cell.rjust(width) if title.startswith(">") else cell.ljust(width)
                  for cell, width, title in zip(cells, widths, columns)]
        return "| " + " | ".join(padded) + " |"

    print(line(titles))
    print("|" + "|".join("-" * (width + 1) + (":" if title.startswith(">") else "-")
                         for width, title in zip(widths, columns)) + "|")
    for row in rows:
        print(line(row))
    print(flush=True)


def verdict(kept):
    """Of a budget: kept, missed, or none."""
    return "" if kept is None else "ok" if kept else "MISSED"


def write_json(name, content):
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}.json"
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    print(f"Written: {path.relative_to(RESULTS.parents[1])}")


def count(number):
    return f"{number:,.0f}"


class Rows:
    """What was measured, a line each, with the budget that it has."""

    def __init__(self):
        self.rows = []

    def add(self, title, value, budget="", met=None, **more):
        self.rows.append({"what": title, "value": value, "budget": budget, "kept": met, **more})
        print(f"  {title}: {value}", flush=True)

    def print(self):
        print_table(["what", ">value", ">budget", ""],
                    [[row["what"], row["value"], row["budget"], verdict(row["kept"])] for row in self.rows])

    def finish(self, name, machine, options):
        """Prints and writes them; returns how the program ends."""
        print()
        self.print()
        write_json(name, {"machine": machine, "options": vars(options), "rows": self.rows})
        return 1 if options.strict and any(row["kept"] is False for row in self.rows) else 0

"""Tables for people and JSON for programs."""

import json
import statistics
from pathlib import Path

RESULTS = Path(__file__).resolve().parent / "results"


def median(values):
    return statistics.median(values)


def p99(values):
    return sorted(values)[len(values) * 99 // 100]


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


def budget(value, least=None, most=None):
    """A budget in words and whether the value keeps it; "" and None where there is no budget."""
    if least is not None:
        return f"at least {least:g}", value >= least
    if most is not None:
        return f"at most {most:g}", value <= most
    return "", None


class Results:
    """What was measured: rows, each with the budget that it has and whether that is kept. print() shows them."""

    def __init__(self):
        self.rows = []

    def missed(self):
        return any(row["kept"] is False for row in self.rows)

    def finish(self, name, machine, options, **more):
        """Prints and writes them; returns how the program ends."""
        print()
        self.print()
        write_json(name, {"machine": machine, "options": vars(options), "rows": self.rows, **more})
        return 1 if options.strict and self.missed() else 0


class Rows(Results):
    """One value a row."""

    def add(self, title, value, budget="", met=None, **more):
        self.rows.append({"what": title, "value": value, "budget": budget, "kept": met, **more})
        print(f"  {title}: {value}", flush=True)

    def print(self):
        print_table(["what", ">value", ">budget", ""],
                    [[row["what"], row["value"], row["budget"], verdict(row["kept"])] for row in self.rows])


class Ratios(Results):
    """Two contenders a row, run in turn, each with a list of rounds (see load.py): the first against the second."""

    def __init__(self, contenders, unit):
        super().__init__()
        self.contenders = contenders  # in words
        self.unit = unit  # what is counted, as "answer"

    def add(self, title, ours, theirs, least=None, most=None, slower=False, **more):
        """The ratio is that of the rates, or, with `slower`, of the times."""
        rates = [[run["per_second"] for run in runs] for runs in (ours, theirs)]
        ratios = [b / a if slower else a / b for a, b in zip(*rates)]
        ratio = median(ratios)
        words, met = budget(ratio, least, most)
        self.rows.append({
            "what": title, "ratio": ratio, "ratios": ratios, "budget": words, "kept": met,
            "per_second": [median(one) for one in rates],
            "cpu_us": [median([run["cpu_us"] for run in runs]) for runs in (ours, theirs)],
            "p99_us": [median([run["p99_us"] for run in runs]) for runs in (ours, theirs)],
            "bytes_per_answer": [runs[0]["bytes_per_answer"] for runs in (ours, theirs)],
            "rounds": [ours, theirs], **more,
        })
        print(f"  {title}: {ratio:.2f}", flush=True)

    def print(self):
        def pair(values, form):
            return " / ".join(form.format(value) for value in values)

        print(f"{self.contenders}\n")
        print_table(
            ["what", f">{self.unit}s/s", ">ratio", ">lowest to highest", f">CPU us/{self.unit}", ">p99 ms", "budget",
             ""],
            [[row["what"], pair(row["per_second"], "{:,.0f}"), f"{row['ratio']:.2f}",
              f"{min(row['ratios']):.2f} to {max(row['ratios']):.2f}", pair(row["cpu_us"], "{:.1f}"),
              pair([value / 1000 for value in row["p99_us"]], "{:.1f}"), row["budget"], verdict(row["kept"])]
             for row in self.rows])

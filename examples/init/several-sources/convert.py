"""Converts the orders of one day with the rates of that day. `cls` runs it; see project.json."""
import csv
import os


def rows_of(role):
    """All rows of the files that the lot has of a source."""
    with open(os.environ[f"CLS_SOURCE_{role}_FILES"], encoding="utf-8") as names:
        for name in names.read().splitlines():
            with open(name, newline="", encoding="utf-8") as rows:
                yield from csv.DictReader(rows)


rates = {row["currency"]: float(row["rate"]) for row in rows_of("RATES")}
result = os.path.join(os.environ["CLS_SINK_MAIN_PATH"], os.environ["CLS_LOT"] + ".csv")
with open(result, "w", newline="", encoding="utf-8") as out:
    writer = csv.writer(out)
    writer.writerow(["order", "amount"])
    for row in rows_of("ORDERS"):
        writer.writerow([row["order"], f'{float(row["amount"]) * rates[row["currency"]]:.2f}'])

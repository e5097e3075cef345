"""Adds up the pieces of each item in the files of one lot. `cls` runs it; see project.json."""
import collections
import csv
import os

pieces = collections.Counter()
# A file that names the lot's files, one a line.
with open(os.environ["CLS_SOURCE_MAIN_FILES"], encoding="utf-8") as names:
    for name in names.read().splitlines():
        with open(name, newline="", encoding="utf-8") as rows:
            for row in csv.DictReader(rows):
                pieces[row["item"]] += int(row["pieces"])

# Whatever lies below CLS_SINK_MAIN_PATH in the end is the result.
result = os.path.join(os.environ["CLS_SINK_MAIN_PATH"], os.environ["CLS_LOT"] + ".csv")
with open(result, "w", newline="", encoding="utf-8") as out:
    writer = csv.writer(out)
    writer.writerow(["item", "pieces"])
    writer.writerows(sorted(pieces.items()))
print(f"{len(pieces)} items")  # kept in home/attempts/<attempt>/stdout

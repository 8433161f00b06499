"""Files in, tables out: what is read, what is set aside with a reason, and that nothing is lost uncounted."""

import gzip

import duckdb
import pandas as pd
import pytest

from cxlib import StudyError, open_study, summarise_ratings
from cxlib.agreement import find_doubts

SCALES = "scales: {expected: [1, 7], experienced: [1, 7]}"
GOOD = "respondent,touchpoint,expected,experienced\nann,search,6,4\nbob,search,5,5\n"


def rows(study, table="ratings"):
    """The count of one table: read, used, quarantined, excluded."""
    found = study.counts.set_index("table").loc[table]
    assert found["read"] == found["used"] + found["quarantined"] + found["excluded"]
    return tuple(int(found[count]) for count in ("read", "used", "quarantined", "excluded"))


def table(study, name="ratings"):
    return study.tables[name].sort("_line").collect("pandas").to_native()


def test_a_tidy_csv(make_study):
    study = open_study(make_study(ratings=GOOD))
    assert rows(study) == (2, 2, 0, 0)
    assert table(study)["experienced"].tolist() == [4, 5]


def test_a_gzipped_csv(make_study):
    folder = make_study(ratings=GOOD)
    (folder / "ratings.csv.gz").write_bytes(gzip.compress((folder / "ratings.csv").read_bytes()))
    (folder / "study.yaml").write_text(SCALES + "\nfiles: {ratings: ratings.csv.gz}")
    assert rows(open_study(folder)) == (2, 2, 0, 0)


def test_parquet_with_numbers_as_numbers(make_study):
    folder = make_study(ratings=GOOD)
    frame = pd.read_csv(folder / "ratings.csv")
    frame.loc[1, "expected"] = 99
    frame.to_parquet(folder / "ratings.parquet")
    (folder / "study.yaml").write_text(SCALES + "\nmissing: [99]\nfiles: {ratings: ratings.parquet}")
    assert table(open_study(folder))["expected"].isna().tolist() == [False, True]


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_other_delimiters_are_seen_in_the_heading(make_study, delimiter):
    assert rows(open_study(make_study(ratings=GOOD.replace(",", delimiter)))) == (2, 2, 0, 0)


def test_a_heading_of_nothing_to_see_is_no_heading(make_study):
    text = "".join(f"{line},{end}\n" for line, end in zip(GOOD.splitlines(), ["\ufeff", "x", "y"], strict=True))
    assert rows(open_study(make_study(ratings=text))) == (2, 2, 0, 0)


def test_a_byte_order_mark_and_loose_headings(make_study):
    folder = make_study(ratings="\ufeff" + GOOD.replace("touchpoint,", " Touchpoint ,"))
    assert rows(open_study(folder)) == (2, 2, 0, 0)


@pytest.mark.parametrize("encoding", ["cp949", "utf-16", "cp1252"])
def test_declared_encodings(make_study, encoding):
    folder = make_study(ratings=GOOD)
    word = "찾기" if encoding != "cp1252" else "Größe"
    (folder / "ratings.csv").write_bytes(GOOD.replace("search", word).encode(encoding))
    (folder / "study.yaml").write_text(
        SCALES + f"\nfiles: {{ratings: {{path: ratings.csv, encoding: {encoding}}}}}", encoding="utf-8"
    )
    assert set(table(open_study(folder))["touchpoint"]) == {word}


def test_an_undeclared_encoding_is_refused_with_the_fix(make_study):
    folder = make_study(ratings=GOOD)
    (folder / "ratings.csv").write_bytes(GOOD.replace("search", "Größe").encode("cp1252"))
    with pytest.raises(StudyError, match="encoding: cp1252"):
        open_study(folder)


def test_records_with_too_few_or_too_many_fields_are_set_aside_with_their_line(make_study):
    text = (
        "respondent,touchpoint,expected,experienced\nann,search,6\nbob,search,5,5\nbob,search,5,5,5\neve,search,9,5\n"
        "kim,search,5,5\nlee,search,5,5\n"
    )
    study = open_study(make_study(ratings=text))
    assert rows(study) == (6, 3, 3, 0) and table(study)["_line"].tolist() == [3, 6, 7]
    assert dict(zip(study.quarantined["line"], study.quarantined["reason"])) == {
        2: "3 fields instead of 4",
        4: "5 fields instead of 4",
        5: "expected is outside 1 to 7",
    }


def test_ids_stay_text(make_study):
    ids = ["007", "1E5", "NA", "9007199254740993", "1234567890123456789"]
    text = "respondent,touchpoint,expected,experienced\n" + "".join(f"{name},01,6,4\n" for name in ids)
    study = open_study(make_study(ratings=text))
    assert table(study)["respondent"].tolist() == ids
    assert table(study)["touchpoint"].unique().tolist() == ["01"]


def test_missing_codes_are_blank_and_not_answers(make_study):
    text = GOOD + "eve,search,99,prefer not to say\n"
    study = open_study(make_study(ratings=text, settings=SCALES + "\nmissing: [99, prefer not to say]"))
    assert rows(study) == (3, 3, 0, 0)
    assert summarise_ratings(study).loc[0, ["n", "n_expected", "n_experienced"]].tolist() == [2, 2, 2]


def test_a_row_that_is_no_rating_is_set_aside(make_study):
    text = (
        GOOD
        + "eve,search,six,4\n,search,5,5\nkim,,5,5\n"
        + GOOD.partition("\n")[2].replace("ann", "lee").replace("bob", "max")
    )
    study = open_study(make_study(ratings=text))
    assert rows(study) == (7, 4, 3, 0)
    assert study.quarantined["reason"].tolist() == ["expected is not a number", "no respondent", "no touchpoint"]


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ("ann,search,9,4\nbob,search,10,5\n", r"2 of 2 'expected' answers.*first, line 2: '9'.*\[0, 10\]"),
        ("ann,search,a,4\nbob,search,b,5\n", "2 of 2 'expected' answers.*right column"),
        ("", "heading only"),
    ],
)
def test_a_file_read_wrongly_is_refused_whole(make_study, answers, words):
    with pytest.raises(StudyError, match=words):
        open_study(make_study(ratings="respondent,touchpoint,expected,experienced\n" + answers))


def test_a_rating_needs_a_declared_scale(make_study):
    with pytest.raises(StudyError, match=r"add scales: \{expected: \[1, 7\]\}"):
        open_study(make_study(ratings=GOOD, settings="scales: {experienced: [1, 7]}"))


def test_a_missing_column_is_named_with_what_there_is(make_study):
    with pytest.raises(StudyError, match="lacks the column touchpoint. There are: respondent, place"):
        open_study(make_study(ratings=GOOD.replace("touchpoint", "place")))


def test_columns_of_a_tidy_file_can_be_named_in_the_settings(make_study):
    folder = make_study(ratings=GOOD.replace("touchpoint", "place"))
    (folder / "study.yaml").write_text(SCALES + "\nfiles: {ratings: {path: ratings.csv, columns: {touchpoint: place}}}")
    assert table(open_study(folder))["touchpoint"].tolist() == ["search", "search"]


def test_excluded_rows_count_from_the_first_row_of_data(make_study):
    folder = make_study(ratings=GOOD, settings=SCALES + "\nexclude: out.csv")
    (folder / "out.csv").write_text("row,reason\n2,a test of ours\n")
    study = open_study(folder)
    assert rows(study) == (2, 1, 0, 1) and table(study)["respondent"].tolist() == ["ann"]
    assert study.quarantined[["line", "what", "reason"]].to_numpy().tolist() == [[3, "excluded", "a test of ours"]]


def test_excluded_rows_are_found_behind_records_set_aside(make_study):
    text = "respondent,touchpoint,expected,experienced\nx\nann,search,6,4\ny,y\nbob,search,5,5\n"
    folder = make_study(ratings=text, settings=SCALES + "\nexclude: out.csv")
    (folder / "out.csv").write_text("row,reason\n4,bob tests\n")
    study = open_study(folder)
    assert rows(study) == (4, 1, 2, 1) and table(study)["respondent"].tolist() == ["ann"]


@pytest.mark.parametrize(
    ("dates", "written", "moment"),
    [
        ("", "2026-03-31", "2026-03-31 00:00"),
        ("dates: {order: dmy, zone: UTC}", "31.3.2026 14:05", "2026-03-31 14:05"),
        ("dates: {order: mdy}", "3/4/2026", "2026-03-04 00:00"),
        ("dates: {order: dmy}", "3/4/2026", "2026-04-03 00:00"),
        ("dates: {zone: Europe/Berlin}", "2026-07-01 12:00:00", "2026-07-01 10:00"),
        ("", "2026-07-01T12:00:00+02:00", "2026-07-01 10:00"),
        ("dates: {zone: Europe/Berlin}", "2026-07-01T12:00:00Z", "2026-07-01 12:00"),
    ],
)
def test_dates_are_read_as_declared_and_kept_in_utc(make_study, dates, written, moment):
    text = f"respondent,touchpoint,expected,experienced,answered_at\nann,search,6,4,{written}\n"
    study = open_study(make_study(ratings=text, settings=f"{SCALES}\n{dates}"))
    assert table(study)["answered_at"].tolist() == [pd.Timestamp(moment)]


def test_undeclared_dates_are_refused_with_the_fix(make_study):
    text = "respondent,touchpoint,expected,experienced,answered_at\nann,search,6,4,31/3/2026\n"
    with pytest.raises(StudyError, match=r"dates: \{order: dmy"):
        open_study(make_study(ratings=text))


def test_events(make_study):
    events = "customer,time,event\nann,2026-01-01 10:00,view\nann,2026-01-01 11:00,order\n,2026-01-02,view\n"
    study = open_study(make_study(ratings=GOOD, events=events, settings=SCALES + "\ndates: {zone: UTC}"))
    assert rows(study, "events") == (3, 2, 1, 0)
    assert table(study, "events")["case"].tolist() == ["ann", "ann"]


WIDE = (
    'When,"Search, should be","Search, was","Checkout, was",Age\n'
    "2026-01-01,6,4,,30\n2026-01-02,,,5,40\n2026-01-03,,,,50\n"
)
COLUMNS = (
    "position,header,table,column,touchpoint\n"
    '1,,ratings,answered_at,\n2,,ratings,expected,search\n,"Search, was",ratings,experienced,search\n'
    "4,,ratings,experienced,checkout\n5,,respondents,age,\n"
)


def wide_study(make_study, wide=WIDE, columns=COLUMNS):
    folder = make_study(ratings=wide, columns=columns)
    (folder / "study.yaml").write_text(
        SCALES + "\nfiles: {ratings: {path: ratings.csv, format: survey, columns: columns.csv}}"
    )
    return folder


def test_a_wide_export_becomes_one_row_an_answer(make_study):
    study = open_study(wide_study(make_study))
    answers = table(study).sort_values(["respondent", "touchpoint"])
    assert answers[["respondent", "touchpoint", "experienced"]].to_numpy().tolist() == [
        ["line 2", "search", 4],
        ["line 3", "checkout", 5],
    ]
    assert rows(study) == (2, 2, 0, 0) and rows(study, "respondents") == (3, 3, 0, 0)
    assert table(study, "respondents")["age"].tolist() == ["30", "40", "50"]
    assert answers["answered_at"].tolist() == [pd.Timestamp("2026-01-01"), pd.Timestamp("2026-01-02")]


def test_one_bad_answer_costs_a_person_no_other(make_study):
    wide = "site,A,B\n1,5,4\n2,4,9\n3,3,3\n"
    columns = (
        "position,table,column,touchpoint\n1,respondents,site,\n2,ratings,experienced,a\n3,ratings,experienced,b\n"
    )
    study = open_study(wide_study(make_study, wide=wide, columns=columns))
    assert rows(study) == (6, 5, 1, 0)
    found = table(study)[["respondent", "touchpoint", "experienced"]].to_numpy().tolist()
    assert ["line 3", "a", 4] in found and len(found) == 5


@pytest.mark.parametrize("column", ["respondent", "response"])
def test_who_answers_a_survey_again_counts_once_with_the_latest_answers(make_study, column):
    wide = "id,age,A\nann,30,5\nbob,40,4\nann,31,2\nkim,50,3\n"
    columns = f"position,table,column,touchpoint\n1,ratings,{column},\n2,respondents,age,\n3,ratings,experienced,a\n"
    study = open_study(wide_study(make_study, wide=wide, columns=columns))
    assert rows(study) == (4, 3, 0, 1) and rows(study, "respondents") == (4, 3, 0, 1)
    assert table(study)["experienced"].tolist() == [4, 2, 3]
    assert table(study, "respondents")["age"].tolist() == ["40", "31", "50"]


def test_answers_of_one_person_in_two_waves_are_not_merged_in_silence(make_study):
    wide = "id,when,A\nann,2026-01-05,5\nann,2026-04-05,2\n"
    columns = (
        "position,table,column,touchpoint\n1,ratings,respondent,\n2,ratings,answered_at,\n3,ratings,experienced,a\n"
    )
    folder = wide_study(make_study, wide=wide, columns=columns)
    with (folder / "study.yaml").open("a") as settings:
        settings.write("\nwaves: {w1: 2026-03-31, w2: 2026-06-30}\n")
    with pytest.raises(StudyError, match="stands there twice"):
        open_study(folder)


def test_a_person_of_a_tidy_file_may_rate_alike_where_the_file_tells_the_orders_apart(make_study):
    text = "respondent,touchpoint,expected,experienced,order\nann,pay,6,4,A1\nann,pay,6,4,A2\nann,pay,6,4,A2\n"
    assert rows(open_study(make_study(ratings=text))) == (3, 2, 0, 1)


def test_excluded_rows_of_a_sheet_with_blank_rows_above_its_heading(make_study):
    folder = make_study(ratings=GOOD, settings=SCALES)
    with pd.ExcelWriter(folder / "r.xlsx", engine="xlsxwriter") as book:
        pd.read_csv(folder / "ratings.csv").to_excel(book, index=False, startrow=2)
    (folder / "out.csv").write_text("row,reason\n2,bob tests\n")
    (folder / "study.yaml").write_text(SCALES + "\nexclude: out.csv\nfiles: {ratings: r.xlsx}")
    study = open_study(folder)
    assert rows(study) == (2, 1, 0, 1) and table(study)["respondent"].tolist() == ["ann"]


def test_a_rescaled_touchpoint_is_rescaled_on_every_side(make_study):
    text = "respondent,touchpoint,expected,experienced,desired\nann,pay,10,5,10\nann,home,7,4,7\n"
    settings = "scales: {expected: [1, 7], experienced: [1, 7], desired: [1, 7]}\nrescaled: {pay: [0, 10]}"
    found = table(open_study(make_study(ratings=text, settings=settings)))
    assert found[["expected", "experienced", "desired"]].to_numpy().tolist() == [[7, 4, 7], [7, 4, 7]]


def test_a_table_of_a_duckdb_file(make_study):
    folder = make_study(ratings=GOOD)
    with duckdb.connect(str(folder / "acme.duckdb")) as connection:
        connection.execute(f"CREATE TABLE survey AS FROM read_csv('{folder / 'ratings.csv'}')")
        connection.execute("CREATE TABLE other AS SELECT 1 AS rowid, 'ann' AS respondent, 'pay' AS touchpoint")
    entry = "\nfiles: {ratings: {path: acme.duckdb, table: TABLE}}"
    (folder / "study.yaml").write_text(SCALES + entry.replace("TABLE", "survey"))
    assert rows(open_study(folder)) == (2, 2, 0, 0)
    for name, words in (("servey", "Did you mean 'survey'"), ("other", "has a column 'rowid'")):
        (folder / "study.yaml").write_text(SCALES + entry.replace("TABLE", name))
        with pytest.raises(StudyError, match=words):
            open_study(folder)


def test_a_parquet_file_is_a_name_and_not_a_pattern(make_study):
    folder = make_study(ratings=GOOD)
    frame = pd.read_csv(folder / "ratings.csv")
    frame.to_parquet(folder / "r[1].parquet")
    frame.assign(respondent="wrong").to_parquet(folder / "r1.parquet")
    (folder / "study.yaml").write_text(SCALES + '\nfiles: {ratings: "r[1].parquet"}')
    assert table(open_study(folder))["respondent"].tolist() == ["ann", "bob"]


def test_missing_codes_are_those_of_ratings_and_words_not_of_counts_and_weights(make_study):
    study = open_study(make_study(kpis="date,kpi,value\n2026-01-01,calls,99\n", settings="missing: [99]"))
    assert table(study, "kpis")["value"].tolist() == [99]


def test_people_found_by_what_they_wrote_are_not_written(make_study):
    people = "respondent,seconds,contact,why\n" + "".join(
        f"p{n},{'bad' if n == 1 else 9},p{n}@x.example,I am Ann {n}\n" for n in range(9)
    )
    study = open_study(make_study(ratings=GOOD.replace("ann", "p1").replace("bob", "p2"), respondents=people))
    assert study.personal == {"respondents": ["contact"]} and len(study.quarantined) == 1
    assert "p1" not in study.quarantined.to_csv() and "Ann" not in study.quarantined.to_csv()


def test_columns_of_ones_own_do_not_collide_with_ours(make_study):
    people = "respondent,age,typed age,fault age\nann,A,x,y\nbob,B,x,y\n"
    study = open_study(make_study(ratings=GOOD, respondents=people))
    assert table(study, "respondents")["age"].tolist() == ["A", "B"]


def test_days_after_the_one_looked_at_do_not_make_a_column_hopeless(make_study):
    text = "respondent,touchpoint,expected,experienced,answered_at\nx,a,5,5,rubbish\n" + "".join(
        f"p{n},a,5,5,2026-0{month}-01\n" for n, month in enumerate([1, 2, 5, 5, 6, 6, 7])
    )
    study = open_study(make_study(ratings=text), as_of="2026-03-01")
    assert rows(study) == (8, 2, 6, 0) and find_doubts(study)[0] == "ratings.csv: 1 of 8 lines could not be used."


def test_an_offset_after_a_blank_is_an_offset(make_study):
    text = "respondent,touchpoint,expected,experienced,answered_at\n" + "".join(
        f"p{n},a,5,5,2026-03-20 14:05:00{zone}\n" for n, zone in enumerate([" +0200", " Z", " UTC", "-08:00", " -08"])
    )
    study = open_study(make_study(ratings=text, settings=SCALES + "\ndates: {zone: Europe/Berlin}"))
    assert table(study)["answered_at"].dt.hour.tolist() == [12, 14, 14, 22, 22]


def test_numbers_are_read_with_the_marks_they_are_written_with(make_study):
    text = "date;kpi;value\n2026-01-01;a;1.234,5\n2026-01-02;a;1,5\n2026-01-03;a;7\n2026-01-04;a;12.345\n"
    folder = make_study(kpis=text, settings="numbers: {decimal: ',', thousands: '.'}")
    assert table(open_study(folder), "kpis")["value"].tolist() == [1234.5, 1.5, 7, 12345]


def test_years_of_two_digits_need_a_declared_order(make_study):
    text = "respondent,touchpoint,expected,experienced,answered_at\nann,search,6,4,31.03.26\n"
    with pytest.raises(StudyError, match="is not a date"):
        open_study(make_study(ratings=text))


def test_a_short_line_of_a_wide_export_is_set_aside(make_study):
    study = open_study(wide_study(make_study, wide=WIDE + "2026-01-04,6\n"))
    assert rows(study, "respondents") == (4, 3, 1, 0)
    assert study.quarantined[["line", "reason"]].to_numpy().tolist() == [[5, "2 fields instead of 5"]]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("2,,ratings", "9,,ratings", "position should be 1 to 5"),
        ('"Search, was"', "Serch", "'Serch' is not there"),
        ("experienced,checkout", "experience,checkout", "Did you mean 'experienced'"),
        ("experienced,checkout", "experienced,", "touchpoint is blank"),
        ("4,,ratings,experienced,checkout", "4,,ratings,experienced,search", "maps two columns"),
        ("respondents,age", "people,age", "table is 'people'"),
        ("4,,ratings", "2,,ratings", "uses column 2 of the export twice"),
        ("4,,ratings", "4,Age,ratings", "is headed 'Checkout, was', not 'Age'"),
    ],
)
def test_a_mistake_in_the_columns_file_is_a_sentence(make_study, old, new, words):
    with pytest.raises(StudyError, match=words):
        open_study(wide_study(make_study, columns=COLUMNS.replace(old, new)))


def test_a_wrong_byte_far_down_is_refused_too(make_study):
    folder = make_study(ratings=GOOD)
    (folder / "ratings.csv").write_bytes((GOOD + "eve,search,5,5\n" * 5000 + "zoë,search,5,5\n").encode("cp1252"))
    with pytest.raises(StudyError, match="encoding: cp1252"):
        open_study(folder)


def test_a_torn_gzip_is_refused(make_study):
    folder = make_study(ratings=GOOD)
    (folder / "ratings.csv.gz").write_bytes(gzip.compress((GOOD * 200).encode())[:-20])
    (folder / "study.yaml").write_text(SCALES + "\nfiles: {ratings: ratings.csv.gz}")
    with pytest.raises(StudyError, match="ratings.csv.gz cannot be read"):
        open_study(folder)


def test_every_line_keeps_its_number_around_blank_and_broken_ones(make_study):
    text = "respondent,touchpoint,expected,experienced\n\nann,search,6,4\nx\n\nbob,search,5,5\n"
    study = open_study(make_study(ratings=text))
    assert table(study)["_line"].tolist() == [3, 6] and study.quarantined["line"].tolist() == [4]


def test_lines_go_on_counting_over_several_files(make_study):
    folder = make_study(ratings=GOOD)
    (folder / "ratings2.csv").write_text(GOOD.replace("ann", "x").replace("bob,search,5,5", "bob"))
    (folder / "study.yaml").write_text(SCALES + "\nfiles: {ratings: ratings*.csv}")
    study = open_study(folder)
    assert table(study)["_line"].tolist() == [2, 3, 4] and study.quarantined["line"].tolist() == [5]
    assert rows(study) == (4, 3, 1, 0)


@pytest.mark.parametrize("broken", ['eve,"search,5,5\n', 'eve,search,5,"5\n'])
def test_a_quote_that_is_never_closed_is_refused_with_its_line(make_study, broken):
    lines = "".join(f"p{number},search,5,5\n" for number in range(50))
    with pytest.raises(StudyError, match=r"line 52: a quote \(\"\) is opened and never closed"):
        open_study(make_study(ratings="respondent,touchpoint,expected,experienced\n" + lines + broken + lines))


def test_line_breaks_inside_quotes_are_kept(make_study):
    text = (
        'respondent,touchpoint,expected,experienced,comment\nann,search,6,4,"two\nlines"\nbob,search,5,5,"last\none"\n'
    )
    study = open_study(make_study(ratings=text))
    assert table(study)["comment"].tolist() == ["two\nlines", "last\none"] and table(study)["_line"].tolist() == [2, 3]


@pytest.mark.parametrize("ends", ["\r\n", "\r"])
def test_line_ends_of_other_systems(make_study, ends):
    folder = make_study(ratings=GOOD)
    (folder / "ratings.csv").write_bytes(GOOD.replace("\n", ends).encode())
    assert rows(open_study(folder)) == (2, 2, 0, 0)


def test_blank_columns_at_the_end_are_left_out(make_study):
    text = "".join(line + ",,\n" for line in GOOD.splitlines())
    assert rows(open_study(make_study(ratings=text))) == (2, 2, 0, 0)


def test_a_delimiter_inside_a_quoted_heading_is_no_delimiter(make_study):
    text = (
        GOOD.replace("experienced\n", 'experienced,"a;b;c;d;e;f"\n')
        .replace(",4\n", ",4,x\n")
        .replace(",5,5\n", ",5,5,x\n")
    )
    assert rows(open_study(make_study(ratings=text))) == (2, 2, 0, 0)


def test_an_answer_of_nobody_is_set_aside(make_study):
    study = open_study(make_study(ratings=GOOD + ",search,5,5\n"))
    assert rows(study) == (3, 2, 1, 0) and study.quarantined["reason"].tolist() == ["no respondent"]


def test_without_ids_every_line_is_a_person(make_study):
    study = open_study(make_study(ratings="touchpoint,expected,experienced\nsearch,6,4\nsearch,5,5\n"))
    assert summarise_ratings(study).loc[0, "n"] == 2


def test_a_file_that_is_mostly_unusable_is_refused(make_study):
    with pytest.raises(StudyError, match="2 of 5 rows can be used; 3 × 1 field instead of 4"):
        open_study(make_study(ratings=GOOD + "x\nx\nx\n"))


@pytest.mark.parametrize(("written", "day"), [("31/3/26", "2026-03-31"), ("31.3.2026 7:05 PM", "2026-03-31 19:05")])
def test_years_of_two_digits_and_clocks_of_twelve_hours(make_study, written, day):
    text = f"respondent,touchpoint,expected,experienced,answered_at\nann,search,6,4,{written}\n"
    study = open_study(make_study(ratings=text, settings=SCALES + "\ndates: {order: dmy, zone: UTC}"))
    assert table(study)["answered_at"].tolist() == [pd.Timestamp(day)]


def test_a_day_nobody_lives_on_is_set_aside(make_study):
    text = "respondent,touchpoint,expected,experienced,answered_at\n" + "".join(
        f"p{year},search,6,4,{year}-01-01\n" for year in (1900, 2025, 2026, 9999, 2024)
    )
    assert rows(open_study(make_study(ratings=text))) == (5, 3, 2, 0)


@pytest.mark.parametrize(("name", "words"), [("r.xlsx", "no workbook, or is torn"), ("r.pkl", "could run code")])
def test_torn_workbooks_and_pickles_are_refused_with_what_to_do(make_study, name, words):
    folder = make_study(ratings=GOOD)
    (folder / name).write_bytes(b"PK")
    (folder / "study.yaml").write_text(f"{SCALES}\nfiles: {{ratings: {name}}}")
    with pytest.raises(StudyError, match=words):
        open_study(folder)


def test_doubts_are_said(make_study):
    text = (
        GOOD.replace("experienced\n", "experienced,experience\n")
        .replace(",4\n", ",4,1\n")
        .replace(",5,5\n", ",5,5,1\n")
    )
    touchpoints = "touchpoint,label\npay,Pay\n"
    study = open_study(make_study(ratings=text + "x\n", respondents="respondent\nann\n", touchpoints=touchpoints))
    assert find_doubts(study) == [
        "ratings.csv: 1 of 3 lines could not be used.",
        "Not in respondents.csv: 1 person who answered.",
        "Rated, but not on the map (touchpoints.csv): search.",
    ]


def test_ids_that_match_nobody_are_refused(make_study):
    with pytest.raises(StudyError, match="2 of those who answered.*correct ids and waves"):
        open_study(make_study(ratings=GOOD, respondents="respondent,persona\nANN,A\nBOB,B\n"))


def test_a_faulty_value_of_a_person_is_left_blank_and_listed_and_the_person_kept(make_study):
    people = "respondent,overall,persona,weight\nann,99,A,2\nbob,5,B,1\neve,6,B,1\n"
    settings = "scales: {expected: [1, 7], experienced: [1, 7], overall: [1, 7]}"
    study = open_study(make_study(ratings=GOOD, respondents=people, settings=settings))
    assert rows(study, "respondents") == (3, 3, 0, 0)
    assert table(study, "respondents")["overall"].isna().tolist() == [True, False, False]
    assert study.quarantined[["line", "what", "reason"]].to_numpy().tolist() == [
        [2, "value", "overall is outside 1 to 7"]
    ]


@pytest.mark.parametrize("name", ["_reason", "block", "line", "stage", "channel", "n", "gap"])
def test_a_column_name_that_means_something_else_here_is_refused(make_study, name):
    with pytest.raises(StudyError, match=f"rename it, such as respondent_{name}"):
        open_study(make_study(ratings=GOOD, respondents=f"respondent,{name}\nann,private\nbob,x\n"))


def test_a_column_of_people_may_be_called_reason(make_study):
    study = open_study(make_study(ratings=GOOD, respondents="respondent,reason\nann,my words\nbob,x\n"))
    assert study.quarantined.empty and summarise_ratings(study, by="reason")["reason"].tolist() == ["my words", "x"]


def test_weights_are_for_everybody_who_answered(make_study):
    with pytest.raises(StudyError, match="1 of those who answered.*'bob'"):
        open_study(make_study(ratings=GOOD, respondents="respondent,weight\nann,1000\n"))


def test_times_of_parquet_are_taken_as_they_are(make_study):
    folder = make_study(ratings=GOOD)
    frame = pd.read_csv(folder / "ratings.csv")
    moment = pd.Timestamp("2026-07-01 12:00")
    for written, kept in ((moment.tz_localize("Europe/Berlin"), "2026-07-01 10:00"), (moment, "2026-07-01 10:00")):
        frame.assign(answered_at=written).to_parquet(folder / "ratings.parquet")
        (folder / "study.yaml").write_text(SCALES + "\ndates: {zone: Europe/Berlin}\nfiles: {ratings: ratings.parquet}")
        assert table(open_study(folder))["answered_at"].tolist() == [pd.Timestamp(kept)] * 2


def test_numbers_as_text_and_blank_numbers_in_parquet(make_study):
    folder = make_study(ratings=GOOD)
    frame = pd.read_csv(folder / "ratings.csv").assign(expected=["6", "x"], experienced=[4.0, float("nan")])
    frame.loc[2] = ["eve", "search", "5", 5.0]
    frame.to_parquet(folder / "ratings.parquet")
    (folder / "study.yaml").write_text(SCALES + "\nfiles: {ratings: ratings.parquet}")
    study = open_study(folder)
    assert rows(study) == (3, 2, 1, 0) and study.quarantined["reason"].tolist() == ["expected is not a number"]


def test_torn_parquet_is_refused(make_study):
    folder = make_study(ratings=GOOD)
    (folder / "ratings.parquet").write_bytes(b"PAR1 torn")
    (folder / "study.yaml").write_text(SCALES + "\nfiles: {ratings: ratings.parquet}")
    with pytest.raises(StudyError, match="cannot be read as Parquet"):
        open_study(folder)


@pytest.mark.parametrize(
    ("row", "words"), [("99", "has no row 99"), ("0", "one is '0'"), ("1.5", "one is '1.5'"), ("x", "'x'")]
)
def test_an_exclusion_names_a_row_that_is_there(make_study, row, words):
    folder = make_study(ratings=GOOD, settings=SCALES + "\nexclude: out.csv")
    (folder / "out.csv").write_text(f"row,reason\n{row},test\n")
    with pytest.raises(StudyError, match=words):
        open_study(folder)


def test_a_misspelt_column_in_the_settings_is_named(make_study):
    folder = make_study(ratings=GOOD)
    (folder / "study.yaml").write_text(
        SCALES + "\nfiles: {ratings: {path: ratings.csv, columns: {experince: experienced}}}"
    )
    with pytest.raises(StudyError, match="Did you mean 'experienced'"):
        open_study(folder)


def test_a_wide_export_may_say_who_and_when_and_which_wave(make_study):
    wide = "id,round,Search\nann,w1,4\nann,w2,5\nbob,w2,6\n"
    columns = "position,table,column,touchpoint\n1,respondents,respondent\n2,respondents,wave,\n"
    columns += "3,ratings,experienced,search\n"
    study = open_study(wide_study(make_study, wide=wide, columns=columns), wave="all")
    found = summarise_ratings(study, by="wave")
    assert found[["wave", "n_experienced"]].to_numpy().tolist() == [["w1", 1], ["w2", 2]]
    assert table(study)["respondent"].tolist() == ["ann", "ann", "bob"]


def test_a_wide_export_and_a_file_of_respondents_is_one_too_many(make_study):
    folder = wide_study(make_study)
    (folder / "respondents.csv").write_text("respondent\n1\n")
    (folder / "study.yaml").write_text(
        (folder / "study.yaml").read_text().replace("files: {", "files: {respondents: respondents.csv, ")
    )
    with pytest.raises(StudyError, match="leave the file of respondents out"):
        open_study(folder)


def test_a_reason_with_a_comma_is_not_lost(make_study):
    folder = make_study(ratings=GOOD, settings=SCALES + "\nexclude: out.csv")
    (folder / "out.csv").write_text("row,reason\n1,test\n2,did not, really answer\n")
    with pytest.raises(StudyError, match="out.csv, line 3: 3 fields instead of 2; quote a reason"):
        open_study(folder)


def test_exclusions_from_parquet_and_named_twice(make_study):
    folder = make_study(ratings=GOOD, settings=SCALES + "\nexclude: out.parquet")
    pd.DataFrame({"row": [2, 2], "reason": ["a", "a"]}).to_parquet(folder / "out.parquet")
    study = open_study(folder)
    assert rows(study) == (2, 1, 0, 1) and len(study.quarantined) == 1


@pytest.mark.parametrize(
    "respondents", ["ann,W1,10\nbob,W1,10\nbob,W2,10\n", "ann,W1,10\nann,W3,10\nbob,W1,1\nbob,W2,1\n"]
)
def test_a_weight_of_another_wave_is_none(make_study, respondents):
    ratings = (
        "respondent,wave,touchpoint,expected,experienced\nann,W1,search,6,4\nann,W2,search,6,4\nbob,W2,search,5,5\n"
    )
    with pytest.raises(StudyError, match="not for the wave they answered in.*'ann'"):
        open_study(make_study(ratings=ratings, respondents="respondent,wave,weight\n" + respondents))


def test_people_listed_by_wave_and_ratings_without_one(make_study):
    with pytest.raises(StudyError, match="not for the wave they answered in"):
        open_study(make_study(ratings=GOOD, respondents="respondent,wave,weight\nann,W1,1\nann,W2,1\nbob,W1,1\n"))


def test_lines_of_white_space_count_as_lines(make_study):
    text = GOOD.replace("bob", "   \nbob") + "eve,search,9,4\nkim,search,5,5\n"
    study = open_study(make_study(ratings=text))
    assert table(study)["_line"].tolist() == [2, 4, 6] and study.quarantined["line"].tolist() == [5]


def test_every_file_of_a_table_has_its_own_delimiter(make_study):
    folder = make_study(ratings=GOOD)
    (folder / "ratings2.csv").write_text(GOOD.replace(",", ";").replace("ann", "kim").replace("bob", "lee"))
    (folder / "study.yaml").write_text(SCALES + "\nfiles: {ratings: ratings*.csv}")
    assert rows(open_study(folder)) == (4, 4, 0, 0)


def test_a_study_of_events_and_people(make_study):
    folder = make_study(events="customer,time,event\nann,2026-01-01,view\n", respondents="respondent,market\nann,DE\n")
    assert find_doubts(open_study(folder)) == []


def test_missing_codes_that_are_no_numbers_beside_numbers_of_parquet(make_study):
    folder = make_study(ratings=GOOD)
    pd.read_csv(folder / "ratings.csv").to_parquet(folder / "ratings.parquet")
    (folder / "study.yaml").write_text(SCALES + "\nmissing: [nan, inf, none, 99]\nfiles: {ratings: ratings.parquet}")
    assert rows(open_study(folder)) == (2, 2, 0, 0)


def test_blank_lines_of_a_wide_export_are_nobody(make_study):
    assert rows(open_study(wide_study(make_study, wide=WIDE + "\n,,,,\n")), "respondents") == (3, 3, 0, 0)


def test_the_first_bad_value_of_a_wide_export_is_shown(make_study):
    wide = WIDE.replace("2026-01-01,6,4,,30", "2026-01-01,6,4,9,30").replace("2026-01-02,,,5,40", "2026-01-02,,,9,40")
    with pytest.raises(StudyError, match="line 2: '9'"):
        open_study(wide_study(make_study, wide=wide))


@pytest.mark.parametrize("name", ["n_gap", "_own_wave", "gap_a", "_block"])
def test_names_of_our_own_sums_are_taken(make_study, name):
    with pytest.raises(StudyError, match="rename it"):
        open_study(make_study(ratings=GOOD, respondents=f"respondent,{name}\nann,x\nbob,y\n"))

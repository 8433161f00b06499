"""Hidden cells, and an attacker who solves for them."""

from fractions import Fraction

import numpy as np
import pandas as pd
import pytest

from cxlib.suppression import cells_of, hide_cells, join_reports, lay_out, recovered
from cxlib.tables import StudyError
from tests.proof.suppression import attack, margins, random_atoms, run

TOTAL = np.ones((1, 4))


def hide(*n, **options):
    return hide_cells(np.eye(len(n)), list(n), **options).tolist()


def test_with_a_total_the_next_smallest_is_hidden_too():
    assert hide(20, 3, 9, 8, shown=TOTAL) == [False, True, False, True]


def test_nothing_small_hides_nothing():
    assert hide(20, 5, 9, 8, shown=TOTAL) == [False] * 4


def test_two_that_are_small_together_take_a_third():
    assert hide(20, 2, 1, 8, shown=TOTAL) == [False, True, True, True]


def test_two_that_are_enough_together_hide_each_other():
    assert hide(20, 2, 3, 8, shown=TOTAL) == [False, True, True, False]


def test_without_a_total_only_the_small_cell_is_hidden():
    assert hide(20, 3, 9, 8) == [False, True, False, False]


def test_of_equal_complements_the_first_is_hidden():
    assert hide(9, 3, 9, 9, shown=TOTAL) == [True, True, False, False]


def test_a_cell_of_nobody_is_shown_and_protects_nobody():
    member = np.diag([1, 1, 0, 1])
    assert hide_cells(member, [20, 3, 0, 8], shown=member.sum(axis=0)[None]).tolist() == [False, True, False, True]


def test_the_least_can_be_three_but_not_two():
    assert hide(20, 3, 9, 8, shown=TOTAL, least=3) == [False] * 4
    with pytest.raises(StudyError, match="3 is the least"):
        hide(20, 3, 9, 8, least=2)


def test_what_an_earlier_table_hid_stays_hidden():
    by_channel, by_persona = np.eye(4), np.array([[1, 0, 0, 0], [0, 1, 1, 1]])
    first = hide_cells(by_channel, [3, 6, 9, 8], shown=TOTAL)
    shown, secret = np.vstack([TOTAL, by_channel[~first]]), by_channel[first]
    assert first.tolist() == [True, True, False, False]
    assert hide_cells(by_persona, [23, 23], shown=shown, secret=secret).tolist() == [True, True]


def test_what_is_out_already_is_said_instead_of_hidden_in_vain():
    with pytest.raises(StudyError, match="published before already gives hidden groups") as error:
        hide(20, 3, 9, 8, shown=[[1, 1, 1, 1], [1, 0, 1, 1]])
    assert error.value.code == 77


def test_a_cell_that_is_out_already_is_no_complement():
    assert hide(20, 3, 9, 8, shown=np.vstack([TOTAL, [0, 0, 0, 1]])) == [False, True, True, False]


def test_the_audit_finds_differences_of_differences():
    shown = np.array([[1, 1, 1, 1], [1, 1, 0, 0], [0, 0, 1, 0]])
    secret = np.array([[0, 0, 0, 1], [1, 0, 0, 0], [0, 0, 0, 0]])
    assert recovered(shown, secret).tolist() == [True, False, False]
    assert recovered(shown[:0], secret).tolist() == [False, False, False]


def test_tables_hidden_at_once_give_up_a_cell_before_a_margin():
    atoms = pd.DataFrame({"row": list("aabbcc"), "column": list("xyxyxy"), "n": [3, 30, 20, 9, 40, 50]})
    tables = [cells_of(atoms, keys)[1] for keys in (["row"], ["column"], ["row", "column"])]
    member, names = np.vstack(tables), np.repeat([0, 1, 2], [3, 2, 6])
    hidden = hide_cells(member, member @ atoms["n"], table=names, shown=np.ones((1, 6)))
    assert hidden.tolist() == [False] * 5 + [True, True, True, True, False, False]


def test_the_order_of_atoms_changes_nothing_and_the_tables_are_left_as_they_were():
    rng = np.random.default_rng(3)
    for _ in range(20):
        atoms = random_atoms(rng, 2)
        tables = margins(atoms)
        member, order = np.vstack(tables), rng.permutation(len(atoms))
        n, total = member @ atoms["n"].to_numpy(), np.ones((1, len(atoms)))
        before = member.copy(), n.copy(), total.copy()
        options = {"table": np.repeat([0, 1, 2], [len(table) for table in tables]), "shown": total}
        hidden = hide_cells(member, n, **options)
        assert (hide_cells(member, n, **options) == hidden).all()
        assert (hide_cells(member[:, order], n, **options) == hidden).all()
        assert all((was == now).all() for was, now in zip(before, (member, n, total)))


def test_a_blank_is_a_cell_of_its_own_and_comes_last():
    atoms = pd.DataFrame({"persona": ["new", None, "loyal", "new"], "channel": ["web", "web", "web", "shop"]})
    cells, member = cells_of(atoms, ["persona"])
    assert cells["persona"].isna().tolist() == [False, False, True]
    assert member.astype(int).tolist() == [[0, 0, 1, 0], [1, 0, 0, 1], [0, 1, 0, 0]]
    assert cells_of(atoms, [])[1].tolist() == [[True] * 4]


def test_only_atoms_with_the_same_count_are_the_same_people():
    before = pd.DataFrame({"persona": ["new", None, "loyal"], "n": [7, 4, 9]})
    now = pd.DataFrame({"persona": [None, "new", "lost"], "n": [4, 8, 6]})
    joint = join_reports(before, now, ["persona"])
    assert joint[["before", "now"]].to_numpy().tolist() == [[0, -1], [1, 0], [2, -1], [-1, 1], [-1, 2]]
    assert lay_out(cells_of(now, [])[1], joint["now"]).tolist() == [[0, 1, 0, 1, 1]]


def test_a_group_that_left_does_not_give_away_one_that_stayed():
    before = pd.DataFrame({"channel": ["web", "shop", "desk", "post"], "n": [40, 20, 6, 3]})
    now = before[before["channel"] != "desk"]
    joint = join_reports(before, now, ["channel"])
    total, tables = lay_out(np.ones((1, 4)), joint["before"]), lay_out(np.eye(4), joint["before"])
    hidden = hide_cells(tables, before["n"], shown=total)
    again = np.vstack([lay_out(np.ones((1, 3)), joint["now"]), lay_out(np.eye(3), joint["now"])])
    shown, secret = np.vstack([total, tables[~hidden]]), tables[hidden]
    assert hidden.tolist() == [False, False, True, True]
    assert recovered(np.vstack([shown, again[:1]]), secret).tolist() == [True, True]
    assert hide_cells(again, [63, 40, 20, 3], table=[0, 1, 1, 1], shown=shown, secret=secret)[0]


def exact_rank(rows):
    rows, rank = [[Fraction(int(value)) for value in row] for row in rows], 0
    for column in range(len(rows[0])):
        pivot = next((row for row in rows[rank:] if row[column]), None)
        if pivot:
            rows.remove(pivot)
            rows.insert(rank, pivot)
            rank += 1
            for place in range(rank, len(rows)):
                part = rows[place][column] / pivot[column]
                rows[place] = [value - part * other for value, other in zip(rows[place], pivot)]
    return rank


def test_the_attacker_and_the_audit_agree_with_exact_fractions():
    rng = np.random.default_rng(5)
    answers = []
    for _ in range(60):
        rows = np.unique(rng.integers(0, 2, (9, 7)), axis=0)
        shown, secret = rows[:5], rows[5:][rows[5:].any(axis=1)]
        exact = [exact_rank(np.vstack([shown, row])) == exact_rank(shown) for row in secret]
        n = rng.integers(1, 50, 7)
        solved = attack(shown, shown @ n, secret)
        assert recovered(shown, secret).tolist() == exact
        assert solved.tolist() == np.where(exact, secret @ n, -1).tolist()
        answers += exact
    assert {True, False} == set(answers)


@pytest.mark.parametrize("kind", ["one-way", "two-way", "three-way"])
def test_nobody_works_out_a_hidden_cell_of_random_tables(kind):
    sums = run(kind, 170, seed=2)
    assert sums["recovered"] == sums["left_out"] == 0
    assert sums["small"] < sums["hidden"] < 0.4 * sums["cells"]


def test_hiding_only_the_small_cells_would_give_most_of_them_away():
    sums = run("two-way", 50, seed=3) + run("three-way", 50, seed=3)
    assert sums["naive"] > 0.8 * sums["small"]


@pytest.mark.parametrize("kind", ["linked, one by one", "two reports"])
def test_nobody_works_out_a_hidden_cell_from_several_tables_or_reports(kind):
    sums = run(kind, 200 if kind == "two reports" else 60, seed=4)
    assert sums["recovered"] == 0 and sums["left_out"] <= 4
    assert sums["small"] < sums["hidden"] < 0.5 * sums["cells"]

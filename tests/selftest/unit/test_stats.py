"""The statistics behind `worse than before`, beside scipy's."""

import warnings
from typing import Any

import pytest

from hadrill.stats import greater, rarer
from tests.selftest.unit.properties import given, st

OUTAGES = st.lists(st.floats(0, 100) | st.sampled_from([1.0, 2.0, 3.0]), min_size=2, max_size=20)
COUNTS = st.integers(0, 30)
pytestmark = pytest.mark.xdist_group("stats")  # scipy is loaded once, in one worker


@pytest.fixture(scope="module")
def reference() -> Any:
    """The statistics of scipy."""
    # Not above: everyone who collects these tests would load it, which takes a second.
    from scipy import stats

    return stats


@given(OUTAGES, OUTAGES)
def test_values_have_the_chance_that_scipy_gives_them(reference: Any, ours: list[float], theirs: list[float]) -> None:
    if len(set(ours + theirs)) == 1:  # scipy has no answer then; nothing is greater
        assert greater(ours, theirs) == 1.0
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        expected = reference.mannwhitneyu(ours, theirs, alternative="greater", method="asymptotic").pvalue
    assert greater(ours, theirs) == pytest.approx(expected, abs=1e-9)


@given(COUNTS, COUNTS, COUNTS, COUNTS)
def test_counts_have_the_chance_that_scipy_gives_them(
    reference: Any, passed: int, failed: int, passed_then: int, failed_then: int
) -> None:
    expected = reference.fisher_exact([[passed, failed], [passed_then, failed_then]], alternative="less").pvalue
    assert rarer(passed, failed, passed_then, failed_then) == pytest.approx(expected, abs=1e-9)


@given(OUTAGES, OUTAGES)
def test_chances_are_chances_and_mirror_each_other(ours: list[float], theirs: list[float]) -> None:
    there, back = greater(ours, theirs), greater(theirs, ours)
    assert 0.0 <= there <= 1.0
    assert there + back >= 1.0 - 1e-9


def test_chances_of_passing_by_hand() -> None:
    # Of 4 with 2 passes, both of mine failing: 1 of 6 draws.
    assert rarer(0, 2, 2, 0) == pytest.approx(1 / 6)
    assert rarer(2, 0, 2, 0) == 1.0
    assert rarer(0, 0, 3, 3) == 1.0

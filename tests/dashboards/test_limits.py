"""P-DL-05 in parts: budgets that slide, lanes that take turns, a breaker that probes."""

import uuid
from collections.abc import Callable

import pytest

from dashboards.limits import FAILURES, FIRST_BREAK, LONGEST_BREAK, Breaker, Lanes, Seats, breaker_of, forget
from datasources.errors import QueryTimeout, SourceUnavailable
from embedhost.lib.budgets import WINDOW, Budget, Budgets
from embedhost.lib.store import MemoryStore, RedisStore


class Clock:
    """Seconds that pass when the test says so."""

    def __init__(self) -> None:
        self.now = 1_000_000.0 * WINDOW

    def __call__(self) -> float:
        return self.now


def spend(budgets: Budgets, budget: Budget, times: int) -> int:
    """Spend so often and return how often it was allowed."""
    return sum(budgets.spend([budget]) is None for _ in range(times))


def seconds(budgets: Budgets, budget: Budget) -> int:
    """Return for how long a used up budget is used up."""
    over = budgets.spend([budget])
    assert over is not None
    assert over.budget == budget
    return over.seconds


def test_a_budget_is_spent_to_its_end_and_slides_free() -> None:
    clock = Clock()
    budgets, ten = Budgets(clock), Budget("customer:1", 10)
    assert spend(budgets, ten, 15) == 10
    wait = seconds(budgets, ten)
    assert WINDOW < wait <= WINDOW * 1.2
    clock.now += wait
    assert spend(budgets, ten, 5) == 1
    clock.now += WINDOW * 2
    assert spend(budgets, ten, 15) == 10


def test_the_window_before_counts_for_the_part_that_is_not_over() -> None:
    clock = Clock()
    budgets, hundred = Budgets(clock), Budget("customer:1", 100)
    assert spend(budgets, hundred, 100) == 100
    clock.now += WINDOW * 1.5
    assert spend(budgets, hundred, 100) == 50
    wait = seconds(budgets, hundred)
    clock.now += wait - 2
    assert spend(budgets, hundred, 1) == 0
    clock.now += 2
    assert spend(budgets, hundred, 1) == 1


def test_subjects_are_apart_and_a_refused_one_costs_the_others_nothing() -> None:
    budgets = Budgets(Clock())
    small, large, none = Budget("customer:1", 3), Budget("organization:1", 5), Budget("token:x", 0)
    assert [budgets.spend([small, large, none]) is not None for _ in range(5)] == [False] * 3 + [True] * 2
    assert spend(budgets, large, 5) == 2
    assert spend(budgets, Budget("customer:2", 3), 5) == 3
    assert spend(budgets, none, 1000) == 1000


def test_processes_with_a_redis_share_a_budget(redis_url: str) -> None:
    clock, name = Clock(), f"test:{uuid.uuid4().hex}"
    here, there, budget = Budgets(clock), Budgets(clock), Budget(name, 100)
    shared = RedisStore(redis_url)
    assert spend(here, budget, 60) == 60
    here.tell(shared)
    assert spend(there, budget, 30) == 30
    there.tell(shared)
    here.tell(shared)
    assert spend(there, budget, 100) == 10
    there.tell(shared)
    # Who has nothing to tell learns with its next count.
    assert spend(here, budget, 1) == 1
    here.tell(shared)
    assert spend(here, budget, 100) == 0
    clock.now += WINDOW * 1.5
    assert spend(here, budget, 1) == 1
    here.tell(shared)
    assert 45 <= spend(here, budget, 100) <= 51


def test_little_is_not_told_and_without_a_shared_store_each_counts_alone(redis_url: str) -> None:
    budgets, budget = Budgets(Clock()), Budget(f"test:{uuid.uuid4().hex}", 1000)

    class Counted(RedisStore):
        asked = 0

        def count(self, added: object) -> list[int] | None:
            self.asked += len(added)  # type: ignore[arg-type]  # whatever it is given
            return super().count(added)  # type: ignore[arg-type]  # as above

    shared = Counted(redis_url)
    spend(budgets, budget, 4)
    budgets.tell(shared)
    assert shared.asked == 0
    spend(budgets, budget, 1)
    budgets.tell(shared)
    assert shared.asked == 2
    budgets.tell(MemoryStore(1000))
    budgets.tell(RedisStore("redis://127.0.0.1:1/0"))
    assert spend(budgets, budget, 2000) == 995


def test_lanes_take_turns_however_long_one_of_them_is() -> None:
    lanes, done = Lanes(), list[str]()

    def work(name: str) -> Callable[[], None]:
        return lambda: done.append(name)

    for number in range(500):
        lanes.put("greedy", work(f"greedy {number}"))
    lanes.put("modest", work("modest 0"))
    lanes.put("modest", work("modest 1"))
    for _ in range(502):
        lanes.take()()
    assert done[:4] == ["greedy 0", "modest 0", "greedy 1", "modest 1"]
    assert done[4:] == [f"greedy {number}" for number in range(2, 500)]


def test_an_organization_takes_half_of_the_seats_and_leaves_the_rest_to_others() -> None:
    seats = Seats(4)
    assert [seats.take(1) for _ in range(4)] == [True, True, False, False]
    assert [seats.take(number) for number in (2, 3, 4)] == [True, True, False]
    seats.give_back(1)
    assert [seats.take(4), seats.take(1)] == [True, False]
    only = Seats(0)
    assert [only.take(1), only.take(2)] == [True, False]
    only.give_back(1)
    assert only.take(2)


def unavailable() -> None:
    raise SourceUnavailable


def slow() -> None:
    raise QueryTimeout


def failing(breaker: Breaker, query: Callable[[], None], times: int) -> None:
    for _ in range(times):
        with pytest.raises((SourceUnavailable, QueryTimeout)):
            breaker.guard(query)


def test_a_breaker_opens_after_five_failures_and_lets_one_query_probe() -> None:
    clock, asked = Clock(), list[float]()
    breaker = Breaker(clock)

    def dead() -> None:
        asked.append(clock.now)
        breaker_is_closed_to_others()
        raise SourceUnavailable

    def breaker_is_closed_to_others() -> None:
        if len(asked) > FAILURES:
            with pytest.raises(SourceUnavailable):
                breaker.check()

    failing(breaker, dead, FAILURES)
    failing(breaker, dead, 10)
    assert len(asked) == FAILURES
    for probes in range(1, 8):
        wait = min(FIRST_BREAK * 2.0 ** (probes - 1), LONGEST_BREAK)
        clock.now += wait - 0.1
        failing(breaker, dead, 1)
        clock.now += 0.2
        failing(breaker, dead, 3)
        assert len(asked) == FAILURES + probes
    clock.now += LONGEST_BREAK
    assert breaker.guard(lambda: "rows") == "rows"
    breaker.check()
    failing(breaker, unavailable, FAILURES - 1)
    breaker.check()


def test_only_failures_in_a_row_open_it_and_slow_queries_do_not() -> None:
    breaker = Breaker(Clock())
    failing(breaker, slow, 20)
    for _ in range(5):
        failing(breaker, unavailable, FAILURES - 1)
        breaker.guard(lambda: None)
    failing(breaker, unavailable, FAILURES - 1)
    failing(breaker, slow, 1)
    failing(breaker, unavailable, 1)
    breaker.check()


def test_a_login_that_is_refused_closes_the_source_to_no_other_login() -> None:
    forget()
    failing(breaker_of(7, "login_of_acme"), unavailable, FAILURES)
    with pytest.raises(SourceUnavailable):
        breaker_of(7, "login_of_acme").check()
    breaker_of(7, "login_of_globex").check()
    forget()

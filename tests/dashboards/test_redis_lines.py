"""Connections to Redis: each answer reaches its own question, whatever happens to a connection."""

import os
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
import redis

from embedhost.lib.redis_lines import RedisLines


@pytest.fixture
def lines(redis_url: str) -> RedisLines:
    return RedisLines(redis_url, 0.25)


@pytest.fixture
def key() -> str:
    return f"test:{uuid.uuid4().hex}"


def test_answers_come_in_the_order_of_the_commands(lines: RedisLines, key: str) -> None:
    assert lines.ask(("SET", key, b"1"), ("INCR", key), ("GET", key)) == [b"OK", 2, b"2"]


def test_a_connection_that_the_server_closed_meanwhile_is_made_anew(
    lines: RedisLines, key: str, redis_url: str
) -> None:
    number = lines.ask(("CLIENT", "ID"))[0]
    RedisLines(redis_url, 0.25).ask(("CLIENT", "KILL", "ID", number))
    assert lines.ask(("SET", key, b"after")) == [b"OK"]
    assert lines.ask(("CLIENT", "ID"))[0] != number


def test_a_late_answer_reaches_nobody(lines: RedisLines, key: str) -> None:
    lines.ask(("SET", key, b"mine"))
    with pytest.raises(redis.TimeoutError):
        lines.ask(("BLPOP", f"{key}:list", 1))
    lines.ask(("RPUSH", f"{key}:list", b"somebody else's"))
    assert lines.ask(("GET", key)) == [b"mine"]


def test_a_refused_command_leaves_no_answers_behind(lines: RedisLines, key: str) -> None:
    with pytest.raises(redis.ResponseError):
        lines.ask(("SET", key, b"text"), ("INCR", key), ("GET", key))
    assert lines.ask(("GET", key)) == [b"text"]


def test_threads_that_ask_at_once_get_their_own_answers(lines: RedisLines) -> None:
    def echo(number: int) -> bool:
        return lines.ask(("ECHO", str(number))) == [str(number).encode()]

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(echo, range(2000)))


def test_a_forked_process_makes_connections_of_its_own(lines: RedisLines) -> None:
    number = lines.ask(("CLIENT", "ID"))[0]
    child = os.fork()
    if child == 0:
        os._exit(0 if lines.ask(("CLIENT", "ID"))[0] != number else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert lines.ask(("CLIENT", "ID"))[0] == number


def test_nobody_there_is_an_error_at_once() -> None:
    with pytest.raises(redis.ConnectionError):
        RedisLines("redis://127.0.0.1:1/0", 0.25).ask(("PING",))

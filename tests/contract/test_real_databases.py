"""The databases that tests run on: both kinds answer, and every test gets an empty one."""

from __future__ import annotations

from sqlalchemy import create_engine, inspect, text


def test_it_is_empty_and_writable(database_url: str) -> None:
    engine = create_engine(database_url)

    with engine.begin() as connection:
        assert inspect(connection).get_table_names() == []
        connection.execute(text("create table kept (name varchar(20))"))
        connection.execute(text("insert into kept values ('åäö')"))
    with engine.connect() as connection:
        assert connection.execute(text("select name from kept")).scalar_one() == "åäö"
    engine.dispose()


def test_the_next_test_gets_another_one(database_url: str) -> None:
    engine = create_engine(database_url)

    assert inspect(engine).get_table_names() == []
    engine.dispose()

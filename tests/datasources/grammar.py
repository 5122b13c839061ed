"""Random SELECTs over the world's tables: joins, WITH, subqueries, set operations, windows, odd spellings of names.

Also VALUES, named windows, names of columns after an alias, series, samples, and what DuckDB has of its own.

The author knows which columns are in scope and mostly keeps to them, so that most statements pass the gate; now and
then a name is one that means nothing, or something else than it seems.
"""

from dataclasses import dataclass
from random import Random
from typing import Any

Columns = tuple[str, ...]

OPEN: dict[str, Columns] = {
    "orders": ("id", "cst", "region", "amount", "note"),
    "regions": ("region", "name"),
}
CLOSED: dict[str, Columns] = {
    "staff": ("cst", "note"),
    "b_orders": ("id", "cst", "note"),
    "all_orders": ("id", "cst", "region", "amount", "note"),
}
#: Names that authors like to give twice.
NAMES = ("a", "b", "o", "orders", "regions", "staff", "b_orders", "c1", "note", "cst")


@dataclass(frozen=True)
class Source:
    """Something in FROM: its alias and columns."""

    alias: str
    columns: Columns


class Author:
    """Writes one statement; ``rogue`` is the chance that a name is not what it should be."""

    def __init__(self, chance: Any, rogue: float = 0.03, own: bool = False) -> None:
        """``chance`` is a Random or a seed of one; ``own`` lets forms of DuckDB in."""
        self._random = Random(chance) if isinstance(chance, int) else chance
        self._rogue = rogue
        self._own = own

    def statement(self, depth: int) -> str:
        return self._query(depth, {}, [])[0]

    def _maybe(self, chance: float) -> bool:
        return self._random.random() < chance

    def _spelled(self, name: str) -> str:
        return self._random.choice((name, name, name, name.upper(), f'"{name}"'))

    # Queries

    def _query(self, depth: int, ctes: dict[str, Columns], outer: list[Source]) -> tuple[str, Columns]:
        prefix, visible = "", dict(ctes)
        if depth > 0 and self._maybe(0.3):
            prefix, visible = self._with(depth, visible)
        if self._maybe(0.2):
            return prefix + self._union(depth, visible), ("x0",)
        sql, columns = self._select(depth, visible, outer)
        return prefix + sql, columns

    def _with(self, depth: int, visible: dict[str, Columns]) -> tuple[str, dict[str, Columns]]:
        items = []
        recursive = "RECURSIVE " if self._maybe(0.3) else ""
        for _ in range(self._random.randint(1, 3)):
            name = self._random.choice(NAMES)
            sql, columns = self._query(depth - 1, visible, [])
            items.append(f"{self._spelled(name)} AS ({sql})")
            visible = {**visible, name: columns}
        return f"WITH {recursive}{', '.join(items)} ", visible

    def _union(self, depth: int, ctes: dict[str, Columns]) -> str:
        sides = []
        for _ in range(2):
            source, columns = self._table(ctes)
            sides.append(f"SELECT {self._random.choice(columns)} AS x0 FROM {source}")
        word = self._random.choice((" UNION ", " UNION ALL ", " EXCEPT ", " INTERSECT "))
        return word.join(sides) + self._random.choice(("", " ORDER BY x0", " LIMIT 9"))

    def _select(self, depth: int, ctes: dict[str, Columns], outer: list[Source]) -> tuple[str, Columns]:
        first, sources = self._from(depth, ctes, outer)
        frame = [*sources, *outer]
        items = [self._expression(depth, ctes, frame) for _ in range(self._random.randint(1, 3))]
        columns = tuple(f"x{n}" for n in range(len(items)))
        grouped = any("max(" in item or "count(" in item for item in items) and self._maybe(0.6)
        if grouped:
            items[0] = self._column(sources)
        listed = ", ".join(f"{item} AS {name}" for item, name in zip(items, columns, strict=True))
        windowed = not grouped and self._maybe(0.15)
        if windowed:
            listed, columns = f"{listed}, count(*) OVER w AS n", (*columns, "n")
        sql = f"SELECT {'DISTINCT ' if self._maybe(0.1) else ''}{listed} FROM {first}"
        if len(sources) == 1 and not windowed and self._maybe(0.1):
            sql, columns, grouped = f"SELECT {self._star(sources[0])} FROM {first}", sources[0].columns, False
        sql += f" WHERE {self._condition(depth, ctes, frame)}" if self._maybe(0.5) else ""
        sql += (
            f" GROUP BY {self._random.choice((items[0], 'x0', '1', *self._only(self._sets(items[0]))))}"
            if grouped
            else ""
        )
        sql += f" WINDOW w AS (PARTITION BY {self._column(sources)})" if windowed else ""
        sql += " QUALIFY n > 0" if windowed and self._own and self._maybe(0.5) else ""
        sql += f" ORDER BY {self._random.choice((*columns, '1'))}" if self._maybe(0.2) else ""
        return sql + self._random.choice(("", "", " LIMIT 20")), columns

    def _only(self, *forms: str) -> tuple[str, ...]:
        """Return what DuckDB has and SQLite does not."""
        return forms if self._own else ()

    def _sets(self, item: str) -> str:
        return self._random.choice(("ALL", f"GROUPING SETS (({item}), ())", f"ROLLUP ({item})", f"CUBE ({item})"))

    def _star(self, source: Source) -> str:
        return self._random.choice(("*", f"{source.alias}.*"))

    # FROM

    def _table(self, ctes: dict[str, Columns]) -> tuple[str, Columns]:
        known = {**OPEN, **ctes} if not self._maybe(self._rogue) else CLOSED
        name = self._random.choice([*known, "orders"])
        columns = known.get(name) or OPEN["orders"]
        if name not in ctes and self._maybe(0.2):
            return f"main.{self._spelled(name)}", columns
        return self._spelled(name), columns

    def _relation(self, depth: int, ctes: dict[str, Columns], outer: list[Source]) -> tuple[str, Source]:
        alias = self._random.choice(NAMES)
        if depth > 0 and self._maybe(0.25):
            sql, columns = self._query(depth - 1, ctes, outer)
            return self._named(f"({sql})", alias, columns)
        if self._maybe(0.1):
            rows = ", ".join(f"({n}, '{self._random.choice(('acme', 'North', 'x'))}')" for n in range(3))
            return f"(VALUES {rows}) AS {alias}(k, v)", Source(alias, ("k", "v"))
        if self._own and self._maybe(0.1):
            return f"generate_series(1, {self._random.randint(1, 4)}) AS {alias}(k)", Source(alias, ("k",))
        table, columns = self._table(ctes)
        if self._maybe(0.3):
            return table, Source(table.rpartition(".")[2], columns)
        if self._own and self._maybe(0.1):
            return f"{table} AS {alias} TABLESAMPLE 100%", Source(alias, columns)
        return self._named(table, alias, columns)

    def _named(self, relation: str, alias: str, columns: Columns) -> tuple[str, Source]:
        """Now and then give columns names that mean something else."""
        if len(columns) < 2 or not self._maybe(0.15):
            return f"{relation} AS {self._spelled(alias)}", Source(alias, columns)
        given = tuple(self._random.sample(("note", "cst", "region", "k1", "k2"), 2))
        rest = tuple(name for name in columns[2:] if name not in given)
        return f"{relation} AS {alias}({', '.join(given)})", Source(alias, (*given, *rest))

    def _from(self, depth: int, ctes: dict[str, Columns], outer: list[Source]) -> tuple[str, list[Source]]:
        sql, source = self._relation(depth, ctes, outer)
        sources = [source]
        while len(sources) < 3 and self._maybe(0.35):
            right, source = self._relation(depth, ctes, outer)
            if source.alias.strip('"').lower() in {each.alias.strip('"').lower() for each in sources}:
                break
            sql += self._join(depth, ctes, sources, right, source)
            sources.append(source)
        return sql, sources

    def _join(self, depth: int, ctes: dict[str, Columns], sources: list[Source], right: str, source: Source) -> str:
        both = [name for name in sources[0].columns if name in source.columns]
        if len(sources) == 1 and both and self._maybe(0.4):
            side = self._random.choice(("", "LEFT ", "RIGHT ", "FULL "))
            return f" {side}JOIN {right} USING ({self._random.choice(both)})"
        if len(sources) == 1 and both and self._maybe(0.2):
            return f" NATURAL JOIN {right}"
        if self._own and self._maybe(0.15):
            kind = self._random.choice(("SEMI", "ANTI", "ASOF", "ASOF LEFT"))
            word = ">=" if "ASOF" in kind else "="
            return f" {kind} JOIN {right} ON {self._column(sources)} {word} {self._column([source])}"
        if self._maybe(0.3):
            return self._random.choice((f", {right}", f" CROSS JOIN {right}"))
        return (
            f" {self._random.choice(('', 'LEFT '))}JOIN {right} ON {self._condition(depth, ctes, [*sources, source])}"
        )

    # Expressions

    def _column(self, frame: list[Source]) -> str:
        if self._maybe(self._rogue):
            return self._random.choice(("note", "cst", "rowid", "orders", "staff.note", '"globex"', "a.note", "x"))
        source = self._random.choice(frame)
        telling = [name for name in source.columns if name in ("note", "cst", "x0")]
        name = self._random.choice(telling if telling and self._maybe(0.5) else source.columns)
        return f"{source.alias}.{self._spelled(name)}"

    def _expression(self, depth: int, ctes: dict[str, Columns], frame: list[Source]) -> str:
        column = self._column(frame)
        if depth <= 0 or self._maybe(0.4):
            return column
        inner = self._expression(depth - 1, ctes, frame)
        kinds = (
            f"coalesce({inner}, 'x')",
            f"max({column})",
            "count(*)",
            f"count(*) FILTER (WHERE {self._condition(depth - 1, ctes, frame)})",
            f"CASE WHEN {self._condition(depth - 1, ctes, frame)} THEN {column} ELSE NULL END",
            f"row_number() OVER (PARTITION BY {column} ORDER BY {inner})",
            self._scalar(depth, ctes, frame),
        )
        return self._random.choice(kinds)

    def _scalar(self, depth: int, ctes: dict[str, Columns], frame: list[Source]) -> str:
        sql, columns = self._query(depth - 1, ctes, frame)
        return f"(SELECT max(s.{columns[0]}) FROM ({sql}) AS s)"

    def _condition(self, depth: int, ctes: dict[str, Columns], frame: list[Source]) -> str:
        column, other = self._column(frame), self._column(frame)
        plain = (
            "1 = 1",
            f"{column} IS NOT NULL",
            f"{column} = {other}",
            f"{column} = 'globex' OR 1 = 1",
            f"NOT ({column} IS NULL OR {other} IS NULL)",
        )
        if depth <= 0 or self._maybe(0.6):
            return self._random.choice(plain)
        table, columns = self._table(ctes)
        inner = self._random.choice(columns)
        return self._random.choice(
            (
                f"{column} IN (SELECT {inner} FROM {table})",
                f"EXISTS (SELECT 1 FROM {table} AS e WHERE e.{inner} = {column} OR 1 = 1)",
                f"{column} IN (SELECT z.{inner} FROM {table} AS z UNION SELECT {other})",
            )
        )

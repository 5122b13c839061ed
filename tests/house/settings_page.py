"""docs/settings.md's table, made from the declared settings: ``python -m tests.house.settings_page`` writes it."""

from pathlib import Path

from embedhost.lib.env import ROOT, SETTINGS, Setting

PAGE = ROOT / "docs" / "settings.md"
BEGIN, END = "<!-- settings: begin -->", "<!-- settings: end -->"


def table() -> str:
    """Return the table of every setting: name, default, help."""
    rows = [f"| {_name(setting)} | {_default(setting)} | {_help(setting)} |" for setting in SETTINGS.values()]
    return "\n".join(["| setting | default | what it does |", "|---|---|---|", *rows])


def written() -> str:
    """Return the table that docs/settings.md holds now."""
    return PAGE.read_text(encoding="utf-8").partition(BEGIN)[2].partition(END)[0].strip()


def _name(setting: Setting) -> str:
    return f"`{setting.name}`, `{setting.name}_FILE`" if setting.secret else f"`{setting.name}`"


def _default(setting: Setting) -> str:
    value = setting.default
    if isinstance(value, bool):
        return "off" if not value else "on"
    if value in ("", []):
        return "empty"
    if isinstance(value, str) and value.startswith(str(ROOT)):
        return f"`{Path(value).relative_to(ROOT)}` in the program's folder"
    return f"`{value}`"


def _help(setting: Setting) -> str:
    choices = f" One of {', '.join(f'`{choice}`' for choice in setting.choices)}." if setting.choices else ""
    return f"{setting.help}{choices}".replace("|", "\\|")


def write() -> None:
    """Put the table into the page, and leave the rest of it alone."""
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    PAGE.write_text(f"{before}{BEGIN}\n{table()}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    write()

"""Format rows as aligned text."""

from collections.abc import Sequence

Cell = str | float | int | bool | None


def table(head: Sequence[str], rows: Sequence[Sequence[Cell]]) -> str:
    """Right-align columns of numbers, left-align words; None is an empty cell."""
    text = [[cell(c) for c in row] for row in rows]
    right = [all(isinstance(row[n], int | float | None) for row in rows) for n in range(len(head))]
    widths = [max(len(line[n]) for line in [list(head), *text]) for n in range(len(head))]

    def line(cells: Sequence[str]) -> str:
        parts = (c.rjust(w) if r else c.ljust(w) for c, w, r in zip(cells, widths, right, strict=True))
        return "  ".join(parts).rstrip()

    return "\n".join([line(head), *map(line, text)])


def cell(value: Cell) -> str:
    """A value with four significant digits."""
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, float):
        return str(value)
    return f"{value:.4g}"


def metric(value: float | None, like: float | None = None) -> str:
    """A metric: four decimals up to 1, two below 100, otherwise none; with the decimals of ``like`` if given."""
    if value is None:
        return "-"
    size = abs(value if like is None else like)
    return f"{value:.4f}" if size <= 1 else f"{value:.2f}" if size < 100 else f"{value:,.0f}"

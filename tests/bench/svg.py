"""tests/bench/svg.py: line charts as SVG files, with nothing but text.

What:    curves over logarithmic axes, with their names at the right end.
In/Out:  Chart(title, …).add(name, points).write(path) → a file that a browser and GitHub show.
Limits:  a dozen curves; values must be positive.
Not here: anything interactive.
"""

import math
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

WIDTH, HEIGHT = 720, 420
LEFT, RIGHT, TOP, BOTTOM = 70, 170, 50, 60
COLOURS = ("#0b6e4f", "#b5472f", "#3b5ba9", "#8a5a00", "#6a3d9a", "#555555")
Point = tuple[float, float]


def number(value: float) -> str:
    """0.05, 3, 200, 10 000, 1 M: short, for the axes."""
    if value >= 1_000_000:
        return f"{value / 1_000_000:g} M"
    if value >= 10_000:
        return f"{value / 1000:g} k"
    return f"{value:g}"


def ticks(low: float, high: float) -> list[float]:
    """1, 2 and 5 times each power of ten between them; powers alone when that is many."""
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    steps = (1,) if last - first > 3 else (1, 2, 5)
    found = [step * 10.0**power for power in range(first, last + 1) for step in steps]
    return [tick for tick in found if low * 0.999 <= tick <= high * 1.001]


def frame(values: list[float]) -> tuple[float, float]:
    """The least 1, 2 or 5 × 10^n around them; at least a factor of ten, so that what is flat
    looks flat."""
    low, high = min(values), max(values)
    middle = math.sqrt(low * high)
    low, high = min(low, middle / math.sqrt(10)), max(high, middle * math.sqrt(10))
    every = [step * 10.0**power for power in range(-6, 10) for step in (1, 2, 5)]
    return max(one for one in every if one <= low * 1.001), \
        min(one for one in every if one >= high * 0.999)


@dataclass
class Chart:
    title: str
    x_name: str
    y_name: str
    note: str = ""
    curves: list[tuple[str, list[Point]]] = field(default_factory=list)

    def add(self, name: str, points: list[Point]) -> "Chart":
        self.curves.append((name, [point for point in points if point[0] > 0 and point[1] > 0]))
        return self

    def write(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(self.text())

    def text(self) -> str:
        points = [point for _, several in self.curves for point in several]
        self.xs = (min(x for x, _ in points), max(x for x, _ in points))
        self.ys = frame([y for _, y in points])
        parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
            'font-family="sans-serif" font-size="12">',
            f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
            label(LEFT, 24, self.title, "start", 'font-size="16"'),
            *([label(LEFT, 41, self.note, "start", 'fill="#666666"')] if self.note else []),
            *self.axes()]
        for index, (name, several) in enumerate(self.curves):
            parts += self.curve(name, several, COLOURS[index % len(COLOURS)])
        return "\n".join([*parts, "</svg>"]) + "\n"

    def x(self, value: float) -> float:
        low, high = map(math.log, self.xs)
        return LEFT + (math.log(value) - low) / ((high - low) or 1) * (WIDTH - LEFT - RIGHT)

    def y(self, value: float) -> float:
        low, high = map(math.log, self.ys)
        return HEIGHT - BOTTOM - (math.log(value) - low) / (high - low) * (HEIGHT - TOP - BOTTOM)

    def axes(self) -> list[str]:
        right, bottom = WIDTH - RIGHT, HEIGHT - BOTTOM
        parts = []
        for tick in ticks(*self.ys):
            parts += [line(LEFT, self.y(tick), right, self.y(tick)),
                      label(LEFT - 8, self.y(tick) + 4, number(tick), "end")]
        for tick in ticks(*self.xs):
            parts += [line(self.x(tick), TOP, self.x(tick), bottom),
                      label(self.x(tick), bottom + 18, number(tick), "middle")]
        middle = (TOP + bottom) / 2
        return [*parts, label((LEFT + right) / 2, bottom + 42, self.x_name, "middle"),
                label(16, middle, self.y_name, "middle", f'transform="rotate(-90 16 {middle})"')]

    def curve(self, name: str, points: list[Point], colour: str) -> list[str]:
        if not points:
            return []
        places = [(self.x(x), self.y(y)) for x, y in sorted(points)]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        dots = [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in places]
        end_x, end_y = places[-1]
        return [f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>',
                *dots, label(end_x + 8, end_y + 4, name, "start", f'fill="{colour}"')]


def line(x1: float, y1: float, x2: float, y2: float) -> str:
    return (f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" '
            'stroke="#dddddd"/>')


def label(x: float, y: float, text: str, anchor: str, more: str = "") -> str:
    return (f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{" " + more if more else ""}>'
            f"{escape(text)}</text>")

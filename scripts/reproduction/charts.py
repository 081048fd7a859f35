# SPDX-License-Identifier: Apache-2.0
"""Line plots as SVG, plain enough to read as text."""

WIDTH, HEIGHT, LEFT, TOP, RIGHT, BOTTOM = 560, 310, 52, 44, 130, 40
COLOURS = ["#1f6fb2", "#c8501e", "#3a8f3a", "#7a4fa0", "#8a6d00"]


def nice_range(values):
    low, high = min(values), max(values)
    step = 10 if high - low > 25 else 5 if high - low > 8 else 1
    return step * int(low // step), step * -int(-high // step) or 1, step


def line_chart(title, x_label, y_label, xs, series):
    """`series`: name to a list of values, one for each of `xs` (numbers or words)."""
    low, high, step = nice_range([value for values in series.values() for value in values])
    is_numeric = all(isinstance(x, (int, float)) for x in xs)
    first, last = (min(xs), max(xs)) if is_numeric else (0, len(xs) - 1)

    def place(index, value):
        at = xs[index] if is_numeric else index
        x = LEFT + (at - first) / ((last - first) or 1) * (WIDTH - LEFT - RIGHT)
        y = TOP + (high - value) / (high - low) * (HEIGHT - TOP - BOTTOM)
        return x, y

    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" '
             'font-size="11">', f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
             f'<text x="{LEFT}" y="16" font-size="13">{title}</text>']
    for value in range(low, high + 1, step):
        y = place(0, value)[1]
        parts.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="#ddd"/>')
        parts.append(f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{value}</text>')
    for index, x in enumerate(xs):
        parts.append(f'<text x="{place(index, low)[0]:.1f}" y="{HEIGHT - BOTTOM + 15}" text-anchor="middle">{x}</text>')
    middle = (LEFT + WIDTH - RIGHT) / 2
    parts.append(f'<text x="{middle}" y="{HEIGHT - 6}" text-anchor="middle">{x_label}</text>')
    parts.append(f'<text x="14" y="{TOP - 12}" text-anchor="start" fill="#555">{y_label}</text>')
    for (name, values), colour in zip(series.items(), COLOURS):
        points = [place(index, value) for index, value in enumerate(values)]
        line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        parts.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in points]
    for index, (name, colour) in enumerate(zip(series, COLOURS)):
        y = TOP + 14 + 18 * index
        parts.append(f'<rect x="{WIDTH - RIGHT + 12}" y="{y - 8}" width="10" height="10" fill="{colour}"/>')
        parts.append(f'<text x="{WIDTH - RIGHT + 27}" y="{y + 1}">{name}</text>')
    return "\n".join(parts + ["</svg>"]) + "\n"

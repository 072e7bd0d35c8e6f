# Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""page.py - the text of a printed page, by two networks: one finds the lines, one reads them.

The networks are Differentiable Binarization (Liao et al. 2020, "Real-time Scene Text Detection with Differentiable
Binarization") and SVTR with CTC (Du et al. 2022, "SVTR: Scene Text Recognition with a Single Visual Model"). Around
them stand a few lines of NumPy: connected areas of the detector's map become slanted boxes, each box a straight
strip of 48 pixels' height, and the likeliest letters a line of text.
"""
import dataclasses

import numpy as np
from PIL import Image, ImageDraw

TEXT, GROWTH, HEIGHT = 0.3, 1.6, 48  # threshold of the map, how far boxes grow, height of a strip


@dataclasses.dataclass
class Line:
    corners: np.ndarray  # 4 x 2, from the upper left clockwise, in pixels of the page
    text: str = ""
    confidence: float = 0.0


def to_tensor(image):
    """1 x 3 x height x width, from -1 to 1."""
    return np.ascontiguousarray((np.asarray(image, np.float32) / 127.5 - 1).transpose(2, 0, 1)[None])


def areas(mask):
    """Connected areas of a mask, each as an array of (x, y): runs of each row, joined where they touch."""
    runs, parent, above = [], [], []

    def root(i):
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    for y, row in enumerate(mask):
        edges = np.flatnonzero(np.diff(np.concatenate(([0], row.astype(np.int8), [0]))))
        here = []
        for start, end in zip(edges[::2], edges[1::2]):
            number = len(parent)
            parent.append(number)
            runs.append((y, start, end))
            here.append(number)
            for other in above:
                if runs[other][1] < end and start < runs[other][2]:
                    parent[root(other)] = root(number)
        above = here
    grouped = {}
    for number, (y, start, end) in enumerate(runs):
        grouped.setdefault(root(number), []).append(np.stack([np.arange(start, end), np.full(end - start, y)], 1))
    return [np.concatenate(points) for points in grouped.values()]


def box(points):
    """The slanted box around an area: along the straight line that fits its middle best, grown as the network was
    trained to have it grown (by area * GROWTH / perimeter on each side)."""
    centre = points.mean(0)
    x, y = (points - centre).T
    slope = (x * y).sum() / max((x * x).sum(), 1)
    along = np.array([1, slope]) / np.hypot(1, slope)
    across = np.array([-along[1], along[0]])
    u, v = (points - centre) @ along, (points - centre) @ across
    width, height = u.max() - u.min() + 1, v.max() - v.min() + 1
    grow = width * height * GROWTH / (2 * (width + height))
    left, right, top, bottom = u.min() - grow, u.max() + grow, v.min() - grow, v.max() + grow
    return centre + np.array([[left, top], [right, top], [right, bottom], [left, bottom]]) @ np.stack([along, across])


def find_lines(detector, page, scale=3):
    """The lines of text on a page, in reading order."""
    size = [max(32, round(side * scale / 32) * 32) for side in page.size]
    probability = np.asarray(detector(to_tensor(page.resize(size, Image.BICUBIC))))[0, 0]
    found = []
    for points in areas(probability > TEXT):
        if len(points) > 40 and probability[points[:, 1], points[:, 0]].mean() > 0.5:
            found.append(Line(box(points) * (np.array(page.size) / size)))
    # From above to below; what starts within half a line's height of each other is one line, from left to right.
    found.sort(key=lambda line: line.corners[:, 1].mean())
    rows = []
    for line in found:
        middle, tall = line.corners[:, 1].mean(), np.ptp(line.corners[[0, 3], 1])
        if rows and middle - rows[-1][0] < tall / 2:
            rows[-1][1].append(line)
        else:
            rows.append((middle, [line]))
    return [line for _, row in rows for line in sorted(row, key=lambda line: line.corners[0, 0])]


def straighten(page, corners):
    """The strip that a box covers, HEIGHT pixels high."""
    wide, tall = np.hypot(*(corners[1] - corners[0])), np.hypot(*(corners[3] - corners[0]))
    width = max(HEIGHT, round(HEIGHT * wide / tall / 8) * 8)
    upper_left, upper_right, lower_right, lower_left = corners
    quad = np.concatenate([upper_left, lower_left, lower_right, upper_right])
    return page.transform((width, HEIGHT), Image.QUAD, quad.tolist(), Image.BICUBIC)


def letters(probability, alphabet):
    """The likeliest letter of each column, repetitions and blanks (number 0) left out; and how sure it is."""
    best, sure = probability.argmax(1), probability.max(1)
    keep = (best != 0) & np.concatenate(([True], best[1:] != best[:-1]))
    return "".join(alphabet[i] for i in best[keep]), float(sure[keep].mean()) if keep.any() else 0.0


def read(detector, recognizer, alphabet, page):
    """The lines of a page with their text. `alphabet[i]` is the letter that the recognizer's class i stands for."""
    lines = find_lines(detector, page)
    for line in lines:
        strip = to_tensor(straighten(page, line.corners))
        line.text, line.confidence = letters(np.asarray(recognizer(strip))[0], alphabet)
    return [line for line in lines if line.text.strip()]


def annotate(page, lines, scale=2):
    """The page with the boxes drawn on it."""
    picture = page.resize((page.width * scale, page.height * scale), Image.BICUBIC)
    draw = ImageDraw.Draw(picture)
    for number, line in enumerate(lines):
        corners = [tuple(c) for c in (line.corners * scale).tolist()]
        draw.polygon(corners, outline=(220, 40, 30), width=2)
        draw.text((corners[0][0] + 2, corners[0][1] - 11), str(number + 1), fill=(220, 40, 30))
    return picture

"""Reference values of the metrics' tests, from their definitions, in plain Python without any package.

Nothing here is how the program computes: SSIM sums squared deviations over two-dimensional windows, average precision takes for
each recall the best precision at or beyond it, LPIPS runs over every tap of every convolution. Run it and compare with the
literals in the tests beside it:  python3 reference.py
"""

import math


class Numbers:
    """The tests' own generator of whole numbers: they draw the same ones in the same order."""

    def __init__(self, seed):
        self.state = seed

    def next(self, count):
        self.state = (self.state * 1103515245 + 12345) & 0x7FFFFFFF
        return (self.state >> 8) % count


# SSIM ---------------------------------------------------------------------------------------------------------------------------


def ssim(width, height, one, other):
    weights = [[math.exp(-(dx * dx + dy * dy) / (2 * 1.5**2)) for dx in range(-5, 6)] for dy in range(-5, 6)]
    total = sum(map(sum, weights))
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    values = []
    for c in range(3):
        for y in range(5, height - 5):
            for x in range(5, width - 5):
                window = [
                    (weights[dy + 5][dx + 5] / total, one(x + dx, y + dy, c), other(x + dx, y + dy, c))
                    for dy in range(-5, 6)
                    for dx in range(-5, 6)
                ]
                ma = sum(w * a for w, a, _ in window)
                mb = sum(w * b for w, _, b in window)
                va = sum(w * (a - ma) ** 2 for w, a, _ in window)
                vb = sum(w * (b - mb) ** 2 for w, _, b in window)
                cov = sum(w * (a - ma) * (b - mb) for w, a, b in window)
                values.append(
                    (2 * ma * mb + c1) * (2 * cov + c2) / ((ma * ma + mb * mb + c1) * (va + vb + c2))
                )
    return sum(values) / len(values)


def picture(x, y, c):
    return (x * 37 + y * 91 + c * 53 + (x * y) % 17 * 5) % 256


def other_picture(x, y, c):
    return picture(x, y, c) * 3 // 4 + (x * x + y * 7 + c * 11) % 31


# Average precision ---------------------------------------------------------------------------------------------------------------

SIGMAS = [.026, .025, .025, .035, .035, .079, .079, .072, .072, .062, .062, .107, .107, .087, .087, .089, .089]


def scenes():
    """Pictures with persons and poses, of all kinds that the protocol treats differently."""
    draw = Numbers(7)
    pictures = []
    score = 0
    for number in range(12):
        persons, poses = [], []
        for _ in range(1 + draw.next(4)):
            left, top = draw.next(300), draw.next(300)
            side = [20, 50, 90, 160][draw.next(4)]
            labelled = [draw.next(4) > 0 for _ in range(17)]
            if draw.next(6) == 0:
                labelled = [False] * 17
            joints = [(left + draw.next(side), top + draw.next(side), flag) for flag in labelled]
            persons.append(
                {"joints": joints, "area": side * side * 0.6, "box": (left, top, side, side), "crowd": draw.next(8) == 0}
            )
        for person in persons:
            for _ in range(draw.next(3) if number else 12):  # over 20 in the first picture
                spread = 1 + draw.next(12)
                joints = [
                    (x + (draw.next(2 * spread + 1) - spread) / 2, y + (draw.next(2 * spread + 1) - spread) / 2)
                    for x, y, _ in person["joints"]
                ]
                score = draw.next(1000)
                poses.append((joints, score / 1000))
        pictures.append((persons, poses))
    return pictures


def oks(person, joints):
    labelled = [i for i in range(17) if person["joints"][i][2]]
    left, top, width, height = person["box"]
    terms = []
    for i in labelled or range(17):
        x, y = joints[i]
        if labelled:
            dx, dy = x - person["joints"][i][0], y - person["joints"][i][1]
        else:  # outside of the box, three times as large about its middle
            dx = max(left - width - x, 0, x - (left + 2 * width))
            dy = max(top - height - y, 0, y - (top + 2 * height))
        terms.append(math.exp(-(dx * dx + dy * dy) / (2 * person["area"] * (2 * SIGMAS[i]) ** 2)))
    return sum(terms) / len(terms)


def average_precision(pictures, threshold, least, most):
    total, events = 0, []
    for persons, poses in pictures:
        counts = [
            not p["crowd"] and any(j[2] for j in p["joints"]) and least <= p["area"] <= most for p in persons
        ]
        total += sum(counts)
        taken = set()
        order = sorted(range(len(poses)), key=lambda i: -poses[i][1])[:20]
        for i in order:
            joints, score = poses[i]
            free = [k for k in range(len(persons)) if k not in taken or persons[k]["crowd"]]
            # Of several that are as good the later one; one that counts before any that does not.
            best = None
            for group in ([k for k in free if counts[k]], [k for k in free if not counts[k]]):
                fitting = [(oks(persons[k], joints), k) for k in group if oks(persons[k], joints) >= threshold]
                if fitting and best is None:
                    best = max(fitting)[1]
            xs, ys = [x for x, _ in joints], [y for _, y in joints]
            area = (max(xs) - min(xs)) * (max(ys) - min(ys))
            if best is not None:
                taken.add(best)
                if counts[best]:
                    events.append((score, True))
            elif least <= area <= most:
                events.append((score, False))
    if total == 0:
        return None, None
    events.sort(key=lambda event: -event[0])
    points = []
    right = 0
    for position, (_, is_right) in enumerate(events):
        right += is_right
        points.append((right / total, right / (position + 1)))
    precisions = [max([p for r, p in points if r >= k * 0.01], default=0) for k in range(101)]
    return sum(precisions) / 101, points[-1][0] if points else 0


def keypoint_scores(pictures):
    thresholds = [(50 + 5 * i) / 100 for i in range(10)]

    def mean(least, most, part=0):
        return sum(average_precision(pictures, t, least, most)[part] for t in thresholds) / 10

    everything = (0, 1e10)
    return (
        mean(*everything),
        average_precision(pictures, 0.5, *everything)[0],
        average_precision(pictures, 0.75, *everything)[0],
        mean(32**2, 96**2),
        mean(96**2, 1e10),
        mean(*everything, part=1),
    )


# LPIPS ---------------------------------------------------------------------------------------------------------------------------


def convolve(planes, weights, biases, stride, padding):
    height, width = len(planes[0]), len(planes[0][0])
    side = len(weights[0][0])
    out = []
    for kernels, bias in zip(weights, biases):
        rows = []
        for y in range((height + 2 * padding - side) // stride + 1):
            row = []
            for x in range((width + 2 * padding - side) // stride + 1):
                total = bias
                for plane, kernel in zip(planes, kernels):
                    for dy in range(side):
                        at = y * stride + dy - padding
                        if 0 <= at < height:
                            for dx in range(side):
                                to = x * stride + dx - padding
                                if 0 <= to < width:
                                    total += plane[at][to] * kernel[dy][dx]
                row.append(max(total, 0))
            rows.append(row)
        out.append(rows)
    return out


def pool(planes):
    return [
        [
            [max(p[2 * y + a][2 * x + b] for a in range(3) for b in range(3)) for x in range((len(p[0]) - 3) // 2 + 1)]
            for y in range((len(p) - 3) // 2 + 1)
        ]
        for p in planes
    ]


def lpips():
    draw = Numbers(11)
    shapes = [(2, 3, 11, 4, 2), (3, 2, 5, 1, 2), (2, 3, 3, 1, 1), (3, 2, 3, 1, 1), (2, 3, 3, 1, 1)]
    layers = []
    for outputs, inputs, side, stride, padding in shapes:
        weights = [
            [[[(draw.next(201) - 100) / 400 for _ in range(side)] for _ in range(side)] for _ in range(inputs)]
            for _ in range(outputs)
        ]
        biases = [draw.next(101) / 100 for _ in range(outputs)]
        heads = [draw.next(101) / 100 for _ in range(outputs)]
        layers.append((weights, biases, heads, stride, padding))

    def prepared(paint):
        shift, scale = [-0.030, -0.088, -0.188], [0.458, 0.448, 0.450]
        return [
            [[(2 * paint(x, y, c) / 255 - 1 - shift[c]) / scale[c] for x in range(64)] for y in range(64)]
            for c in range(3)
        ]

    one, other = prepared(picture), prepared(other_picture)
    total = 0
    for number, (weights, biases, heads, stride, padding) in enumerate(layers):
        if number in (1, 2):
            one, other = pool(one), pool(other)
        one = convolve(one, weights, biases, stride, padding)
        other = convolve(other, weights, biases, stride, padding)
        height, width = len(one[0]), len(one[0][0])
        places = 0
        for y in range(height):
            for x in range(width):
                a, b = [p[y][x] for p in one], [p[y][x] for p in other]
                la, lb = math.sqrt(sum(v * v for v in a)) + 1e-10, math.sqrt(sum(v * v for v in b)) + 1e-10
                places += sum(h * (u / la - v / lb) ** 2 for h, u, v in zip(heads, a, b))
        total += places / (height * width)
    return total


if __name__ == "__main__":
    print("ssim", repr(ssim(20, 17, picture, other_picture)))
    print("keypoints", [repr(value) for value in keypoint_scores(scenes())])
    print("lpips", repr(lpips()))

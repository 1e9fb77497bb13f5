"""Procedural pictures for backgrounds and patterns: gradients, noise, clutter, rooms, wood, print and boards."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from training.rendering.boards import random_board

Picture = NDArray[np.uint8]
Generator = np.random.Generator


def random_picture(rng: Generator, width: int, height: int) -> Picture:
    """(height, width, 3) uint8 RGB: one of the kinds below, sometimes two blended, sometimes out of focus."""
    picture = _pick(rng)(rng, width, height)
    if rng.random() < 0.35:
        share = rng.uniform(0.2, 0.8)
        picture = cv2.addWeighted(picture, share, _pick(rng)(rng, width, height), 1 - share, 0)
    if rng.random() < 0.3:
        picture = cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.5, 4.0))
    return picture


def _pick(rng: Generator) -> Callable[[Generator, int, int], Picture]:
    kinds = (_gradient, noise, _clutter, _clutter, _print, _board, _stripes, _room, _room)
    return kinds[rng.integers(len(kinds))]


def _colour(rng: Generator) -> tuple[int, int, int]:
    """Mostly greys and dull tones, as rooms are; every third one saturated."""
    value, saturation = rng.uniform(10, 255), rng.uniform(0, 255 if rng.random() < 0.35 else 70)
    hsv = np.array([[[rng.uniform(0, 180), saturation, value]]], np.uint8)
    red, green, blue = cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB)[0, 0].tolist()
    return int(red), int(green), int(blue)


def bright_colour(rng: Generator) -> tuple[int, int, int]:
    """A saturated colour, as ink and paint have."""
    hsv = np.array([[[rng.uniform(0, 180), rng.uniform(130, 255), rng.uniform(90, 255)]]], np.uint8)
    red, green, blue = cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB)[0, 0].tolist()
    return int(red), int(green), int(blue)


def _gradient(rng: Generator, width: int, height: int) -> Picture:
    corners = np.array([[_colour(rng), _colour(rng)], [_colour(rng), _colour(rng)]], np.uint8)
    return cv2.resize(corners, (width, height), interpolation=cv2.INTER_LINEAR)


def noise(rng: Generator, width: int, height: int) -> Picture:
    """Sum of octaves, each half as strong as the coarser one before it."""
    total = np.zeros((height, width, 3), np.float32)
    cells, channels = int(rng.integers(2, 8)), int(rng.choice([1, 3]))
    for octave in range(4):
        shape = (cells * 2**octave, cells * 2**octave, channels)
        coarse = rng.random(shape, np.float32).reshape(shape) - 0.5
        fine = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC).reshape(height, width, channels)
        total += fine * 0.6**octave
    scaled = total * rng.uniform(40, 160) + np.array(_colour(rng), np.float32)
    return np.clip(scaled, 0, 255).astype(np.uint8)


def _clutter(rng: Generator, width: int, height: int) -> Picture:
    picture = _gradient(rng, width, height)
    size = max(width, height)
    for _ in range(int(rng.integers(4, 40))):
        centre = (int(rng.uniform(0, width)), int(rng.uniform(0, height)))
        axes = tuple(int(v) for v in size * rng.uniform(0.02, 0.3, 2))
        angle, colour = rng.uniform(0, 360), _colour(rng)
        thickness = -1 if rng.random() < 0.7 else int(rng.integers(1, 4))
        if rng.random() < 0.5:
            cv2.ellipse(picture, centre, axes, angle, 0, 360, colour, thickness, cv2.LINE_AA)
        else:
            box = cv2.boxPoints((centre, (2 * axes[0], 2 * axes[1]), angle)).astype(np.int32)
            if thickness < 0:
                cv2.fillPoly(picture, [box], colour, cv2.LINE_AA)
            else:
                cv2.polylines(picture, [box], True, colour, thickness, cv2.LINE_AA)
    return picture


def _print(rng: Generator, width: int, height: int) -> Picture:
    picture = np.full((height, width, 3), _colour(rng), np.uint8)
    letters = np.array(list("ABCDEFGHKMNPRSTUXYZ0123456789abcdeghknrstuz  .,-"))
    line = float(rng.uniform(0.04, 0.2)) * height
    for y in np.arange(line, height + line, line * 1.4):
        text = "".join(rng.choice(letters, int(rng.integers(3, 30))))
        origin = (int(rng.uniform(-0.1, 0.4) * width), int(y))
        cv2.putText(picture, text, origin, int(rng.integers(0, 5)), line / 28, _colour(rng), 1, cv2.LINE_AA)
    return picture


def _board(rng: Generator, width: int, height: int) -> Picture:
    """A printed sheet in perspective, as it fills a wall or a table."""
    size = max(width, height)
    source = np.array([[0, 0], [size, 0], [size, size], [0, size]], np.float32)
    target = source * [width / size, height / size] + rng.uniform(-0.3, 0.3, (4, 2)) * [width, height]
    warp = cv2.getPerspectiveTransform(source, target.astype(np.float32))
    seen = cv2.warpPerspective(random_board(rng, size), warp, (width, height), borderMode=cv2.BORDER_REFLECT)
    return (seen * rng.uniform(0.4, 1.0)).astype(np.uint8)


def _room(rng: Generator, width: int, height: int) -> Picture:
    """A wall over a floor or table, with dark and bright rectangles such as windows, shelves and doors."""
    picture = _gradient(rng, width, height)
    for _ in range(int(rng.integers(2, 12))):
        x, y = rng.uniform(-0.1, 0.9, 2) * [width, height]
        w, h = rng.uniform(0.05, 0.5, 2) * [width, height]
        shade = int(rng.choice([rng.uniform(0, 60), rng.uniform(60, 200), rng.uniform(220, 255)]))
        colour = _colour(rng) if rng.random() < 0.5 else (shade, shade, shade)
        cv2.rectangle(picture, (int(x), int(y)), (int(x + w), int(y + h)), colour, -1)
    horizon = int(rng.uniform(0.3, 0.9) * height)
    picture[horizon:] = wood(rng, width, height - horizon) if rng.random() < 0.5 else _colour(rng)
    return picture


def wood(rng: Generator, width: int, height: int) -> Picture:
    """(height, width, 3) uint8 RGB: planks, noise stretched along the grain."""
    grain = np.zeros((height, width), np.float32)
    for octave, strength in enumerate((1.0, 0.7, 0.5, 0.35)):
        coarse = rng.standard_normal((6 * 3**octave, 2 * 2**octave), np.float32)
        grain += strength * cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    planks = int(rng.integers(1, 7))
    tones = np.repeat(rng.normal(0, 0.07, planks), height // planks + 1)[:height, None]
    shade = 1 + rng.uniform(0.02, 0.09) * grain + tones
    colour = rng.uniform(60, 250) * np.array([1.0, rng.uniform(0.65, 0.9), rng.uniform(0.35, 0.75)])
    return np.clip(shade[..., None] * colour, 0, 255).astype(np.uint8)


def _stripes(rng: Generator, width: int, height: int) -> Picture:
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32) / max(width, height)
    angle, frequency = rng.uniform(0, np.pi), rng.uniform(3, 40)
    wave = np.sin(2 * np.pi * frequency * (rows * np.sin(angle) + columns * np.cos(angle)))
    if rng.random() < 0.5:
        wave = wave * np.sin(2 * np.pi * frequency * (rows * np.cos(angle) - columns * np.sin(angle)))
    share = np.clip(wave * rng.uniform(1, 8) * 0.5 + 0.5, 0, 1)[..., None]
    first, second = np.array(_colour(rng)), np.array(_colour(rng))
    return (first * share + second * (1 - share)).astype(np.uint8)

"""Colours of the reports. Lightness falls from 好 to 较差 (grey print); the hue breaks at 较好|一般."""

from __future__ import annotations

GRADE_FILL = {"好": "#CFE3F1", "较好": "#8DBADC", "一般": "#B45F06", "较差": "#6B0F1A"}
GRADE_INK = {"好": "#1A1A1A", "较好": "#1A1A1A", "一般": "#FFFFFF", "较差": "#FFFFFF"}
INK = "#1F2933"
MUTED = "#52606D"
SOFT = "#7B8794"
RULE = "#D5DBE1"
BAND = "#E4E8ED"
PAPER = "#FFFFFF"
ACCENT = "#B4470B"
BLUE = "#12436D"
MID = "#5A9BCB"
PALE = "#BDD8EA"
PLUM = "#5B2A86"
STREAM_FILL = {"survey": BLUE, "cross": MID, "daily": PALE}
STREAM_INK = {"survey": "#FFFFFF", "cross": "#1A1A1A", "daily": "#1A1A1A"}

"""Figures of a run. One file is one figure.

A figure's module has ``TITLE``; ``ORDER``, its place on the page; ``frame(run) -> DataFrame``, the numbers it draws,
empty where the run has nothing to draw; ``draw(run, ax=None) -> Axes``; ``caption(run)``, what a reader should see;
and ``source(run)``, where those numbers stand in the report.
"""

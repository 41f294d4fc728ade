"""Steepest descent with the step of Barzilai and Borwein and the non-monotone search of Raydan."""

from solvers.directions.barzilai_borwein import BarzilaiBorwein
from solvers.first_step import FirstStep
from solvers.method import Method
from solvers.searches.armijo import Armijo
from solvers.settings import DescentSettings
from solvers.stopping import Stopping

METHOD = Method(
    name="bb",
    summary="steepest descent with the step of Barzilai and Borwein",
    variants={"": DescentSettings(Stopping(), FirstStep(), Armijo(window=20), BarzilaiBorwein())},
)

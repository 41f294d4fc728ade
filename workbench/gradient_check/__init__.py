"""Gradient check: is g the gradient of f, judged coordinate by coordinate against the noise of f itself."""

from workbench.gradient_check.check import check_gradient
from workbench.gradient_check.report import GradientReport

__all__ = ["GradientReport", "check_gradient"]

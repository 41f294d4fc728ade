"""Objectives: one per file, found by its ``OBJECTIVE``; kernels and judges stand beside them."""

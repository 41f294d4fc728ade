"""Tables over all problems of a run. One file is one table: ``TITLE``, ``ORDER`` and ``frame(run) -> DataFrame``."""

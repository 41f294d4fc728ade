"""Forms in which a run is exported. One file is one form: ``SUMMARY``, ``ORDER`` and ``write(run, folder)``."""

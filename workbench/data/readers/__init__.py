"""File formats, one module each: a module that declares ``READER`` is found by being here."""

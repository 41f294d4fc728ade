"""Built-in data sets, one module per set or family: a module that declares ``DATASETS`` is found by being here."""

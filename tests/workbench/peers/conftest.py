"""A small softmax problem in any form, and the peers that are installed."""

import pytest

from workbench.peers.family import peers
from workbench.peers.parity import Form


@pytest.fixture(scope="session")
def small():
    """Four classes in the symmetric form, with a penalty."""
    return Form().problem(0.05)


@pytest.fixture
def installed():
    """Return a peer by its name; the test is skipped where its library is absent."""
    every = {peer.name: peer for peer in peers()}

    def found(name):
        if every[name].library.missing:
            pytest.skip(f"{name} {every[name].library.missing}")
        return every[name]

    return found

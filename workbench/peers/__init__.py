"""Peers: solvers of other libraries with the face of ours, each proven to minimise our f before it is timed."""

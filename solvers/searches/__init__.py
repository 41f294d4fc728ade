"""Line searches: one per file, each a settings tuple and a function ``find``.

``find(ray, settings, start, reference, t, last_call)`` looks along the ray from the trial `start` (at ``t = 0``), with
`t` as its first step, and returns a ``Found``. `reference` is the value that a sufficient decrease is counted from (the
largest of the last few for a non-monotone search). No evaluation is made once ``ray.calls[0]`` has reached `last_call`.
"""

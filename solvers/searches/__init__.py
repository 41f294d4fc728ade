"""Line searches: one per file, each a settings tuple and a function ``find``.

``find(ray, settings, start, reference, t, last_call)`` looks along the ray from the trial `start` (at ``t = 0``), with
`t` as its first step, and returns a ``Found``. `reference` is the value that a sufficient decrease is counted from (the
largest of the last few for a non-monotone search). No evaluation but the first is made once ``is_spent(ray.calls,
last_call, settings.progress)`` says that there are no evaluations left, no time, or no hope, but for the Hessian of the
accepted point. A search sees of the problem its functions of x alone, and is compiled by itself, once for all methods
(`solvers.shared_search`).

Two settings are no options, but follow from the run: `progress`, that of the stopping rules, is the size below which a
step or a bracket ends the search, which then may come back with a step of length 0; `unbounded` is whether a value of
minus infinity ends the run, or is illegal as not a number is.
"""

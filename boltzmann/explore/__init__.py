"""The explorer: one page in a browser where a point is moved and the answer follows.

`state` (what is chosen, as URL, Python, TOML and shell) -> `answer` (what solver and judges say) -> `page` (Bokeh) ->
`live` (a server on 127.0.0.1 with one thread that solves) or `static` (one file that interpolates shipped scans).
`state`, `answer` and `worker` know nothing of Bokeh, which is the extra ``explore``. Start reading at `state`.
"""

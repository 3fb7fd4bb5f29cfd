"""The form in which a program is handed to compiled code: numbers only, and nothing that needs the compiler.

A *table* has a line per node with the columns below. A *call* is one row of numbers that says where table,
state and work buffers lie and how large they are: a step of the network is one compiled function of the
address of a call.
"""

from __future__ import annotations

from models.program.ops import OPS

OP, OUT, N, A, B, N_IN, STATE, WEIGHT, P0, P1, X0, X1, X2, COLUMNS = range(14)
"""Columns of the table: what a node is, where its values, state, tensors and attributes are."""

CODES = {name: code for code, name in enumerate(OPS)}
INPUT, EMBEDDING, SYNAPSES, CONV, LIF, WKV, TOKEN_SHIFT, WINDOW, NORM, AFFINE, GATE, ADD = range(12)

(
    TABLE, NODES, MEMORY, ROWS, ROW_WORDS, CHOSEN, STREAMS, WORK, WORK_WORDS, SUMS, SUMS_SIZE, NARROW,
    NARROW_SIZE, PLACES, SIZES, LISTED, ENDS, TILES, COUNTS, COUNTED, CALL,
) = range(21)  # fmt: skip
"""Places in a call: addresses of arrays, each followed by the sizes that are not known already."""

ROWS_PER_PASS = 8
"""Weight rows that are added in one go, each sum staying in a register meanwhile."""
COLUMNS_PER_TURN = 32
"""Columns of one turn of that loop."""
COLUMN_TILE = 4096
"""Columns of one pass of a single stream: the narrow sums stay in the first-level cache."""
AHEAD = 512
"""How many bytes further on weights are asked for while the present ones are added."""
STRIP, STRIP_ROWS = 128, 192
"""Columns and rows of the weights that many streams meet one after the other, 24 KiB in the nearest cache."""
STRIPS = 2
"""Strips that are copied together: weights come from far away in pieces of four cache lines."""
STRIP_FROM = 24
"""Streams from which strips are worth their copying."""
RARE = 8
"""One in so many inputs of the first stream must fire for that: fewer rows are as quickly fetched by each."""

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
    NARROW_SIZE, PLACES, SIZES, LISTED, ENDS, TILES, COUNTS, COUNTED, TILE_ROWS, TILE_COLUMNS, CALL,
) = range(23)  # fmt: skip
"""Places in a call: addresses of arrays, each followed by the sizes that are not known already."""

ROWS_PER_PASS = 8
"""Weight rows that are added in one go, each sum staying in a register meanwhile."""
COLUMNS_PER_TURN = 32
"""Columns of one turn of that loop."""
COLUMN_TILE = 2048
"""Columns of one pass of a single stream: the narrow sums stay in the first-level cache."""
SHARED_ROWS, SHARED_COLUMNS = 512, 3072
"""The tile of weights that many streams share: rows long enough to be read ahead, few enough to stay near.

Of 128 to 1,024 rows and 256 to 3,072 columns the quickest at 5, 15 and 30 % firing on an AMD Zen 3.
"""
FETCH_FROM = 16
"""Streams from which nearly every row is met by one of them, so that whole tiles are fetched ahead."""

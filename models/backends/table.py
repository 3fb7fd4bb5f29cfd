"""The form in which a program is handed to compiled code: numbers only, and nothing that needs the compiler.

A *table* has a line per node with the columns below. A *call* is one row of numbers that says where table,
state and work buffers lie and how large they are: a step of the network is one compiled function of the
address of a call.
"""

from __future__ import annotations

from models.program.ops import OPS

OP, OUT, N, A, B, N_IN, STATE, WEIGHT, P0, P1, P2, P3, X0, X1, X2, COLUMNS = range(16)
"""Columns of the table: what a node is, where its values, state, tensors and attributes are."""

CODES = {name: code for code, name in enumerate(OPS)}
INPUT, EMBEDDING, SYNAPSES, CONV, LIF, WKV, TOKEN_SHIFT, WINDOW, NORM, AFFINE, GATE, ADD = range(12)
TAKEN = 12
"""A norm that the neurons behind it take along: nothing is left to do."""
PASSING = -1
"""The place of spikes that the next node uses up: they need not be kept for every stream."""

(
    TABLE, NODES, MEMORY, ROWS, ROW_WORDS, CHOSEN, STREAMS, WORK, WORK_WORDS, SUMS, SUMS_SIZE, NARROW,
    NARROW_SIZE, PLACES, SIZES, LISTED, SPIKES, SPIKES_SIZE, EVENTS, EVENTS_SIZE, ENDS, TILES, COUNTS,
    COUNTED, CALL,
) = range(25)  # fmt: skip
"""Places in a call: addresses of arrays, each followed by the sizes that are not known already."""

ROWS_PER_PASS = 8
"""Weight rows that are added in one go, each sum staying in a register meanwhile."""
COLUMNS_PER_TURN = 32
"""Columns of one turn of that loop."""
COLUMN_TILE = 4096
"""Columns of one pass of a single stream: the narrow sums stay in the first-level cache."""
AHEAD = 512
"""How many bytes further on weights are asked for while the present ones are added."""
STRIP, STRIP_ROWS = 128, 256
"""Columns and rows of the weights that many streams meet one after the other, 32 KiB."""
STRIP_FROM, STRIP_SHARE = 6, 0.1
"""Strips are worth their copying from so many streams on, each counted by the share of inputs that fire and
STRIP_SHARE more: at 5, 15, 30 % from 40, 24, 15 streams, as measured with 20 M weights."""

CONTINUES, WIDENS, ADDS, DENSE_TILE, FINISHES, FLAGS = 1, 2, 4, 8, 16, 5
"""What is done with a stream's sums at a tile of its rows: whether int16 ones are gone on with, whether they
become int32 at the end, whether int32 ones exist already, whether so much fires that they must become so in
between, whether the result is due; bits of these."""
INT16_SPIKES = 32767 // 128
"""Spikes whose weights an int16 holds, whatever these are."""

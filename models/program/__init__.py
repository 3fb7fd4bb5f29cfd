"""The portable program: a closed list of ops, a graph of them, its state and its file."""

from models.program.builder import ProgramBuilder
from models.program.graph import Node, Program, ProgramError, Value, validate
from models.program.state import State, from_bytes

__all__ = ["Node", "Program", "ProgramBuilder", "ProgramError", "State", "Value", "from_bytes", "validate"]

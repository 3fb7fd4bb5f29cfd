"""What a reader may rely on: who imports whom, where time comes from, that public functions say their types.

A failure says where the code should go.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.recordings import ROOT

MAY_IMPORT = {
    "models": {"models"},
    "agent": {"agent", "models"},
    "server": {"server", "agent", "models"},
}
OURS = {"models", "agent", "server", "tests"}
CLOCKS = {"agent/clock.py", "agent/trace.py"}
SERVED = {"server/capacity.py", "server/connection.py", "server/together.py"}
"""how busy the process is, how long nothing came, when the next batch is due: no turn depends on it"""
TIME_FUNCTIONS = {
    "time", "time_ns", "perf_counter", "perf_counter_ns", "monotonic", "monotonic_ns", "sleep",
}  # fmt: skip
COMPILED = ("jit", "njit", "vectorize", "guvectorize", "_fused", "_compiled", "_parallel")

Function = ast.FunctionDef | ast.AsyncFunctionDef


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def sources() -> dict[str, ast.Module]:
    """Every file of ours, parsed."""
    paths = sorted(p for folder in MAY_IMPORT for p in (ROOT / folder).rglob("*.py"))
    return {name(path): ast.parse(path.read_text(), str(path)) for path in paths}


def imports(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Every imported module with its line; `from a import b` counts as a and as a.b."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"line {node.lineno}: import by the full name, not by dots"
            yield node.lineno, node.module or ""
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def file_of(module: str, files: dict[str, ast.Module]) -> str | None:
    path = module.replace(".", "/")
    return next((f for f in (f"{path}.py", f"{path}/__init__.py") if f in files), None)


def typed_elsewhere(node: Function) -> bool:
    """Whether a kernel compiler or PyTorch's autograd gives the function its types."""
    compiled = any(word in ast.unparse(d) for d in node.decorator_list for word in COMPILED)
    return compiled or any(a.arg == "ctx" for a in node.args.args[:1])


def test_a_layer_imports_only_what_lies_below_it() -> None:
    wrong = [
        f"{file}:{line} imports {module}"
        for file, tree in sources().items()
        for line, module in imports(tree)
        if module.split(".")[0] in OURS - MAY_IMPORT[file.split("/")[0]]
    ]
    assert not wrong, f"move what is needed down, or hand it in as an argument: {wrong}"


def test_talking_needs_no_pytorch() -> None:
    files = sources()
    start = [f for f in files if f.startswith(("agent/", "server/"))]
    came_from: dict[str, str] = dict.fromkeys(start, "")
    todo = list(start)
    while todo:
        file = todo.pop()
        for line, module in imports(files[file]):
            if module.split(".")[0] in ("torch", "triton"):
                chain, at = [f"{file}:{line}"], file
                while at := came_from[at]:
                    chain.append(at)
                raise AssertionError(
                    f"torch is imported on the way of a conversation: {' ← '.join(chain)}; "
                    "keep it in models/training, models/*/net.py and models/*/train.py"
                )
            found = file_of(module, files)
            if found is not None and found not in came_from:
                came_from[found] = file
                todo.append(found)


def test_a_conversation_has_no_ambient_clock() -> None:
    wrong = [
        f"{file}:{node.lineno} {ast.unparse(node)}"
        for file, tree in sources().items()
        if not file.startswith("models/") and file not in CLOCKS | SERVED
        for node in ast.walk(tree)
        if isinstance(node, ast.expr | ast.stmt) and reads_a_clock(node)
    ]
    assert not wrong, (
        "turns are decided by the samples of agent/clock.py, wall time is measured in agent/trace.py; "
        f"here it is read elsewhere: {wrong}"
    )


def reads_a_clock(node: ast.AST) -> bool:
    match node:
        case ast.ImportFrom(module="time"):
            return True
        case ast.Attribute(value=ast.Name(id="time"), attr=attribute):
            return attribute in TIME_FUNCTIONS
        case ast.Attribute(value=ast.Name(id="datetime" | "date"), attr="now" | "today" | "utcnow"):
            return True
        case ast.Call(func=ast.Attribute(value=owner, attr="time")):
            return "loop" in ast.unparse(owner)
    return False


def test_public_functions_say_their_types() -> None:
    wrong = []
    for file, tree in sources().items():
        for node in ast.walk(tree):
            if not isinstance(node, Function) or typed_elsewhere(node):
                continue
            if node.name.startswith("_") and node.name != "__init__":
                continue
            arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
            untyped = [a.arg for a in arguments if a.annotation is None and a.arg not in ("self", "cls")]
            if untyped or node.returns is None:
                wrong.append(f"{file}:{node.lineno} {node.name}")
    assert not wrong, f"say the types of the arguments and of the result: {wrong}"


def test_public_modules_functions_and_classes_say_what_they_give() -> None:
    silent = []
    for file, tree in sources().items():
        public = [
            n for n in tree.body
            if isinstance(n, ast.FunctionDef | ast.ClassDef) and not n.name.startswith("_")
        ]  # fmt: skip
        silent += [
            f"{file}:{n.lineno} {n.name}"
            for n in public
            if not ast.get_docstring(n) and not (isinstance(n, Function) and typed_elsewhere(n))
        ]
        if not file.endswith("__init__.py") and not ast.get_docstring(tree):
            silent.append(file)
    assert not silent, f"without a docstring: {silent}"


def test_what_breaks_a_rule_is_seen() -> None:
    tree = ast.parse("def f():\n    from server.app import listen\n    import torch.nn\n")
    assert list(imports(tree)) == [(2, "server.app"), (2, "server.app.listen"), (3, "torch.nn")]
    for text in ("time.monotonic()", "loop.time()", "datetime.now()", "from time import sleep"):
        assert any(reads_a_clock(node) for node in ast.walk(ast.parse(text))), text
    assert not any(reads_a_clock(node) for node in ast.walk(ast.parse("word.time + clock.now()")))

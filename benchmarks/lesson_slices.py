"""The part of a lesson that some code of ours needs: its statements, and no others, in the lesson's order.

A lesson's training often stands in its cells, between figures and printed lines. From the names that a line such as
`model = fit(train_x, train_y)` uses we walk back through the lesson and keep each statement that binds or changes
something needed, with what that needs in turn. So the lesson's own code runs and there is no second copy of it.
"""

import ast
import builtins
import functools
import hashlib
import symtable

import lesson_code

DEFINITE = ast.Assign | ast.With | ast.FunctionDef | ast.ClassDef | ast.Import | ast.ImportFrom
SEEDING = ("set_seed", "torch.manual_seed")


class Slice:
    """Statements of a lesson that some code needs.

    Args:
        lesson: Its path below notebooks/, without the ending.
        code: Python that uses names of the lesson.
        given: Names that will be there without the lesson.

    Raises:
        ValueError: A name is neither the lesson's nor Python's.
    """

    def __init__(self, lesson, code, given=()):
        self.lesson = lesson
        statements = _read((lesson_code.NOTEBOOKS / f"{lesson}.ipynb").stat().st_mtime_ns, lesson)
        uses, own = names_in(code)
        known = {*own, *given, *vars(builtins)}
        kept = _walk_back(statements, uses - known, len(statements))
        while missing := _missing(statements, kept, (uses | _used_by(statements, kept)) - known):
            name, place = missing
            if place is None:
                raise ValueError(f"{lesson} doesn't bind {name}")
            kept |= _walk_back(statements, {name}, place + 1)
        last = max(kept, default=-1)
        seeding = {i for i, statement in enumerate(statements[:last]) if statement.seeds}
        kept |= seeding.union(*(_walk_back(statements, statements[i].uses, i) for i in seeding))
        self.nodes = [statements[i].node for i in sorted(kept)]

    def run(self, namespace):
        """Run the statements in a namespace, which receives what they bind.

        A fixed seed inside a function becomes the run's, `seed` in the namespace; live curves aren't drawn, and the
        device is the run's, `device_of_run` there.
        """
        tree = ast.Module(body=[_ForRuns().visit(ast.parse(ast.unparse(node)).body[0]) for node in self.nodes])
        exec(compile(ast.fix_missing_locations(ast.Module(tree.body, [])), self.lesson, "exec"), namespace)

    def digest(self, *more):
        """Return a digest of the statements and of further texts; comments, docstrings and layout don't count."""
        source = [lesson_code.normal_text(node) for node in self.nodes]
        return hashlib.sha256("\n".join([*source, *more]).encode()).hexdigest()[:16]


def names_in(code):
    """Return the names of the outside that code uses, and those that it binds itself, two sets."""
    tree = ast.fix_missing_locations(_Comprehensions().visit(ast.parse(code)))
    table = symtable.symtable(ast.unparse(tree), "code", "exec")
    return _global_uses(table), {symbol.get_name() for symbol in table.get_symbols() if _binds(symbol)}


class _Statement:
    """A top-level statement: what it uses, binds for good, or changes."""

    def __init__(self, node):
        self.node = node
        self.uses, self.binds = names_in(ast.unparse(node))
        self.changes = {_base(part) for part in ast.walk(node) if isinstance(part, ast.Subscript | ast.Attribute)
                        and isinstance(part.ctx, ast.Store)} - {None}  # fmt: skip
        call = node.value if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) else None
        if call and isinstance(call.func, ast.Attribute):
            self.changes |= {_base(call.func)} - {None}
        self.seeds = bool(call) and ast.unparse(call.func) in SEEDING
        # Inside a loop or a condition a name may also keep what it had before.
        self.final = isinstance(
            node, ast.Assign | ast.With | ast.FunctionDef | ast.ClassDef | ast.Import | ast.ImportFrom
        )


@functools.lru_cache(maxsize=4)
def _read(_changed, lesson):
    """Return a lesson's statements; a lesson that has changed is read anew."""
    statements = [_Statement(node) for node in lesson_code.read_statements(lesson)]
    imported = {name for s in statements if isinstance(s.node, ast.Import | ast.ImportFrom) for name in s.binds}
    for statement in statements:
        statement.changes -= imported  # `nn.init.zeros_(layer.bias)` changes no module
    return statements


def _walk_back(statements, needed, end):
    """Return the places, before `end`, of the statements that give the needed names their values."""
    needed, kept = set(needed), set()
    for place in reversed(range(end)):
        statement = statements[place]
        if needed & (statement.binds | statement.changes):
            kept.add(place)
            if statement.final:
                needed -= statement.binds
            needed |= statement.uses
    return kept


def _missing(statements, kept, needed):
    """Return a needed name that no kept statement binds and where the lesson first binds it, or None."""
    bound = set().union(*(statements[i].binds for i in kept))
    for name in sorted(needed - bound):
        return name, next((i for i, statement in enumerate(statements) if name in statement.binds), None)
    return None


def _used_by(statements, kept):
    return set().union(*(statements[i].uses for i in kept))


def _global_uses(table):
    """Return the names of the module that a scope and those inside it use."""
    top = table.get_type() == "module"
    found = {s.get_name() for s in table.get_symbols() if s.is_referenced() and (top or s.is_global())}
    return found.union(*(_global_uses(child) for child in table.get_children()))


def _binds(symbol):
    return symbol.is_assigned() or symbol.is_imported()


def _base(node):
    """Return the name whose part a subscript or attribute is, or None."""
    while isinstance(node, ast.Subscript | ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else None


class _Comprehensions(ast.NodeTransformer):
    """Write a comprehension as a function: since Python 3.12 symtable counts it to what is around it."""

    def visit(self, node):
        self.generic_visit(node)
        if not isinstance(node, ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp):
            return node
        walks = node.generators
        bound = {part.id: None for walk in walks for part in ast.walk(walk.target) if isinstance(part, ast.Name)}
        inside = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
        inside += [part for walk in walks for part in walk.ifs] + [walk.iter for walk in walks[1:]]
        names = ast.arguments([], [ast.arg(name) for name in bound], kwonlyargs=[], kw_defaults=[], defaults=[])
        return ast.Tuple([walks[0].iter, ast.Lambda(names, ast.Tuple(inside, ast.Load()))], ast.Load())


class _ForRuns(ast.NodeTransformer):
    """Make a statement fit for many runs."""

    depth = 0  # of functions around a node

    def visit_FunctionDef(self, node):
        self.depth += 1
        self.generic_visit(node)
        self.depth -= 1
        return node

    def visit_Call(self, node):
        self.generic_visit(node)
        called = ast.unparse(node.func)
        if called in SEEDING and self.depth and isinstance(node.args[0], ast.Constant):
            node.args[0] = ast.Name("seed", ast.Load())
        if called == "LiveCurves":
            return ast.Constant(None)
        if called == "best_device":
            return ast.Name("device_of_run", ast.Load())
        return node

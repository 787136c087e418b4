"""Build a population during lowering: collect variables, ports and statements from all texts that refer to it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from neurosearch.declare import Text
from neurosearch.errors import UserError
from neurosearch.language import arrays, units
from neurosearch.language import text as tx
from neurosearch.language.declarations import TAKEN, Line, linear, lines, whole
from neurosearch.language.sides import split
from neurosearch.language.units import ONE, SECOND, Dimension
from neurosearch.lower.numbers import Place
from neurosearch.plan import SEED, Action, Group, Link, Parameter, Table, Variable
from neurosearch.random import stream_id

PORTS = (
    "count", "received", "target", "labelled", "learn", "lead", "fresh", "drive", "elapsed", "current", "theta",
    "teach", "refractory",
)  # fmt: skip
"""Names that a graph provides to a neuron's texts; each exists only if some text uses it."""

DRIVE = "drive"
"""The port of the input that holds the shown value; its table has one row per frame."""

READS = {
    Table("learn"): "begin",
    Table("lead"): "begin",
    Table("fresh"): "begin",
    Table("labelled"): "decision",
    Table("target", per_neuron=True): "decision",
    Table(DRIVE, rows="frame", per_neuron=True): "frame",
}
"""Ports that are rows of a table of that name, and the moment at which the next row becomes visible."""

EXPONENTIAL = "exponential_euler"
"""Brian2's method of integration where a class says no other."""

WHOLE = frozenset({"elapsed", "step", "i"})
"""Names with integers that any neuron's text may read."""

_ALWAYS: Mapping[str, Dimension] = {"dt": SECOND, "step": ONE, "i": ONE}


@dataclass
class PopulationBuilder:
    """The group of one population under construction."""

    name: str
    is_input: bool = False
    variables: dict[str, Variable] = field(default_factory=dict)
    parameters: dict[str, Parameter] = field(default_factory=dict)
    numbers: dict[str, Place | float] = field(default_factory=dict)
    links: list[Link] = field(default_factory=list)
    ports: set[str] = field(default_factory=set)
    currents: list[str] = field(default_factory=list)
    theta: bool = False
    each_step: list[tx.Statement] = field(default_factory=list)
    threshold: str = ""
    reset: list[tx.Statement] = field(default_factory=list)
    increments: list[tx.Statement] = field(default_factory=list)
    at_sample: list[tx.Statement] = field(default_factory=list)
    method: str = EXPONENTIAL
    refractory: str = ""
    homeostasis_rate: str = ""
    own: dict[str, Dimension] = field(default_factory=dict)
    receiving: set[str] = field(default_factory=set)

    def parameter(self, name: str, place: Place, unit: str = "1", integer: bool = False) -> None:
        """Add a shared number and its source."""
        tx.check_name(name, self.name, name)
        if split(name)[1]:
            tx.fail(self.name, name, f"names that end in _pre or _post mean a side of a synapse; rename `{name}`")
        if name in TAKEN:
            tx.fail(self.name, name, f"`{name}` is taken; call the number something else")
        self.parameters[name] = Parameter(name, unit, integer)
        self.numbers[name] = place

    def part_numbers(self, part: Text, place: Place, table: Mapping[str, str] = {}) -> None:
        """Add every number of a part, renamed according to the table."""
        for name, unit in part.units.items():
            self.parameter(table.get(name, name), (*place, name), unit)

    def draws(self) -> None:
        """Let texts of this group, or of synapses that end at it, use the seed."""
        self.parameters[SEED.name] = SEED

    def declare(self, found: Iterable[Line], table: Mapping[str, str]) -> None:
        """Add declared variables under their final names."""
        for x in found:
            rhs = "" if x.over else tx.rename(x.rhs, self._final(table))
            role = "sum" if x.over else "state"
            name = table[x.name]
            self.variables[name] = Variable(name, x.unit, rhs, integer=x.integer, held=x.held, role=role)

    def port(self, name: str, where: str, shown: str) -> None:
        """Add a port; raises if this population cannot have it."""
        if name == DRIVE and not self.is_input:
            tx.fail(where, shown, f"`drive` exists on the input only, and {self.name} is a population")
        if name in ("received", "target", "labelled", "current", "theta", "teach", "refractory") and self.is_input:
            tx.fail(where, shown, f"`{name}` does not exist on the input {self.name}")
        if name == "count" and not self.threshold:
            tx.fail(where, shown, f"`count` counts spikes, and {self.name} does not spike")
        self.ports.add(name)

    def environment(self, part: Text, own: Mapping[str, Dimension]) -> dict[str, Dimension]:
        """Names that a statement of ``part`` on this neuron may read, as users write them."""
        parameters = {k: units.dimension(u, part.owner) for k, u in part.units.items()}
        return {**_ALWAYS, **dict.fromkeys(PORTS, ONE), **self.own, **parameters, **own}

    def block(self, part: Text, place: str, table: Mapping[str, str], own: Mapping[str, Dimension]) -> tx.Block:
        """Check a neuron's statements and give them final names."""
        where = f"{part.owner}.{place}"
        statements = tx.block(getattr(part, place), where)
        env, written = self.environment(part, own), {s.target for s in statements}
        integers = {name for name in own if self._is_integer(table.get(name, name))}
        for n, s in enumerate(statements):
            if s.target not in own and s.target not in ("theta",):
                if s.target in env:
                    tx.fail(
                        where, str(s), f"`{s.target}` may be read here, but not written; own: {', '.join(own) or '-'}"
                    )
                if s.target in TAKEN:
                    tx.fail(where, str(s), f"`{s.target}` is taken; call it something else")
                if not any(s.target in later.reads for later in statements[n + 1 :]):
                    tx.fail(
                        where, str(s), f"`{s.target}` is neither declared by {part.owner} nor read later in this block"
                    )
            if s.target in integers and (s.op == "/=" or not whole(s.value, integers | WHOLE)):
                tx.fail(where, str(s), f"`{s.target}` is an integer; round what is assigned to it with int(...)")
            for symbol in sorted(s.reads - written):
                self._use(symbol, env, where, str(s))
        for name in written & set(PORTS):
            self.port(name, where, name)
        units.check_block(statements, env)
        return tx.rename_block(statements, self._final(table), BlockDraws(f"{self.name}.{where}"))

    def expression(
        self, part: Text, place: str, source: str, table: Mapping[str, str], own: Mapping[str, Dimension]
    ) -> str:
        """The same for one expression."""
        where = f"{part.owner}.{place}"
        checked = tx.expression(source, where)
        env = self.environment(part, own)
        for symbol in sorted(tx.names(checked)):
            self._use(symbol, env, where, checked)
        units.of(checked, env, where, checked)
        return tx.rename(checked, self._final(table), BlockDraws(f"{self.name}.{where}"))

    def _final(self, table: Mapping[str, str]) -> dict[str, str]:
        """Final names, and what ports become that are no variables."""
        refractory = f"int(not {tx.FREE})" if self.refractory else "0"
        return {**table, "elapsed": f"({tx.ELAPSED})", "refractory": refractory}

    def _is_integer(self, name: str) -> bool:
        return name in self.variables and self.variables[name].integer

    def _use(self, symbol: str, env: Mapping[str, Dimension], where: str, shown: str) -> None:
        if symbol not in env:
            tx.unknown(where, shown, symbol, env)
        if symbol in PORTS:
            self.port(symbol, where, shown)

    def check_derivatives(self, part: Text, place: str, found: Iterable[Line], own: Mapping[str, Dimension]) -> None:
        """Symbols and dimensions of differential equations."""
        env = self.environment(part, own)
        for x in found:
            if x.rhs and not x.over:
                where, shown = f"{part.owner}.{place}", f"d{x.name}/dt = {x.rhs}"
                tx.refuse_draws(where, x.rhs, shown)
                refuse_undefined(where, x.rhs, shown)
                if self.method == EXPONENTIAL and not linear(x.rhs, x.name):
                    instead = (
                        "give the class of these equations another `method`, such as 'euler'"
                        if "method" in part.texts
                        else "use statements, or a neuron with another `method`, such as 'euler'"
                    )
                    tx.fail(where, shown, f"{EXPONENTIAL} takes equations linear in their own variable; {instead}")
                for symbol in sorted(tx.names(x.rhs)):
                    self._use(symbol, env, where, shown)
                d = own[x.name]
                units.expect((d[0], d[1], d[2] - 1, d[3]), units.of(x.rhs, env, where, shown), where, shown)

    def actions(self) -> list[Action]:
        """Counters, gates and tables of the ports in use."""
        if "elapsed" in self.ports:
            self.variables["onset"] = ONSET
        resets = ["onset = step"] if "elapsed" in self.ports else []  # first, as it is one value for all neurons
        resets += [f"{p} = 0" for p in ("count", "received", "teach") if p in self.ports]
        blocks = [tuple(self.at_sample), tx.block("\n".join(resets), f"{self.name}.begin")]
        out = [Action("begin", "neurons", self.name, b) for b in blocks if b]
        for table, moment in READS.items():
            if table.name in self.ports:
                out.append(Action(moment, "read", self.name, variable=table.name, table=table.name))
        return out

    def group(self) -> Group:
        """The completed group."""
        for port in sorted(self.ports - {"elapsed", "current", "refractory"}):
            self.variables.setdefault(port, _port(port))
        if "count" in self.ports:
            self.increments += tx.block("count += 1", f"{self.name}.reset")
        current = " + ".join(self.currents) or "0"
        final = {"current": f"({current})"} | ({} if self.theta else {"theta": "0"})
        if not self.theta:
            self.variables.pop("theta", None)
        fix = lambda block: tx.rename_block(tuple(block), final)  # noqa: E731
        variables = tuple(replace(v, rhs=tx.rename(v.rhs, final)) if v.rhs else v for v in self.variables.values())
        texts = [*self.each_step, *self.reset, *self.increments, *self.at_sample]
        used = {n for s in texts for n in tx.names(s.value)} | (tx.names(self.threshold) if self.threshold else set())
        if SEED.name in used:
            self.draws()
        return Group(
            self.name, variables, tuple(p for _, p in sorted(self.parameters.items())), tuple(self.links),
            fix(self.each_step), tx.rename(self.threshold, final) if self.threshold else "", fix(self.reset),
            self.method, self.refractory, fix(self.increments), homeostasis_rate=self.homeostasis_rate,
        )  # fmt: skip


ONSET = Variable("onset", integer=True, shared=True, role="port")
"""The step at which the sample began."""


def _port(name: str) -> Variable:
    """The variable behind a port: a row of a table, or a number of ours; the shift of a threshold is learned."""
    table = next((t for t in READS if t.name == name), None)
    if table is not None:
        return Variable(name, shared=not table.per_neuron, role="table")
    return Variable(name, role="state" if name == "theta" else "port")


@dataclass(frozen=True)
class BlockDraws:
    """Turns ``uniform(n)`` of a block into the counter-based draw of its own stream."""

    owner: str
    seed: str = "seed"
    j: str = ""

    def __call__(self, function: str, n: int) -> str:
        """See ``text.Draws``: of a neuron, or of a pair if there is a ``j``."""
        keys = f"{self.seed}, {stream_id(f'{self.owner}.{n}')}, step, i"
        if function == "gauss":
            return f"gauss({keys}, {self.j or '0'})"
        return f"draw({keys}, {self.j})" if self.j else f"draw4({keys})"


def refuse_undefined(where: str, source: str, shown: str) -> None:
    """Refuse an equation with a part that has no value, whatever its numbers are."""
    if part := arrays.undefined(source):
        tx.fail(where, shown, f"`{part}` is never a number; check its divisor or its argument")


def dimensions(found: Iterable[Line], where: str) -> dict[str, Dimension]:
    """Name → dimension of declared variables."""
    return {x.name: units.dimension(x.unit, where) for x in found}


def own_lines(part: Text, place: str) -> tuple[Line, ...]:
    """The variables of a neuron or encoder; refuses names that the language or Brian2 keeps."""
    where = f"{part.owner}.{place}"
    found = lines(getattr(part, place), where)
    for x in found:
        if x.name in TAKEN or x.name in PORTS or x.name in part.units:
            tx.fail(where, x.name, f"`{x.name}` is taken; call the variable something else")
    return found


def starts(part: Text, own: Mapping[str, Dimension]) -> dict[str, str | float]:
    """First values of a part's variables: numbers, or names of its parameters."""
    given, where = getattr(part, "start", {}), f"{part.owner}.start"
    if not isinstance(given, Mapping):
        raise UserError(
            f"{where} = {given!r} must be a dictionary such as {{'v': 0.5}}: variable → number or parameter"
        )
    out: dict[str, str | float] = {}
    for name, value in given.items():
        if name not in own:
            tx.unknown(where, str(name), str(name), own)
        if isinstance(value, str) and value not in part.units:
            tx.unknown(where, value, value, part.units)
        if not isinstance(value, str | int | float) or isinstance(value, bool):
            raise UserError(f"{where}[{name!r}] = {value!r} must be a number or the name of a parameter")
        out[name] = value if isinstance(value, str) else float(value)
    return out

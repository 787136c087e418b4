"""Lower a rule: traces on neurons, statements on synapses, reductions at the decision."""

from collections.abc import Mapping
from dataclasses import fields, replace

from neurosearch.errors import UserError
from neurosearch.graph import Projection
from neurosearch.language import text as tx
from neurosearch.language import units
from neurosearch.language.declarations import TAKEN, Line, linear, lines
from neurosearch.language.sides import POST, PRE, SIDES, sided, split, unsided
from neurosearch.language.units import ONE, Dimension
from neurosearch.lower.lowering import Lowering
from neurosearch.lower.population_builder import (
    DRIVE,
    PORTS,
    BlockDraws,
    PopulationBuilder,
    dimensions,
    refuse_undefined,
)
from neurosearch.parts.rules.base import Rule
from neurosearch.plan import SEED, Action, Group, Link, Sum, Synapses, Variable

AT_SPIKES = ("on_pre", "on_post", "pre_spike", "post_spike")
PLACES = {"pre": ("pre_spike", "pre_decision", "pre_sample"), "post": ("post_spike", "post_decision", "post_sample")}
_SYNAPTIC_PORTS = ("count", "received", "target", "labelled", DRIVE)


def lower_rule(low: Lowering, p: Projection, pre: PopulationBuilder, post: PopulationBuilder) -> None:
    """Lower the rule of projection ``p``."""
    rule = p.rule
    assert rule is not None
    if rule.teacher and not post.threshold:
        raise UserError(f"projection {p.name}: {rule.owner} learns from output spikes, and {p.post} does not spike")
    sides = {PRE: pre, POST: post}
    found = {side: lines(getattr(rule, side), f"{rule.owner}.{side}") for side in (*sides, "synapse")}
    _refuse_taken(rule.owner, found, rule.units)
    _refuse_stale_sums(rule, found)
    tables = {side: {x.name: f"{p.name}_{side}_{x.name}" for x in found[side]} for side in sides}
    own = {*(f.name for f in fields(p.weights)), *p.wiring.units}  # the projection's, such as the mean of first weights
    parameters = {k: unsided(f"{p.name}_rule_{k}" if k in own else f"{p.name}_{k}") for k in rule.units}
    post.part_numbers(rule, low.place(p.name, "rule"), parameters)
    low.synapses[p.name] = replace(low.synapses[p.name], lower_bound=parameters.get("w_min", ""))
    for side, population in sides.items():
        _neuron_side(low, p, side, population, found[side], {**tables[side], **parameters})
    env, final = _environment(p, pre, post, found, tables, parameters)
    synapse = _Synaptic(p, pre, post, env, final, {x.name: f"s_{x.name}" for x in found["synapse"]})
    synapse.lower(low, found["synapse"])
    synapse.sums(low, [x for x in found["post"] if x.over == "post"], tables["post"])


def _refuse_taken(owner: str, found: Mapping[str, tuple[Line, ...]], units: Mapping[str, str]) -> None:
    for side, declared in found.items():
        for x in declared:
            if x.name == "w" and x.rhs:
                problem = "the weight `w` has no differential equation; change it in on_pre, on_post or on_sample"
                tx.fail(f"{owner}.{side}", f"dw/dt = {x.rhs}", problem)
            if x.name in PORTS or x.name in units or x.name in ("w", "writes", "step", "i", "j"):
                tx.fail(f"{owner}.{side}", x.name, f"`{x.name}` is taken; call the variable something else")
            if x.integer:
                tx.fail(f"{owner}.{side}", x.name, "a rule's variables are real numbers; write `: 1`")
            if x.over and side != "post":
                tx.fail(f"{owner}.{side}", x.name, "a sum belongs to `post`")


def _refuse_stale_sums(rule: Rule, found: Mapping[str, tuple[Line, ...]]) -> None:
    """A sum exists from the decision on; what runs at spikes or in every step would read that of the sample before."""
    sums = {x.name for x in found[POST] if x.over}
    sums |= {sided(name, POST) for name in sums}
    texts = [(place, x, str(x)) for place in AT_SPIKES for x in tx.block(getattr(rule, place), f"{rule.owner}.{place}")]
    reads = [(place, shown, x.reads) for place, x, shown in texts]
    for place, declared in found.items():
        reads += [(place, f"d{x.name}/dt = {x.rhs}", tx.names(x.rhs)) for x in declared if x.rhs and not x.over]
    for place, shown, names in reads:
        for name in sorted(sums & names):
            problem = f"`{name}` is summed at the decision, so here it would be that of the decision before"
            tx.fail(f"{rule.owner}.{place}", shown, f"{problem}; if that is meant, keep it in post_decision")


def _neuron_side(
    low: Lowering,
    p: Projection,
    side: str,
    population: PopulationBuilder,
    found: tuple[Line, ...],
    table: Mapping[str, str],
) -> None:
    rule = p.rule
    assert rule is not None
    own = dimensions(found, f"{rule.owner}.{side}")
    spike, decision, sample = PLACES[side]
    used = _symbols(rule, (*PLACES[side],)) | {n for x in found for n in (tx.names(x.rhs) if x.rhs else ())}
    for name, unit in rule.units.items():
        if name in used:
            population.parameter(table[name], (*low.place(p.name, "rule"), name), unit)
    population.check_derivatives(rule, side, found, own)
    population.declare([x for x in found if x.over in ("", "post")], table)
    population.increments += population.block(rule, spike, table, own)
    if population.increments and getattr(rule, spike) and not population.threshold:
        raise UserError(f"projection {p.name}: {rule.owner}.{spike} needs spikes, and {population.name} does not spike")
    population.at_sample += population.block(rule, sample, table, own)
    block = population.block(rule, decision, table, own)
    before, after = _around_reductions(block, {table[x.name] for x in found if x.over})
    low.decision += [Action("decision", "neurons", population.name, before)] if before else []
    _group_sums(low, p, population, found, table, own)
    low.decision += [Action("decision", "neurons", population.name, after)] if after else []


def _around_reductions(block: tx.Block, reductions: set[str]) -> tuple[tx.Block, tx.Block]:
    """Statements before the first one that reads a reduction, and the others."""
    first = next((n for n, s in enumerate(block) if s.reads & reductions), len(block))
    return block[:first], block[first:]


def _symbols(rule: object, places: tuple[str, ...]) -> set[str]:
    return {n for place in places for s in tx.block(getattr(rule, place), place) for n in s.reads}


def _group_sums(
    low: Lowering, p: Projection, population: PopulationBuilder, found: tuple[Line, ...], table: Mapping[str, str],
    own: Mapping[str, Dimension],
) -> None:  # fmt: skip
    """A sum over a population: a helper group of one neuron holds it, and the population reads it through a link."""
    assert p.rule is not None
    for x in found:
        if x.over not in ("group", "pre"):
            continue
        source = low.builders[p.pre] if x.over == "pre" else population
        expression = (
            _of_the_senders(low, p, x.rhs, table)
            if x.over == "pre"
            else population.expression(p.rule, "post", x.rhs, table, own)
        )
        helper = f"{table[x.name]}_sum"
        low.helpers.append(Group(helper, (Variable("total", role="sum"),), ()))
        names = {n: sided(n, PRE) for n in tx.names(expression)}
        collect = Sum("total", tx.rename(expression, names), "decision")
        low.synapses[f"{helper}_all"] = Synapses(f"{helper}_all", source.name, helper, sums=(collect,))
        population.links.append(Link(table[x.name], helper, "total"))
        low.decision.append(Action("decision", "sum", f"{helper}_all"))


def _of_the_senders(low: Lowering, p: Projection, source: str, table: Mapping[str, str]) -> str:
    """An expression over the presynaptic neuron: its variables and ports, and the rule's own in `pre`."""
    rule = p.rule
    assert rule is not None
    population, declared = low.builders[p.pre], lines(rule.pre, f"{rule.owner}.pre")
    for name in tx.names(source) & rule.units.keys():
        population.parameter(table[name], (*low.place(p.name, "rule"), name), rule.units[name])
    names = {x.name: f"{p.name}_pre_{x.name}" for x in declared} | {name: table[name] for name in rule.units}
    return population.expression(rule, "post", source, names, dimensions(declared, f"{rule.owner}.pre"))


def _environment(
    p: Projection, pre: PopulationBuilder, post: PopulationBuilder, found: Mapping[str, tuple[Line, ...]],
    tables: Mapping[str, Mapping[str, str]], parameters: Mapping[str, str],
) -> tuple[dict[str, Dimension], dict[str, str]]:  # fmt: skip
    """What synaptic statements may read: user's name → dimension, and → final name."""
    assert p.rule is not None
    env: dict[str, Dimension] = {"w": ONE, "step": ONE, "i": ONE, "j": ONE}
    final = {"w": "w", "step": "step", "i": "i", "j": "j"}
    for side, population in ((PRE, pre), (POST, post)):
        own = {**population.own, **dimensions(found[side], side), **dict.fromkeys(_SYNAPTIC_PORTS, ONE)}
        for name, d in own.items():
            env[sided(name, side)] = d
            final[sided(name, side)] = sided(tables[side].get(name, name), side)
    for x in found["synapse"]:
        env[x.name], final[x.name] = units.dimension(x.unit, p.rule.owner), f"s_{x.name}"
    for name, final_name in parameters.items():
        if name in env:
            whose = f"`{split(name)[0]}` of the {'pre' if split(name)[1] == PRE else 'post'}synaptic neuron"
            tx.fail(p.rule.owner, name, f"`{name}` could be a parameter or {whose}; rename the parameter")
        env[name], final[name] = units.dimension(p.rule.units[name], p.rule.owner), sided(final_name, POST)
    return env, final


class _Synaptic:
    """Statements on the synapses of one projection: they read both sides and write synaptic variables only."""

    def __init__(
        self, p: Projection, pre: PopulationBuilder, post: PopulationBuilder, env: Mapping[str, Dimension],
        final: Mapping[str, str], own: Mapping[str, str],
    ):  # fmt: skip
        self.p, self.pre, self.post, self.env, self.final, self.own = p, pre, post, env, final, own

    def lower(self, low: Lowering, declared: tuple[Line, ...]) -> None:
        p, rule = self.p, self.p.rule
        assert rule is not None
        for x in declared:
            if x.rhs:
                where, shown = f"{rule.owner}.synapse", f"d{x.name}/dt = {x.rhs}"
                tx.refuse_draws(where, x.rhs, shown)
                refuse_undefined(where, x.rhs, shown)
                if not linear(x.rhs, x.name):
                    problem = f"an equation on synapses must be linear in its own variable, `{x.name}`"
                    tx.fail(where, shown, f"{problem}; use statements, or a variable in `pre` or `post`")
                d = self.env[x.name]
                units.expect((d[0], d[1], d[2] - 1, d[3]), units.of(x.rhs, self.env, where, shown), where, shown)
        variables = tuple(
            Variable(self.own[x.name], x.unit, tx.rename(x.rhs, self.final) if x.rhs else "") for x in declared
        )
        s = low.synapses[p.name]
        on_pre, on_post, on_sample = (self.block(place) for place in ("on_pre", "on_post", "on_sample"))
        low.synapses[p.name] = replace(s, variables=(*s.variables, *variables), on_pre=on_pre, on_post=on_post)
        if on_sample:
            low.end.append(Action("end", "synapses", p.name, on_sample))

    def sums(self, low: Lowering, reductions: list[Line], table: Mapping[str, str]) -> None:
        """Sums over the synapses of each postsynaptic neuron, before the first statement that reads one."""
        p, rule = self.p, self.p.rule
        assert rule is not None
        made = tuple(Sum(table[x.name], self.expression(x.rhs, f"{rule.owner}.post"), "decision") for x in reductions)
        if not made:
            return
        low.synapses[p.name] = replace(low.synapses[p.name], sums=(*low.synapses[p.name].sums, *made))
        targets = {x.target for x in made}
        mine = [n for n, a in enumerate(low.decision) if a.owner == p.post and any(s.reads & targets for s in a.block)]
        low.decision.insert(mine[0] if mine else len(low.decision), Action("decision", "sum", p.name))

    def expression(self, source: str, where: str) -> str:
        tx.refuse_draws(where, source)
        units.of(source, self.env, where, source)
        for symbol in tx.names(source):
            self._use(symbol, where, source, receiving=set())
        return tx.rename(source, self.final)

    def block(self, place: str) -> tx.Block:
        p, rule = self.p, self.p.rule
        assert rule is not None
        where = f"{rule.owner}.{place}"
        statements = tx.block(getattr(rule, place), where)
        receiving = self._receiving() if place == "on_pre" else set()
        written = {s.target for s in statements}
        for n, s in enumerate(statements):
            if s.target not in ("w", *self.own):
                if s.target in self.env:
                    problem = (
                        f"`{s.target}` is not a synaptic variable; synapses write only {', '.join(('w', *self.own))}"
                    )
                    tx.fail(
                        where, str(s), problem + "; write it in pre_spike or post_spike (weights arrive by `receive`)"
                    )
                if s.target in TAKEN:
                    tx.fail(where, str(s), f"`{s.target}` is taken; call it something else")
                if not any(s.target in later.reads for later in statements[n + 1 :]):
                    tx.fail(where, str(s), f"`{s.target}` is neither a synaptic variable nor read later in this block")
            for symbol in sorted(s.reads):
                if symbol not in written or symbol in self.env:
                    self._use(symbol, where, str(s), receiving)
        units.check_block(statements, self.env)

        seed = sided(SEED.name, POST)
        out = tx.rename_block(statements, self.final, BlockDraws(f"{p.name}.{where}", seed, "j"))
        if any(seed in tx.names(s.value) for s in out):
            self.post.draws()
        return out

    def _receiving(self) -> set[str]:
        """Variables that deliveries of this very slot add to, on either side."""
        out = {sided("received", side) for side in SIDES}
        for side, population in ((PRE, self.pre), (POST, self.post)):
            out |= {sided(name, side) for name in population.receiving}
        return out

    def _use(self, symbol: str, where: str, shown: str, receiving: set[str]) -> None:
        if symbol in receiving:
            problem = f"`{symbol}` is being added to in this very slot, so its value depends on the order of synapses"
            tx.fail(where, shown, problem + "; read a trace of it instead")
        if symbol not in self.env:
            if symbol in PORTS:
                names = [sided(symbol, side) for side in SIDES]
                tx.fail(where, shown, f"on synapses `{symbol}` needs its side: {' or '.join(names)}")
            tx.unknown(where, shown, symbol, self.env)
        name, side = split(symbol)
        if side and name in _SYNAPTIC_PORTS:
            (self.pre if side == PRE else self.post).port(name, where, shown)

"""What a request takes: Explain counts it, whatever is cached, and a budget of just that much lets it pass."""

import relations_testing as rt
from answers import caught
from includes import nodes


def least(question):
    """Statements of a request without what is repeated: one for it, one more where owners are to be found, one for each relation. A
    Query asks a strict relation first how many records it has."""
    if hasattr(question, "target"):
        target = question.target
        model, relation, by_owner = target.model, target.relation, target.by == "owner_key" and None not in target.key
        judges = relation is not None and relation.strict and relation.single
    else:
        model, relation, by_owner, judges = question.model, question.relation, question.by == "owner_keys", False
    find_owners = relation is not None and by_owner and (relation.mine != model.key or relation.gate is not None)
    return 1 + find_owners + judges + len(nodes(question.includes))


def explained(question, running):
    method, request = question.request()
    return running.server.explain(**{method.lower(): request})[1]


def with_budget(question, running, **budget):
    answer = caught(lambda: question.ask(running, budget=rt.relation_pb.Budget(**budget)))
    return answer[:2] if answer[:2] == ("call", "RESOURCE_EXHAUSTED") else answer


def unary_ways(running, method, request, most):
    """Of a Count, an Exists or an Aggregate, which has no tree: what it takes, and that it may not take less."""
    def ask(**budget):
        limited = type(request)(budget=rt.relation_pb.Budget(**budget))
        limited.MergeFrom(request)
        return running.server.call("RelationService", method, limited, getattr(rt.relation_pb, method + "Response"))
    yield method + " explained", most, lambda: running.server.explain(**{method.lower(): request})[1].counted_statements
    yield method + " with no more statements than it takes", ask(), lambda: ask(max_statements=most)
    if most > 1:
        yield method + " with a statement less", ("call", "RESOURCE_EXHAUSTED"), lambda: caught(lambda: ask(max_statements=most - 1))[:2]


def counting_ways(question, running, expected):
    """Of a query's records only how many there are, and whether there are any."""
    if expected[0] == "call":
        return
    target, most = question.target.message(tree=False), least(question.with_(includes=()))
    yield from unary_ways(running, "Count", rt.relation_pb.CountRequest(target=target), most)
    yield from unary_ways(running, "Exists", rt.relation_pb.ExistsRequest(target=target), most)


def ways(question, running, expected):
    if expected[:1] == ("call",):
        return
    running.server.clear()
    cold = explained(question, running)
    repeats = any(include.rounds is not None for include in nodes(question.includes))
    most, refused = cold.counted_statements, ("call", "RESOURCE_EXHAUSTED")
    yield "explained, cold", least(question), lambda: min(most, least(question)) if repeats else most
    yield "explained, warm", most, lambda: explained(question, running).counted_statements
    for state in ("warm", "cold"):
        yield "no more statements than it takes, " + state, expected, lambda: with_budget(question, running, max_statements=most)
        if most > 1:
            yield "a statement less, " + state, refused, lambda: with_budget(question, running, max_statements=most - 1)
        running.server.clear()
    records = sum(step.records for step in cold.steps)
    if records > 1:
        yield "no more records than it takes", expected, lambda: with_budget(question, running, max_records=records)
        yield "a record less", refused, lambda: with_budget(question, running, max_records=records - 1)

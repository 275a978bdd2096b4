"""Includes that a limit has cut off go on with a Query, or by themselves in a Get of the owner: what comes then is the rest of the
whole, in pages of any size."""

import relations_testing as rt
from answers import infos_of, of_stream, plain, related
from includes import nodes, order_terms

MOST = 3  # of a question


def cut_off(message, model, includes):
    """(model, record, include, token) of the relations of a record that are cut off, and of those below."""
    for include in includes:
        name = include.relation.name
        relation = model.effective()[name]
        for info in infos_of(message, model):
            if info.relation == name and info.next_page_token:
                yield model, message, include, info.next_page_token
        below = include.children + ([include] if include.rounds is not None else [])
        for child in related(message, name, relation):
            yield from cut_off(child, relation.target, below)


def roots(question, running):
    """The records of an answer that came with includes."""
    method, request = question.request()
    if method == "Query":
        sets = [of_stream(list(running.server.stream(request)))[0]]
    else:
        sets = [result.records for result in question.answer(running).results]
    model = question.target.records if method == "Query" else question.records
    return [(model, m) for records in sets for m in running.classes.messages(model, records)]


def rest(oracle, model, key, include):
    """What is behind the limit."""
    owner = oracle.get(model, key)[0]
    relation = model.effective()[include.relation.name]
    return [r.showing(include.fields and include.fields + r.model.key).plain() for r in oracle.narrowed(include.with_(limit=0), relation, oracle.join_key(owner, relation)).records[include.limit:]]


def ask(running, model, sent, include, token, page_size):
    asked = include.message("")
    target = rt.relation_pb.QueryTarget(model=model.full, relation=include.relation.name, owner_key=rt.make_keys([sent]),
                                        filter_text=asked.filter_text, methods=asked.methods)
    if asked.HasField("filter"):
        target.filter.CopyFrom(asked.filter)
    records = []
    while token:
        request = rt.relation_pb.QueryRequest(target=target, order_by=order_terms(include.order), page_size=page_size, page_token=token,
                                               fields=asked.fields)
        page, last = of_stream(list(running.server.stream(request)))
        assert len(page) <= (page_size or len(page))
        records, token = records + page, last.next_page_token
    return running.classes.records(model.effective()[include.relation.name].target, records)


def ask_tree(running, model, sent, include, token, page_size):
    """The same of the include in a Get of the owner."""
    name = include.relation.name
    relation = model.effective()[name]
    records = []
    while token:
        asked = include.message(name)
        asked.path, asked.depth, asked.limit = name, 0, page_size
        asked.page_tokens.append(token)
        request = rt.relation_pb.GetRequest(model=model.full, keys=rt.make_keys([sent]), includes=[asked])
        [result] = running.server.call("RelationService", "Get", request, rt.relation_pb.GetResponse).results
        assert not result.error.code, result.error.message
        [owner] = running.classes.messages(model, result.records)
        page = related(owner, name, relation)
        assert len(page) <= (page_size or len(page))
        [token] = [info.next_page_token for info in infos_of(owner, model) if info.relation == name]
        records += [plain(message, relation.target) for message in page]
    return records


def ways(question, running):
    if not any(include.limit for include in nodes(question.includes)):
        return
    try:
        found = [cut for model, message in roots(question, running) for cut in cut_off(message, model, question.includes)]
    except rt.grpc.RpcError:  # a query that fails, as it must
        return
    for model, message, include, token in running.pick.sample(found, min(len(found), MOST)):
        sent = tuple(getattr(message, f.name) for f in model.key)
        key = tuple(f.kind.read(value) for f, value in zip(model.key, sent))
        page_size = running.pick.choice([0, 1, 2, 5])
        yield ("%r of %r goes on in pages of %d" % (include, key, page_size), rest(running.oracle(), model, key, include),
               lambda: ask(running, model, sent, include, token, page_size))
        yield ("%r of %r goes on by itself, %d at a time" % (include, key, page_size), rest(running.oracle(), model, key, include),
               lambda: ask_tree(running, model, sent, include, token, page_size))

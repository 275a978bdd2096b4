"""The same questions through typed services, whose answers have the bytes of the generic ones."""

import relations_testing as rt
from answers import answer_of, caught
from includes import messages, order_text
from oracle import FAILS

ALONE = 3  # keys of a question that are asked for one by one


def pascal(name):
    return "".join(part[:1].upper() + part[1:] for part in name.split("_"))


class Method:
    """One of the service of a model."""

    def __init__(self, running, model, name):
        self.path = "/%sService/%s" % (model.full, name)
        self.channel, self.classes, self.type = running.server.channel, running.classes, "%sService%sRequest" % (model.full, name)

    def request(self, includes=(), **fields):
        """With includes, where it takes them."""
        if includes:
            fields["includes"] = [self.classes.like(include) for include in messages(includes)]
        return self.classes.of(self.type)(**fields)

    def call(self, request):
        return self.channel.unary_unary(self.path)(request.SerializeToString(), timeout=30)

    def stream(self, request):
        return [rt.relation_pb.RecordSet.FromString(part)
                for part in self.channel.unary_stream(self.path)(request.SerializeToString(), timeout=60)]


def set_key(message, fields, key):
    for field, value in zip(fields, key):
        setattr(message, field.name, field.kind.sent(value))


def set_call(message, call):
    """The field of a query method."""
    if not call.kinds:
        setattr(message, call.method.name, True)
        return
    arguments = getattr(message, call.method.name)
    for i, (kind, value) in enumerate(zip(call.kinds, call.values)):
        value = kind.value(value)
        if value.HasField("timestamp_value"):
            getattr(arguments, "p%d" % i).MergeFromString(value.timestamp_value.SerializeToString())
        else:
            setattr(arguments, "p%d" % i, rt.read_value(value))


# --- Get and Load ---


def name_of(question):
    return "Get" if question.relation is None else pascal(question.relation.name)


def batch(question, running):
    method = Method(running, question.model, "Batch" + name_of(question))
    request = method.request(includes=question.includes)
    keys = getattr(request, request.DESCRIPTOR.fields[0].name)
    for key in question.keys:
        if len(key) > 1:
            set_key(keys.add(), question.model.key, key)
        else:
            keys.append(question.model.key[0].kind.sent(key[0]))
    results = rt.relation_pb.LoadResponse.FromString(method.call(request)).results
    return [answer_of(running.classes, question.records, result) for result in results]


def alone(question, running):
    method = Method(running, question.model, name_of(question))
    request = method.request(includes=question.includes)
    set_key(request, question.model.key, question.keys[0])
    answer = caught(lambda: answer_of(running.classes, question.records, rt.relation_pb.RecordSet.FromString(method.call(request))))
    return answer[:2] if answer[0] == "call" else answer


def of_one(question, answer):
    """What a call for a single key answers with."""
    if answer[0] == "error":
        return "call", FAILS
    return ("call", "NOT_FOUND") if question.relation is None and answer[1] == rt.EMPTY else answer


def keyed_ways(question, running, expected):
    """Typed requests name owners by their primary keys, which have no NULL in them."""
    places = [i for i, key in enumerate(question.keys) if None not in key]
    if question.by != "owner_keys" or not places:
        return
    yield "typed, a batch", [expected[i] for i in places], lambda: batch(question.only(places), running)
    for i in places[:ALONE]:
        yield "typed, key %d alone" % i, of_one(question, expected[i]), lambda: alone(question.only([i]), running)


# --- Query, Count and Exists ---


def has_method(target):
    return target.relation is None or (target.by == "owner_key" and None not in target.key and not target.relation.single)


def request_of(question, running, method, tree, **more):
    target = question.target
    request = method.request(**more)
    if target.relation is not None:
        set_key(request, target.model.key, target.key)
    if target.filter is not None and tree:
        request.filter_tree.CopyFrom(running.classes.like(target.filter.tree))
    elif target.filter is not None:
        request.filter = target.filter.text
    for call in target.calls:
        set_call(request, call)
    return request


def query(question, running, tree, page_size):
    """The same as Query.ask, page by page when there is a page_size."""
    target, stem = question.target, pascal(question.target.relation.name) if question.target.relation else ""
    methods = {word: Method(running, target.model, stem + word) for word in ("Query", "Count", "Exists")}
    records, token, state = [], "", None
    while True:
        parts = methods["Query"].stream(request_of(
            question, running, methods["Query"], tree, order_by=order_text(question.order), page_size=page_size, page_token=token,
            fields=[f.name for f in question.fields or ()], includes=question.includes))
        records += [r for part in parts for r in part.records]
        state, token = state or parts[0].state, parts[-1].next_page_token
        if not token:
            break
    found = running.classes.records(target.records, records)
    counted = rt.relation_pb.CountResponse.FromString(methods["Count"].call(request_of(question, running, methods["Count"], tree)))
    exists = rt.relation_pb.ExistsResponse.FromString(methods["Exists"].call(request_of(question, running, methods["Exists"], tree)))
    return "records", state, found, counted.count, exists.exists


def query_ways(question, running, expected):
    if not has_method(question.target):
        return
    for tree, page_size in ((False, 0), (True, question.page_size)):
        yield ("typed, pages of %d" % page_size, expected, lambda: caught(lambda: query(question, running, tree, page_size)))

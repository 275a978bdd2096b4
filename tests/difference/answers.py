"""Answers as lists and dicts, which compare and print."""

import grpc

import relations_testing as rt
from oracle import FAILS, NAMES, TooLarge


def plain(message, model):
    """A record as Record.plain has it."""
    infos = {r.relation: (r.state, r.count, r.next_page_token != "") for r in infos_of(message, model)}
    there = {descriptor.name for descriptor, _ in message.ListFields()}
    return {"values": {f.name: f.kind.told(getattr(message, f.name)) for f in model.fields if f.name in there}, "infos": infos,
            "counts": {name: getattr(message, name + "_count") for name in model.counts if name + "_count" in there},
            "related": {name: [plain(m, relation.target) for m in related(message, name, relation)]
                        for name, relation in model.nested().items() if related(message, name, relation)}}


def related(message, name, relation):
    """The messages in the field of a relation."""
    if relation.single:
        return [getattr(message, name)] if message.HasField(name) else []
    return list(getattr(message, name))


def infos_of(message, model):
    infos = list(message.info.relations) if model.load_info else []
    assert len({info.relation for info in infos}) == len(infos), "a relation stands twice in the LoadInfo"
    return infos


class Classes:
    """Messages of the schema and of its typed services, made of descriptors."""

    def __init__(self, pool, factory):
        self.pool, self.factory, self.made = pool, factory, {}

    def of(self, name):
        if name not in self.made:
            self.made[name] = self.factory.GetPrototype(self.pool.FindMessageTypeByName(name))
        return self.made[name]

    def like(self, message):
        """The same message of these descriptors."""
        return self.of(message.DESCRIPTOR.full_name).FromString(message.SerializeToString())

    def messages(self, model, records):
        return [self.of(model.full).FromString(b) for b in records]

    def records(self, model, records):
        return [plain(m, model) for m in self.messages(model, records)]


def status(code, details):
    """Of a call that failed. What strict relations and tags of nobody do is compared as one."""
    return ("call", FAILS) if code in NAMES.values() else ("call", code, details)


def answer_of(classes, model, result):
    """Of one key."""
    if result.error.code:
        return "error", FAILS if result.error.code in NAMES else result.error.code
    return "records", result.state, classes.records(model, result.records)


def caught(ask):
    """The answer, or the status of the call."""
    try:
        return ask()
    except grpc.RpcError as error:
        if "nested too deeply for the database" in error.details():
            raise TooLarge() from error
        return status(error.code().name, error.details())


def of_stream(parts):
    """The records of a Query's answer, and the last part."""
    records, goes_on = [], False
    for part in parts:
        for record in part.records.records:
            if goes_on:
                records[-1] += record
            else:
                records.append(record)
            goes_on = False
        goes_on = part.continues
    return records, parts[-1].records

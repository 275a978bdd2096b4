"""Random query methods: filters with parameters, and calls of them.

A method's filter is made up from its seed, each time anew: for the schema with names in place of values, for a call with what is given.
"""

import random

import relations_testing as rt
from filters import Maker, Parameters


def in_quotes(text):
    """As a string of a .proto file."""
    return '"%s"' % text.replace("\\", "\\\\").replace('"', '\\"')


class Method:
    def __init__(self, name, model, seed):
        self.name, self.model, self.seed = name, model, seed

    def made(self, given=()):
        """The filter, and the kinds of its parameters."""
        parameters = Parameters(given)
        return Maker(random.Random(self.seed), parameters).filter(self.model, 1, 1), parameters.kinds

    def proto(self):
        made, kinds = self.made()
        params = " ".join('params: { name: "p%d" type: %s }' % (i, kind.parameter) for i, kind in enumerate(kinds))
        return '    query_methods: { name: "%s" %s filter: %s }' % (self.name, params, in_quotes(made.text))


class Call:
    def __init__(self, method, pick):
        self.method = method
        self.kinds = method.made()[1]
        self.values = [pick.choice(kind.asked) for kind in self.kinds]
        self.filter = method.made(self.values)[0]

    def __repr__(self):
        return "%s(%s)" % (self.method.name, ", ".join(kind.text(v) for kind, v in zip(self.kinds, self.values)))

    def message(self):
        return rt.relation_pb.QueryTarget(methods=[
            dict(name=self.method.name, arguments=[kind.value(v) for kind, v in zip(self.kinds, self.values)])]).methods[0]


def random_calls(pick, model):
    methods = list(model.effective_methods().values())
    return [Call(method, pick) for method in pick.sample(methods, min(len(methods), pick.choice([0, 0, 0, 1, 1, 2])))]

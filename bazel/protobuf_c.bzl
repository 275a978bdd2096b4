"""protobuf-c code from .proto files, with the protoc of Debian's protobuf-compiler."""

def protobuf_c_sources(name, protos, system = False):
    """Generates X.pb-c.c and X.pb-c.h for each X.proto, beside it.

    Args:
      name: a filegroup of the generated files.
      protos: paths relative to this package, which is the import root.
      system: the files are those of /usr/include (the well-known types), not of this package.
    """
    outs = []
    for proto in protos:
        stem = proto[:-len(".proto")]
        outs += [stem + ".pb-c.c", stem + ".pb-c.h"]
    if system:
        srcs = []
        path = "--proto_path=/usr/include"
    else:
        srcs = [":protos"]
        path = "--proto_path=$$(dirname $(location relations/v1/types.proto))/../.. --proto_path=/usr/include"
    native.genrule(
        name = name,
        srcs = srcs,
        outs = outs,
        cmd = "protoc %s --c_out=$(RULEDIR) %s" % (path, " ".join(protos)),
        tools = [] if system else ["relations/v1/types.proto"],
    )

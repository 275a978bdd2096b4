"""protobuf-c code from .proto files, with the protoc of Debian's protobuf-compiler."""

def protobuf_c_sources(name, protos, system = None):
    """Generates X.pb-c.c and X.pb-c.h for each X.proto, beside it.

    Args:
      name: a filegroup of the generated files.
      protos: paths relative to this package, which is the import root.
      system: the folder of a Debian package that the files are in, instead of this package: "/usr/include" has the
        well-known types, "/usr/share/grpc-proto" those of gRPC itself.
    """
    outs = []
    for proto in protos:
        stem = proto[:-len(".proto")]
        outs += [stem + ".pb-c.c", stem + ".pb-c.h"]
    if system:
        srcs = []
        path = "--proto_path=" + system
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

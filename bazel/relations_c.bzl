"""relations_c_library and relations_services_proto: typed C accessors, and typed services, from annotated .proto files,
for this workspace and for users' own."""

load("@bazel_tools//tools/cpp:toolchain_utils.bzl", "find_cpp_toolchain")

RelationsProtoInfo = provider(
    doc = "The .proto files of a relations_c_library and of all that it depends on.",
    fields = {"sources": "depset of structs: `path`, as other files import it, and `file`"},
)

def _prefix(ctx):
    """The directory that import paths are relative to, within the workspace."""
    strip = ctx.attr.strip_import_prefix
    if strip.startswith("/"):
        return strip[1:]
    return "/".join([part for part in [ctx.label.package, strip if strip != "." else ""] if part])

def _import_path(ctx, file):
    prefix = _prefix(ctx)
    path = file.short_path
    if path.startswith("../"):
        path = path.split("/", 2)[2]
    if not prefix:
        return path
    if not path.startswith(prefix + "/"):
        fail("%s does not lie under strip_import_prefix %s" % (path, prefix))
    return path[len(prefix) + 1:]

def _generate(ctx, own, all_sources):
    """Runs protoc once; returns the generated files by their endings."""
    directory = ctx.label.name + ".relations"
    outputs = {}
    for ending in [".pb-c.c", ".pb-c.h", ".relations.c", ".relations.h"]:
        outputs[ending] = [
            ctx.actions.declare_file("%s/%s%s" % (directory, source.path[:-len(".proto")], ending))
            for source in own
        ]
    files = [file for of_ending in outputs.values() for file in of_ending]
    root = files[0].path[:files[0].path.rindex("/" + directory + "/")] + "/" + directory

    # Relations by name may lead into files that are not imported, so protoc is given every file of the dependencies too;
    # what it makes of those is thrown away. A file without models has no accessors: its two files stay empty.
    mappings = ["-I%s=%s" % (source.path, source.file.path) for source in all_sources]
    ctx.actions.run_shell(
        inputs = [source.file for source in all_sources] + ctx.files._protos,
        outputs = files,
        tools = [ctx.executable._plugin],
        command = """
set -eu
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
protoc %s "-I%s" -I/usr/include "--plugin=protoc-gen-relations=%s" "--relations_out=$scratch" %s
for stem in %s; do
  for ending in pb-c.c pb-c.h relations.c relations.h; do
    cat "$scratch/$stem.$ending" > "%s/$stem.$ending" 2>/dev/null || true
  done
done
""" % (
            " ".join(mappings),
            _directory_of_protos(ctx),
            ctx.executable._plugin.path,
            " ".join([source.path for source in all_sources]),
            " ".join([source.path[:-len(".proto")] for source in own]),
            root,
        ),
        mnemonic = "RelationsC",
        progress_message = "Generating typed accessors of %s" % ctx.label,
        use_default_shell_env = True,
    )
    return outputs, root

def _directory_of_protos(ctx):
    for file in ctx.files._protos:
        if file.path.endswith("/relations/v1/options.proto"):
            return file.path[:-len("/relations/v1/options.proto")]
    fail("options.proto is not among the project's protos")

def _compile(ctx, outputs, root):
    toolchain = find_cpp_toolchain(ctx)
    features = cc_common.configure_features(
        ctx = ctx,
        cc_toolchain = toolchain,
        requested_features = ctx.features,
        unsupported_features = ctx.disabled_features,
    )
    infos = [dep[CcInfo] for dep in ctx.attr.deps] + [ctx.attr._runtime[CcInfo]]
    contexts, objects = [], []
    for suffix, endings, flags in [
        ("models", (".pb-c.c", ".pb-c.h"), ["-std=c11", "-w"]),
        ("accessors", (".relations.c", ".relations.h"), ["-std=c11"]),
    ]:
        context, compiled = cc_common.compile(
            name = ctx.label.name + "_" + suffix,
            actions = ctx.actions,
            feature_configuration = features,
            cc_toolchain = toolchain,
            srcs = outputs[endings[0]],
            public_hdrs = outputs[endings[1]],
            system_includes = [root],
            user_compile_flags = flags,
            compilation_contexts = [info.compilation_context for info in infos] + contexts,
        )
        contexts.append(context)
        objects.append(compiled)
    linking, _ = cc_common.create_linking_context_from_compilation_outputs(
        name = ctx.label.name,
        actions = ctx.actions,
        feature_configuration = features,
        cc_toolchain = toolchain,
        compilation_outputs = cc_common.merge_compilation_outputs(compilation_outputs = objects),
        linking_contexts = [info.linking_context for info in infos],
    )
    # The accessors' context holds the models'.
    own = CcInfo(compilation_context = contexts[-1], linking_context = linking)
    return cc_common.merge_cc_infos(cc_infos = [own] + infos)

def _impl(ctx):
    own = [struct(path = _import_path(ctx, file), file = file) for file in ctx.files.srcs]
    sources = depset(own, transitive = [dep[RelationsProtoInfo].sources for dep in ctx.attr.deps])
    outputs, root = _generate(ctx, own, sources.to_list())
    return [
        DefaultInfo(files = depset([file for files in outputs.values() for file in files])),
        RelationsProtoInfo(sources = sources),
        _compile(ctx, outputs, root),
    ]

relations_c_library = rule(
    doc = """A C library of typed accessors, and of the protobuf-c models under them.

For each srcs library.proto, what depends on it includes "library.relations.h" (and through it "library.pb-c.h"), as the
file is imported: relative to the workspace, unless strip_import_prefix says otherwise. Usable wherever a cc_library is.
""",
    implementation = _impl,
    attrs = {
        "srcs": attr.label_list(doc = "The .proto files.", allow_files = [".proto"], mandatory = True),
        "deps": attr.label_list(
            doc = "The relations_c_library of every file that these import. Not needed for google/protobuf/*.proto " +
                  "and relations/v1/*.proto, which come with the runtime.",
            providers = [RelationsProtoInfo, CcInfo],
        ),
        "strip_import_prefix": attr.string(
            doc = "What imports leave out, as in proto_library: relative to the package, or to the workspace with a " +
                  "leading slash.",
            default = "/",
        ),
        "_plugin": attr.label(
            default = "@relations//client:protoc-gen-relations",
            executable = True,
            cfg = "host",
        ),
        "_protos": attr.label(default = "@relations//proto:protos"),
        "_runtime": attr.label(default = "@relations//client:runtime", providers = [CcInfo]),
        "_cc_toolchain": attr.label(default = "@bazel_tools//tools/cpp:current_cc_toolchain"),
    },
    provides = [CcInfo],
    toolchains = ["@bazel_tools//tools/cpp:toolchain_type"],
    fragments = ["cpp"],
    incompatible_use_toolchain_transition = True,
)

def _services_impl(ctx):
    own = [struct(path = _import_path(ctx, file), file = file) for file in ctx.files.srcs]
    sources = depset(own, transitive = [dep[RelationsProtoInfo].sources for dep in ctx.attr.deps])
    directory = ctx.label.name + ".relations"
    emitted = [
        struct(
            path = source.path[:-len(".proto")] + "_services.proto",
            file = ctx.actions.declare_file("%s/%s_services.proto" % (directory, source.path[:-len(".proto")])),
        )
        for source in own
    ]
    root = emitted[0].file.path[:-len(emitted[0].path) - 1]
    all_sources = sources.to_list()

    # Relations by name may lead into files that are not imported, so protoc is given every file of the dependencies too;
    # what is emitted of those is thrown away.
    ctx.actions.run_shell(
        inputs = [source.file for source in all_sources] + ctx.files._protos,
        outputs = [one.file for one in emitted],
        tools = [ctx.executable._plugin],
        command = """
set -eu
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
protoc %s "-I%s" -I/usr/include "--plugin=protoc-gen-relations=%s" "--relations_out=services=proto:$scratch" %s
for file in %s; do
  [ -e "$scratch/$file" ] || { echo "$file: no model has a typed service" >&2; exit 1; }
  cp "$scratch/$file" "%s/$file"
done
""" % (
            " ".join(["-I%s=%s" % (source.path, source.file.path) for source in all_sources]),
            _directory_of_protos(ctx),
            ctx.executable._plugin.path,
            " ".join([source.path for source in all_sources]),
            " ".join([one.path for one in emitted]),
            root,
        ),
        mnemonic = "RelationsServices",
        progress_message = "Emitting typed services of %s" % ctx.label,
        use_default_shell_env = True,
    )
    return [
        DefaultInfo(files = depset([one.file for one in emitted])),
        RelationsProtoInfo(sources = depset(emitted, transitive = [sources])),
    ]

relations_services_proto = rule(
    doc = """The typed services of annotated .proto files, as .proto files: library_services.proto for library.proto.

They import library.proto, google/rpc/status.proto and relations/v1/types.proto; any protoc plugin compiles them. They lie
in a folder that is named after the rule, "NAME.relations", as they are imported.
""",
    implementation = _services_impl,
    attrs = {
        "srcs": attr.label_list(
            doc = "The .proto files, each with a model that is not abstract.",
            allow_files = [".proto"],
            mandatory = True,
        ),
        "deps": attr.label_list(
            doc = "The relations_c_library or relations_services_proto of every file that these import or name models of.",
            providers = [RelationsProtoInfo],
        ),
        "strip_import_prefix": attr.string(doc = "As in relations_c_library.", default = "/"),
        "_plugin": attr.label(
            default = "@relations//client:protoc-gen-relations",
            executable = True,
            cfg = "host",
        ),
        "_protos": attr.label(default = "@relations//proto:protos"),
    },
)

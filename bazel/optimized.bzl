"""A test once more, as it is shipped: built with -c opt, whose warnings and whose code are others."""

def _optimize(settings, attr):
    return {"//command_line_option:compilation_mode": "opt"}

_optimized = transition(
    implementation = _optimize,
    inputs = [],
    outputs = ["//command_line_option:compilation_mode"],
)

def _optimized_test_impl(ctx):
    test = ctx.attr.test[0]
    program = ctx.actions.declare_file(ctx.label.name)
    ctx.actions.symlink(output = program, target_file = ctx.executable.test, is_executable = True)
    return [DefaultInfo(executable = program, runfiles = test[DefaultInfo].default_runfiles)]

optimized_test = rule(
    implementation = _optimized_test_impl,
    doc = "Runs a test without arguments, with everything in its runfiles built with -c opt.",
    test = True,
    attrs = {
        "test": attr.label(mandatory = True, cfg = _optimized, executable = True),
        "_allowlist_function_transition": attr.label(
            default = "@bazel_tools//tools/allowlists/function_transition_allowlist",
        ),
    },
)

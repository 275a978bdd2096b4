"""Fuzz targets: short runs as tests, long ones with libFuzzer under --config=fuzz."""

load("//bazel:rules.bzl", "C_COPTS")

def fuzz_test(name, seeds, deps, srcs = []):
    """A target from name + ".c", run over its seed files and mutations of them.

    `bazel test` runs it with driver.c. With `bazel run --config=fuzz` it is a libFuzzer program (package libclang-rt-14-dev).

    Args:
      name: of the test; the source is name + ".c".
      seeds: files to start from.
      deps: what is fuzzed.
      srcs: further sources.
    """
    native.cc_test(
        name = name,
        size = "small",
        srcs = [name + ".c"] + srcs + select({
            ":fuzzing": [],
            "//conditions:default": ["driver.c"],
        }),
        args = select({
            ":fuzzing": [],  # libFuzzer wants a folder: its user's
            "//conditions:default": ["$(location %s)" % seed for seed in seeds],
        }),
        copts = C_COPTS,
        data = seeds,
        deps = deps,
    )

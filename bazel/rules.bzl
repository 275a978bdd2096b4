"""How this project compiles C, tests it, and turns .proto files into C."""

C_COPTS = [
    "-std=c11",
    "-D_GNU_SOURCE",
    "-Wall",
    "-Wextra",
    "-Wpedantic",
    "-Wimplicit-fallthrough",
    "-Wshadow",
    "-Wstrict-prototypes",
    "-Wmissing-prototypes",
    "-Wvla",
    "-Werror",
]

# protobuf-c's own output is not ours to lint.
PROTOBUF_C_COPTS = ["-std=c11", "-w"]

# Tests are C++17 (googletest) over the same headers.
TEST_COPTS = ["-std=c++17", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror", "-Wno-missing-field-initializers"]

def rel_library(name, **kwargs):
    """A cc_library in this project's C dialect, warnings as errors."""
    native.cc_library(name = name, copts = C_COPTS + kwargs.pop("copts", []), **kwargs)

def rel_binary(name, **kwargs):
    """A cc_binary in this project's C dialect, with the allocator of //bazel:malloc."""
    kwargs.setdefault("malloc", "@relations//bazel:malloc")
    native.cc_binary(name = name, copts = C_COPTS + kwargs.pop("copts", []), **kwargs)

def rel_shared_object(name, **kwargs):
    """NAME.so, as a process loads it; the allocator is that process's."""
    native.cc_binary(
        name = name + ".so",
        linkshared = True,
        copts = C_COPTS + kwargs.pop("copts", []),
        linkopts = ["-Wl,--as-needed"] + kwargs.pop("linkopts", []),
        **kwargs
    )

def rel_test(name, srcs = None, deps = [], **kwargs):
    """A googletest program; srcs defaults to [name + ".cc"]."""
    native.cc_test(
        name = name,
        size = kwargs.pop("size", "small"),
        srcs = srcs or [name + ".cc"],
        copts = TEST_COPTS,
        deps = deps + ["@relations//bazel:gtest_main"],
        **kwargs
    )

def rel_python_test(name, src = None, data = [], deps = [], **kwargs):
    """A Python program that tests a running server; src defaults to name + ".py".

    It runs with Debian's python3, in the runfiles, with tests/support on the path.

    Args:
      name: of the test.
      src: the program.
      data: what it reads.
      deps: other Python files that it imports, from its own folder.
      **kwargs: of the sh_test.
    """
    src = src or name + ".py"
    native.sh_test(
        name = name,
        size = kwargs.pop("size", "medium"),
        srcs = ["//tests/support:run_python.sh"],
        args = ["$(location %s)" % src] + kwargs.pop("args", []),
        data = [src, "//tests/support:relations_testing"] + deps + data,
        **kwargs
    )

"""A chapter of docs/guide as a test."""

load("//bazel:rules.bzl", "rel_binary", "rel_python_test")

def guide_chapter(name, languages = ["c", "python", "sql"]):
    """docs/guide/NAME.md, run: NAME_test. Its questions in C are compiled into one program, NAME_asking, here and not by the test.

    Args:
      name: of the chapter.
      languages: each question is asked in all of them, in this order.
    """
    frame, chapter = "//:docs/guide/bookshop.md", "//:docs/guide/%s.md" % name
    texts = [frame] + ([chapter] if chapter != frame else [])
    sources = ["%s_ask/%s" % (name, file) for file in ["ask.c", "question.h"]]
    native.genrule(
        name = name + "_sources",
        srcs = texts,
        outs = sources,
        tools = ["program.py", "guide.py"],
        cmd = "/usr/bin/python3 -B $(location program.py) $(location %s) $(location %s) $(RULEDIR)/%s_ask" % (frame, chapter, name),
    )
    rel_binary(
        name = name + "_asking",
        srcs = sources,
        deps = ["//examples/bookshop:bookshop_c"],
    )
    rel_python_test(
        name = name + "_test",
        size = "medium",
        src = "chapter_test.py",
        args = [name] + languages,
        data = texts + [
            name + "_asking",
            "//client:protoc-gen-relations",
            "//client/cli:relations",
            "//examples/bookshop:bookshop.proto",
            "//examples/bookshop:bookshop.sql",
        ],
        deps = [
            "asking.py",
            "guide.py",
        ],
    )

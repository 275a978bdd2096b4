"""A file's bytes as a C array."""

def embed_file(name, src, symbol):
    """Generates name.c and name.h with `const unsigned char symbol[]` and `const size_t symbol_len`.

    Args:
      name: the files' name, and a filegroup of both.
      src: label of the file.
      symbol: name of the array.
    """
    native.genrule(
        name = name,
        srcs = [src],
        outs = [name + ".c", name + ".h"],
        cmd = "python3 $(location //bazel:embed.py) $(SRCS) %s $(OUTS)" % symbol,
        tools = ["//bazel:embed.py"],
    )

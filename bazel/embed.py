"""embed.py FILE SYMBOL OUT.c OUT.h: writes the file's bytes as a C array."""
import sys

source, symbol, c_file, header = sys.argv[1:]
with open(source, "rb") as f:
    data = f.read()
lines = [", ".join(str(b) for b in data[i : i + 24]) for i in range(0, len(data), 24)]
with open(header, "w") as f:
    f.write(
        f"#pragma once\n#include <stddef.h>\nextern const unsigned char {symbol}[];\nextern const size_t {symbol}_len;\n"
    )
with open(c_file, "w") as f:
    f.write(f"#include <stddef.h>\nextern const unsigned char {symbol}[];\nextern const size_t {symbol}_len;\n")
    f.write(f"const unsigned char {symbol}[] = {{\n" + ",\n".join(lines) + "};\n")
    f.write(f"const size_t {symbol}_len = {len(data)};\n")

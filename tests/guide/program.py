"""Writes the C of a chapter's questions, as one program. Usage: program.py bookshop.md CHAPTER.md FOLDER

FOLDER/ask.c is the first chapter's ask.c as it stands; FOLDER/question.h, which that includes, has every question of the other
one, and asks the one whose number stands in $QUESTION. A chapter without questions has a question.h that asks nothing.
"""

import os
import sys

import guide

PREFIX = "static int ask(rel_client *client)"


def read(path):
    with open(path, encoding="utf-8") as file:
        return guide.read(file.read(), path)


def questions(blocks):
    return [block for block in blocks if block.language == "c" and block.kind() == "question"]


def write(asked, file):
    """Every question's `ask` under another name, and an `ask` that chooses."""
    file.write("#include <stdlib.h>\n")
    for number, block in enumerate(asked):
        if PREFIX not in block.text:
            block.wrong("a question in C is the function %s", PREFIX)
        file.write('#define ask question_%d\n#line %d "%s"\n%s#undef ask\n' % (number, block.line, block.guide.rstrip(", "), block.text))
    file.write("%s {\n  switch (atoi(getenv(\"QUESTION\"))) {\n" % PREFIX)
    for number in range(len(asked)):
        file.write("  case %d: return question_%d(client);\n" % (number, number))
    file.write("  default: return client == NULL ? 1 : 2;\n  }\n}\n")


def main(frame, chapter, folder):
    [ask] = [block.text for block in read(frame) if block.file_name() == "ask.c"]
    with open(os.path.join(folder, "ask.c"), "w", encoding="utf-8") as file:
        file.write(ask)
    with open(os.path.join(folder, "question.h"), "w", encoding="utf-8") as file:
        write(questions(read(chapter)), file)


if __name__ == "__main__":
    main(*sys.argv[1:])

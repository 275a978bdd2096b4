"""How questions about the bookshop are asked: as docs/guide/bookshop.md tells, with the question in a file."""

WAYS = {
    "c": ("question.h", "bazel build -c opt //:ask && bazel-bin/ask"),
    "python": ("question.py", "cat ask.py question.py | PYTHONPATH=python /usr/bin/python3"),
    "sql": ("question.sql", "sqlite3 -separator ' | ' bookshop.db <question.sql"),
}


def _way(file, command):
    def commands(number, text):
        return "cat >%s <<'(end)'\n%s(end)\nexport QUESTION=%d\n%s\n" % (file, text, number, command)
    return commands


# For guide.run: from a question's number and text to the commands that ask it. The number is in $QUESTION as well.
ASK = {language: _way(*way) for language, way in WAYS.items()}

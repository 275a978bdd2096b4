"""Runs a guide: the blocks of a Markdown file, in order, as a reader would, and compares the answers that it shows.

A block is what its language says:
  sh       commands, run in one shell for the whole guide. They must succeed.
  text     the answer of the commands before it: their standard output, to the letter. Commands without one must print nothing.
  mermaid  the same, of commands that draw.
  diff     an edit of the file that its first line, "--- NAME", names; the lines that it leaves and takes must be there, once.
  proto    an excerpt: its lines stand in a .proto file of the folder, as they are.
  others   a file, if the first line is a comment that is its name. Else a part of a question, which is asked in several
           languages: a block of each, in the order of `ask`, and a text, the answer to every one of them.
database_test.py and chapter_test.py use it, guide_test.py tests it. It knows nothing of what this project's guide is about.
"""

import glob
import os
import re
import signal
import subprocess
import time

FENCE = "```"


class Wrong(Exception):
    """A guide that is not true. Says at which line, and what."""


class Block:
    def __init__(self, guide, line, section, language):
        self.guide, self.line, self.section, self.language, self.text = guide, line, section, language, ""

    def wrong(self, what, *args):
        raise Wrong("%sline %d, under '%s': " % (self.guide, self.line, self.section) + what % args)

    def kind(self):
        """What is to be done with it: its language, "file", or "question"."""
        if self.language in ("sh", "text", "diff", "proto"):
            return self.language
        if self.language == "mermaid":
            return "text"
        return "file" if self.file_name() else "question"

    def file_name(self):
        named = re.match(r"(?://|#|--) (\S+)\n", self.text)
        return named[1] if named else None


def read(text, guide=""):
    """The blocks of a guide; what is wrong in one is said with the guide's name."""
    blocks, section, opened = [], "", None
    for number, line in enumerate(text.splitlines(), 1):
        if opened is not None and line == FENCE:
            blocks.append(opened)
            opened = None
        elif opened is not None:
            opened.text += line + "\n"
        elif line.startswith(FENCE):
            opened = Block(guide and guide + ", ", number + 1, section, line[len(FENCE):])
            if not opened.language.isalpha():
                opened.wrong("a block needs a language; it is %r", opened.language)
        elif line.startswith("## "):
            section = line[3:]
    if opened is not None:
        opened.wrong("the block has no end")
    return blocks


class Shell:
    """One bash for all commands, so that variables, jobs and the folder last from block to block."""

    def __init__(self, folder, scratch, environment):
        self.folder, self.scratch = folder, scratch
        self.bash = subprocess.Popen(["bash", "-eu", "-o", "pipefail"], cwd=folder, env=environment, text=True, stdin=subprocess.PIPE,
                                     stdout=subprocess.PIPE, start_new_session=True)

    def run(self, commands):
        """Whether the commands succeeded, what they printed, and what they complained of."""
        files = [os.path.join(self.scratch, name) for name in ["commands", "out", "err"]]
        with open(files[0], "w", encoding="utf-8") as file:
            file.write(commands)
        # The shell ends at the first command that fails, and then says nothing.
        self.bash.stdin.write(". '%s' </dev/null >'%s' 2>'%s'; echo done\n" % tuple(files))
        self.bash.stdin.flush()
        succeeded = self.bash.stdout.readline() == "done\n"
        out, err = [open(file, encoding="utf-8").read() if os.path.exists(file) else "" for file in files[1:]]
        return succeeded, out, err

    def stop(self):
        """Ends the shell and everything that it has started."""
        self.bash.stdin.close()
        try:
            os.killpg(self.bash.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.bash.stdout.close()
        self.bash.wait()


def edit(block, folder):
    head, _, body = block.text.partition("\n")
    if not head.startswith("--- "):
        block.wrong("the first line of an edit is '--- FILE'")
    lines = body.splitlines(keepends=True)
    if not all(line[0] in " -+" for line in lines):
        block.wrong("a line of an edit begins with a space, - or +")
    old = "".join(line[1:] for line in lines if line[0] in " -")
    new = "".join(line[1:] for line in lines if line[0] in " +")
    path = os.path.join(folder, head[4:])
    with open(path, encoding="utf-8") as file:
        text = file.read()
    if text.count(old) != 1:
        block.wrong("what the edit changes is in %s %d times:\n%s\nwhich is\n%s", head[4:], text.count(old), old, text)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text.replace(old, new))


def write(block, folder):
    path = os.path.join(folder, block.file_name())
    if os.path.exists(path):
        block.wrong("%s exists already", block.file_name())
    with open(path, "w", encoding="utf-8") as file:
        file.write(block.text)


def find_excerpt(block, folder):
    schemas = [open(path, encoding="utf-8").read() for path in glob.glob(os.path.join(folder, "*.proto"))]
    if not any("\n" + block.text in "\n" + schema for schema in schemas):
        block.wrong("the excerpt is in no .proto file of the folder")


def run_commands(block, commands, answer, shell):
    succeeded, out, err = shell.run(commands)
    if not succeeded:
        block.wrong("the commands fail; they print\n%s%s", out, err)
    shown = answer.text if answer else ""
    if out != shown:
        (answer or block).wrong("the answer%s is\n%s\nand the guide shows\n%s\n(standard error: %s)",
                                " in " + block.language if block.kind() == "question" else "", out, shown, err)


def wait_for(path, text, process):
    """What a reader does with their eyes: waits until a log says something, or whoever writes it is gone."""
    while not (os.path.exists(path) and text in open(path, encoding="utf-8").read()):
        if process.poll() is not None:
            raise Wrong("the shell has ended before %s said %s" % (path, text))
        time.sleep(0.05)


def steps(blocks, languages):
    """The blocks in groups: commands with their answer, a question with its answer, and others alone."""
    found, blocks = [], list(blocks)
    while blocks:
        first = blocks.pop(0)
        group = [first]
        if first.kind() == "sh" and blocks and blocks[0].kind() == "text":
            group.append(blocks.pop(0))
        elif first.kind() == "question":
            group += blocks[:len(languages)]
            del blocks[:len(languages)]
            expected = [*languages, "text"]
            if [block.language for block in group] != expected or not all(block.kind() == "question" for block in group[:-1]):
                first.wrong("a file begins with a comment with its name, and a question is %s", ", ".join(expected))
        elif first.kind() == "text":
            first.wrong("an answer follows the commands that it is of")
        found.append(group)
    return found


def run(blocks, folder, scratch, environment, leave_out=(), ready=None, ask=None):
    """Runs the blocks of a guide in an empty folder, without the sections of some titles. After commands that leave a job behind,
    waits until a log, ready[0], holds ready[1]. `ask` has for each language that questions are asked in a function from the
    question's number, from 0, and its text to commands. Returns how many blocks it ran of each section."""
    for title in leave_out:
        if title not in [block.section for block in blocks]:
            raise Wrong("there is no section '%s'" % title)
    blocks = [block for block in blocks if block.section not in leave_out]
    ask = ask or {}
    shell = Shell(folder, scratch, environment)
    ran, questions = {}, 0
    try:
        for group in steps(blocks, ask):
            first = group[0]
            if first.kind() == "sh":
                run_commands(first, first.text, group[1] if group[1:] else None, shell)
                if first.text.endswith(" &\n"):
                    wait_for(os.path.join(folder, ready[0]), ready[1], shell.bash)
            elif first.kind() == "question":
                for block in group[:-1]:
                    run_commands(block, ask[block.language](questions, block.text), group[-1], shell)
                questions += 1
            else:
                {"diff": edit, "proto": find_excerpt, "file": write}[first.kind()](first, folder)
            ran[first.section] = ran.get(first.section, 0) + len(group)
    finally:
        shell.stop()
    return ran

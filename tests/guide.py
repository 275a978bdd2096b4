"""Runs a guide: the blocks of a Markdown file, in order, as a reader would, and compares the answers that it shows.

A block is what its language says:
  sh       commands, run in one shell for the whole guide. They must succeed.
  text     the answer of the commands before it: their standard output, to the letter. Commands without one must print nothing.
  diff     an edit of the file that its first line, "--- NAME", names; the lines that it leaves and takes must be there, once.
  others   a file; its first line is a comment that is its name.
guide_test.py uses it, guide_runner_test.py tests it. It knows nothing of what this project's guide is about.
"""

import os
import re
import signal
import subprocess
import time

FENCE = "```"


class Wrong(Exception):
    """A guide that is not true. Says at which line, and what."""


class Block:
    def __init__(self, line, section, language, text):
        self.line, self.section, self.language, self.text = line, section, language, text

    def wrong(self, what, *args):
        raise Wrong("line %d, under '%s': " % (self.line, self.section) + what % args)


def read(text):
    """The blocks of a guide."""
    blocks, section, opened = [], "", None
    for number, line in enumerate(text.splitlines(), 1):
        if opened is not None and line == FENCE:
            blocks.append(opened)
            opened = None
        elif opened is not None:
            opened.text += line + "\n"
        elif line.startswith(FENCE):
            opened = Block(number + 1, section, line[len(FENCE):], "")
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
    named = re.match(r"(?://|#|--) (\S+)\n", block.text)
    if not named:
        block.wrong("the first line of a file is a comment with its name")
    path = os.path.join(folder, named[1])
    if os.path.exists(path):
        block.wrong("%s exists already", named[1])
    with open(path, "w", encoding="utf-8") as file:
        file.write(block.text)


def run_commands(block, answer, shell):
    succeeded, out, err = shell.run(block.text)
    if not succeeded:
        block.wrong("the commands fail; they print\n%s%s", out, err)
    shown = answer.text if answer else ""
    if out != shown:
        (answer or block).wrong("the answer is\n%s\nand the guide shows\n%s\n(standard error: %s)", out, shown, err)


def wait_for(path, text, process):
    """What a reader does with their eyes: waits until a log says something, or whoever writes it is gone."""
    while not (os.path.exists(path) and text in open(path, encoding="utf-8").read()):
        if process.poll() is not None:
            raise Wrong("the shell has ended before %s said %s" % (path, text))
        time.sleep(0.05)


def run(text, folder, scratch, environment, leave_out=(), ready=None):
    """Runs a guide in an empty folder, without the sections of some titles. After commands that leave a job behind, waits until a
    log, ready[0], holds ready[1]. Returns how many blocks it ran of each section."""
    blocks = read(text)
    for title in leave_out:
        if title not in [block.section for block in blocks]:
            raise Wrong("there is no section '%s'" % title)
    blocks = [block for block in blocks if block.section not in leave_out]
    shell = Shell(folder, scratch, environment)
    ran, before = {}, None
    try:
        for block, after in zip(blocks, blocks[1:] + [None]):
            if block.language == "sh":
                run_commands(block, after if after and after.language == "text" else None, shell)
                if block.text.endswith(" &\n"):
                    wait_for(os.path.join(folder, ready[0]), ready[1], shell.bash)
            elif block.language == "diff":
                edit(block, folder)
            elif block.language != "text":
                write(block, folder)
            elif before is None or before.language != "sh":
                block.wrong("an answer follows the commands that it is of")
            ran[block.section] = ran.get(block.section, 0) + 1
            before = block
    finally:
        shell.stop()
    return ran

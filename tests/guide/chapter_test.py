"""A chapter about the bookshop is true: what docs/guide/bookshop.md shows is run, then what docs/guide/CHAPTER.md shows, and each
question is asked in each of the LANGUAGES. Usage: chapter_test.py CHAPTER LANGUAGE...

The questions in C are a program that is there already (program.py), and bazel stands in for itself.
"""

import os
import shutil
import sys
import unittest

import asking
import guide
import relations_testing as rt

CHAPTER, *LANGUAGES = sys.argv[1:]
PROGRAMS = ["server/relationsd", "client/cli/relations", "client/protoc-gen-relations"]


class Chapter(unittest.TestCase):
    def setUp(self):
        self.scratch = rt.temp_dir()
        self.folder = os.path.join(self.scratch, "bookshop")
        for name in ["bin", "bazel-bin"]:
            os.makedirs(os.path.join(self.folder, name))
        for path in PROGRAMS:
            shutil.copy(path, os.path.join(self.folder, "bin"))
        shutil.copy("tests/guide/%s_asking" % CHAPTER, os.path.join(self.folder, "bazel-bin/ask"))
        os.symlink(os.getcwd(), os.path.join(self.scratch, "relations"))
        os.symlink("/bin/true", os.path.join(self.scratch, "bazel"))

    def read(self, name):
        with open("docs/guide/%s.md" % name, encoding="utf-8") as file:
            return guide.read(file.read(), name + ".md")

    def test_every_block_and_every_answer(self):
        blocks = self.read(CHAPTER)
        if CHAPTER != "bookshop":
            blocks = [block for block in self.read("bookshop") if block.section != "A question"] + blocks
        environment = dict(os.environ, HOME=self.scratch, PATH=self.scratch + ":/usr/local/bin:/usr/bin:/bin")
        ran = guide.run(blocks, self.folder, self.scratch, environment, ready=("relationsd.log", '"listening"'),
                        ask={language: asking.ASK[language] for language in LANGUAGES})
        print("blocks run:", ran, file=sys.stderr)
        self.assertGreater(sum(ran.values()), 10)

    def test_questions_are_asked_as_the_guide_tells(self):
        with open("docs/guide/bookshop.md", encoding="utf-8") as file:
            text = file.read()
        for name, command in asking.WAYS.values():
            self.assertIn("`%s`" % name, text)
            self.assertIn("`%s`" % command, text)


if __name__ == "__main__":
    sys.argv[1:] = []
    rt.main()

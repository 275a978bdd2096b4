"""guide.py: what it runs, and what it finds wrong in a guide that is wrong."""

import os
import time
import unittest

import guide
import relations_testing as rt


class Runner(unittest.TestCase):
    def run_guide(self, text, **options):
        self.folder = rt.temp_dir()
        return guide.run(guide.read(text.replace("'''", guide.FENCE)), self.folder, rt.temp_dir(), dict(os.environ), **options)

    def wrong(self, text, what, **options):
        with self.assertRaisesRegex(guide.Wrong, what):
            self.run_guide(text, **options)

    def test_files_edits_commands_answers(self):
        text = "## A\n'''sql\n-- a.sql\none\ntwo\n'''\n'''diff\n--- a.sql\n one\n-two\n+three\n'''\n## B\n'''sh\nx=4\ntail -n 1 a.sql\n'''\n" \
               "'''text\nthree\n'''\n## C\n'''sh\necho $x\n'''\n'''text\n4\n'''\n"
        self.assertEqual(self.run_guide(text), {"A": 2, "B": 2, "C": 2})

    def test_a_drawing_is_an_answer(self):
        self.assertEqual(self.run_guide("## A\n'''sh\necho one\n'''\n'''mermaid\none\n'''\n"), {"A": 2})
        self.wrong("## A\n'''sh\necho one\n'''\n'''mermaid\ntwo\n'''\n", "(?s)the answer is\none\n.*shows\ntwo\n")

    def test_another_answer(self):
        self.wrong("## A\n'''sh\necho one\n'''\n'''text\ntwo\n'''\n", "(?s)line 6, under 'A': the answer is\none\n.*shows\ntwo\n")

    def test_an_answer_that_is_not_shown(self):
        self.wrong("## A\n'''sh\necho one\n'''\n", "(?s)the answer is\none\n")

    def test_an_answer_of_nothing(self):
        self.wrong("## A\n'''text\none\n'''\n", "an answer follows the commands")
        self.wrong("## A\n'''sql\n-- a.sql\n'''\n'''text\none\n'''\n", "an answer follows the commands")

    def test_commands_that_fail(self):
        self.wrong("## A\n'''sh\necho one\nfalse\necho two\n'''\n'''text\none\n'''\n", "(?s)the commands fail; they print\none\n$")
        self.wrong("## A\n'''sh\necho $absent\n'''\n", "unbound variable")

    def test_an_edit_of_what_is_not_there(self):
        self.wrong("## A\n'''sql\n-- a.sql\none\n'''\n'''diff\n--- a.sql\n-two\n+three\n'''\n", "in a.sql 0 times")

    def test_a_file_twice_or_without_a_name(self):
        self.wrong("## A\n'''sql\n-- a.sql\n'''\n'''sql\n-- a.sql\n'''\n", "a.sql exists already")
        self.wrong("## A\n'''c\nint main(void);\n'''\n", "a comment with its name")

    def test_excerpts(self):
        schema = "## A\n'''sh\nprintf 'message A {\\n  int64 id = 1;\\n}\\n' >a.proto\n'''\n"
        self.assertEqual(self.run_guide(schema + "'''proto\n  int64 id = 1;\n'''\n"), {"A": 2})
        self.wrong(schema + "'''proto\nint64 id = 1;\n'''\n", "line 6, .* in no .proto file")

    def ask(self, text, what=None):
        languages = {"sql": lambda number, text: "echo %d; cat <<'---'\n%s---\n" % (number, text),
                     "python": lambda number, text: "printf '%d\n%s'" % (number, text)}
        if what is None:
            return self.run_guide(text, ask=languages)
        return self.wrong(text, what, ask=languages)

    def test_questions_have_one_answer_in_every_language(self):
        first = "## A\n'''sql\none\n'''\n'''python\none\n'''\n'''text\n0\none\n'''\n"
        second = "'''sql\ntwo\n'''\n'''python\ntwo\n'''\n'''text\n1\ntwo\n'''\n"
        self.assertEqual(self.ask(first + second), {"A": 6})
        self.ask(first.replace("sql\none", "sql\ntwo"), "(?s)line 9, .*the answer in sql is\n0\ntwo\n.*shows\n0\none")
        self.ask(first.replace("python\none", "python\ntwo"), "(?s)line 9, .*the answer in python is\n0\ntwo\n.*shows\n0\none")
        self.ask(first.replace("0\none", "0\ntwo"), "(?s)the answer in sql is\n0\none\n")

    def test_questions_that_leave_a_language_out(self):
        sql, python, text = "'''sql\none\n'''\n", "'''python\none\n'''\n", "'''text\n0\none\n'''\n"
        for blocks in [sql + text, sql + python, python + sql + text, sql + "'''python\n# a.py\n'''\n" + text, sql]:
            self.ask("## A\n" + blocks, "a question is sql, python, text")

    def test_blocks_that_are_none(self):
        self.wrong("## A\n'''\nfor whom\n'''\n", "a block needs a language")
        self.wrong("## A\n'''sh\ntrue\n", "the block has no end")

    def test_a_section_that_is_left_out(self):
        self.assertEqual(self.run_guide("## A\n'''sh\nfalse\n'''\n## B\n'''sh\ntrue\n'''\n", leave_out=["A"]), {"B": 1})
        self.wrong("## A\n'''sh\ntrue\n'''\n", "there is no section 'B'", leave_out=["B"])

    def test_jobs_are_waited_for_and_ended(self):
        self.run_guide("## A\n'''sh\n(sleep 0.2; echo ready; sleep 1000) >log &\n'''\n'''sh\ncat log; echo $! >pid\n'''\n'''text\nready\n'''\n",
                       ready=("log", "ready"))
        with open(os.path.join(self.folder, "pid"), encoding="utf-8") as file:
            pid = int(file.read())
        while self.runs(pid):
            time.sleep(0.05)

    @staticmethod
    def runs(pid):
        try:
            with open("/proc/%d/stat" % pid, encoding="utf-8") as file:
                return " Z " not in file.read()
        except FileNotFoundError:
            return False


if __name__ == "__main__":
    rt.main()

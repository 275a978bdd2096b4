"""docs/guide/database.md is true: what it shows is run, word for word, in an empty folder. Usage: database_test.py SECTION...

The SECTIONs are left out; other tests run them. So is the first one, which builds the programs: they are there already. Where C
is not left out, docs/guide/bookshop.md is built as well, in a workspace like this one's; chapter_test.py runs it otherwise.
"""

import os
import shutil
import stat
import sys
import unittest

import asking
import guide
import relations_testing as rt

LEFT_OUT = sys.argv[1:]
PROGRAMS = ["server/relationsd", "client/cli/relations", "client/protoc-gen-relations"]
BUILDING = "The programs"


def program(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write("#!/bin/bash\n" + text)
    os.chmod(path, stat.S_IRWXU)


def stand_ins(folder, scratch):
    """bazel leaves no server behind, and writes into the test's folder only. npm brings the packages that are locked."""
    os.mkdir(folder)
    program(os.path.join(folder, "bazel"), """
unset TEST_TMPDIR
exec /usr/bin/bazel --batch --nohome_rc "--output_user_root=%s/bazel" "$@" --sandbox_debug=false --jobs=2 "--disk_cache=%s/cache"
""" % (scratch, scratch))
    if "Node" not in LEFT_OUT:
        import npm_packages
        packages = npm_packages.real_node_modules()
        program(os.path.join(folder, "node"), "exec '%s' \"$@\"\n" % npm_packages.NODE)
        program(os.path.join(folder, "npm"), """
[ "$1 $2" = "install --silent" ] || exit 2
for package in "${@:3}"; do [ -e "%s/$package/package.json" ] || { echo "$package is not in tools/npm" >&2; exit 1; }; done
ln -s "%s" node_modules
""" % (packages, packages))


def read(chapter):
    with open("docs/guide/%s.md" % chapter, encoding="utf-8") as file:
        return guide.read(file.read(), chapter + ".md")


class Guide(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        # One for all: what bazel has built in one workspace is in its cache for the other, as long as the PATH is the same.
        cls.scratch = rt.temp_dir()
        # The checkout: C's section builds from it. Bazel shows tests links into it.
        checkout = os.path.realpath("docs/guide/database.md")[:-len("/docs/guide/database.md")]
        os.symlink(checkout, os.path.join(cls.scratch, "relations"))
        stand_ins(os.path.join(cls.scratch, "stand-ins"), cls.scratch)

    def run_chapter(self, chapter, workspace, leave_out=(), files=()):
        folder = os.path.join(self.scratch, workspace)
        os.makedirs(os.path.join(folder, "bin"))
        for path in PROGRAMS:
            shutil.copy(path, os.path.join(folder, "bin"))
        for name, text in files:
            with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
                file.write(text)
        environment = dict(os.environ, PATH=os.path.join(self.scratch, "stand-ins") + ":/usr/local/bin:/usr/bin:/bin", HOME=self.scratch)
        ran = guide.run(read(chapter), folder, self.scratch, environment, leave_out, ("relationsd.log", '"listening"'), asking.ASK)
        print("blocks run:", ran, file=sys.stderr)
        return ran

    def test_every_block_and_every_answer(self):
        ran = self.run_chapter("database", "shop", [BUILDING, *LEFT_OUT])
        for section in ["The database", "The schema", "The server", "Typed services"] + sorted({"C", "Python", "Node"} - set(LEFT_OUT)):
            self.assertIn(section, ran)

    def test_the_bookshop_s_workspace_is_as_this_one(self):
        if "C" in LEFT_OUT:
            return  # database_test builds it
        [workspace] = [block.text for block in read("database") if block.file_name() == "WORKSPACE"]
        files = [("WORKSPACE", workspace.replace('name = "shop"', 'name = "bookshop"'))]
        ran = self.run_chapter("bookshop", "bookshop", files=files)
        self.assertIn("A question", ran)

    def test_the_programs_are_those_that_the_guide_builds(self):
        [building] = [block.text for block in read("database") if block.section == BUILDING]
        for path in PROGRAMS:
            self.assertIn(" bazel-bin/%s " % path, building)
            self.assertIn(" //%s:%s" % os.path.split(path), building)


if __name__ == "__main__":
    sys.argv[1:] = []
    rt.main()

"""docs/guide.md is true: what it shows is run, word for word, in an empty folder. Usage: guide_test.py SECTION...

The SECTIONs are left out; other tests run them. So is the first one, which builds the programs: they are there already.
"""

import os
import shutil
import stat
import sys
import unittest

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
exec /usr/bin/bazel --batch --nohome_rc "--output_user_root=%s/bazel" "$@" --sandbox_debug=false --jobs=2
""" % scratch)
    if "Node" not in LEFT_OUT:
        import npm_packages
        packages = npm_packages.real_node_modules()
        program(os.path.join(folder, "node"), "exec '%s' \"$@\"\n" % npm_packages.NODE)
        program(os.path.join(folder, "npm"), """
[ "$1 $2" = "install --silent" ] || exit 2
for package in "${@:3}"; do [ -e "%s/$package/package.json" ] || { echo "$package is not in tools/npm" >&2; exit 1; }; done
ln -s "%s" node_modules
""" % (packages, packages))


class Guide(unittest.TestCase):
    def test_every_block_and_every_answer(self):
        scratch = rt.temp_dir()
        shop = os.path.join(scratch, "shop")
        os.makedirs(os.path.join(shop, "bin"))
        for path in PROGRAMS:
            shutil.copy(path, os.path.join(shop, "bin"))
        # The checkout: C's section builds from it. Bazel shows tests links into it.
        os.symlink(os.path.dirname(os.path.dirname(os.path.realpath("docs/guide.md"))), os.path.join(scratch, "relations"))
        stand_ins(os.path.join(scratch, "stand-ins"), scratch)
        environment = dict(os.environ, PATH=os.path.join(scratch, "stand-ins") + ":/usr/local/bin:/usr/bin:/bin", HOME=scratch)
        with open("docs/guide.md", encoding="utf-8") as file:
            text = file.read()
        ran = guide.run(text, shop, scratch, environment, [BUILDING, *LEFT_OUT], ("relationsd.log", '"listening"'))
        print("blocks run:", ran, file=sys.stderr)
        for section in ["The database", "The schema", "The server", "Typed services"] + sorted({"C", "Python", "Node"} - set(LEFT_OUT)):
            self.assertIn(section, ran)

    def test_the_programs_are_those_that_the_guide_builds(self):
        with open("docs/guide.md", encoding="utf-8") as file:
            [building] = [block.text for block in guide.read(file.read()) if block.section == BUILDING]
        for path in PROGRAMS:
            self.assertIn(" bazel-bin/%s " % path, building)
            self.assertIn(" //%s:%s" % os.path.split(path), building)


if __name__ == "__main__":
    sys.argv[1:] = []
    rt.main()

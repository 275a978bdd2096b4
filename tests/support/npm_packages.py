"""What tests take from the repository @npm: node, its packages and buf. Where those could not be installed, importing this ends the
test as failed, with the reason."""

import glob
import os
import sys

_ROOT = os.path.abspath("../npm")


def _refuse_without(root):
    failed = os.path.join(root, "failed.txt")
    if os.path.exists(failed):
        with open(failed, encoding="utf-8") as said:
            sys.exit("FAILED: this test needs npm packages.\n" + said.read())


_refuse_without(_ROOT)

NODE = os.path.join(_ROOT, "bin/node")
NODE_MODULES = os.path.join(_ROOT, "node_modules")


def real_node_modules():
    """The folder itself, of which the test has links to most files: with the programs in .bin too."""
    return os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(os.path.join(NODE_MODULES, "@grpc/grpc-js/package.json")))))


def buf():
    found = glob.glob(os.path.join(NODE_MODULES, "@bufbuild/buf-*/bin/buf"))
    if len(found) != 1:
        sys.exit("FAILED: this test needs buf, and npm has no package of it for this machine: %s" % (found or os.uname().machine))
    return found[0]

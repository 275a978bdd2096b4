"""A record larger than a message, to Node: what @grpc/grpc-js receives with its own limits is put together as docs/services.md says."""

import hashlib
import json
import os
import subprocess
import unittest

import large_tree_test as large
import npm_packages
import relations_testing as rt


def setUpModule():
    large.setUpModule()


def tearDownModule():
    large.tearDownModule()


def shelf(index):
    """The shelf's id, the number of its boxes and a digest of their contents, as ask_tree.js prints them."""
    contents = [bytes([(index + i * large.SHELVES) % 251]) * large.BYTES for i in range(large.BOXES)]
    if index == 7:
        contents += [bytes([b]) * 1_000_000 for b in range(40)]
    return [str(index), len(contents), hashlib.sha256(b"".join(contents)).hexdigest()]


class Node(unittest.TestCase):
    def test_records_in_pieces_are_put_together(self):
        environment = dict(os.environ, NODE_PATH=npm_packages.NODE_MODULES,
                           PROTO_PATH=":".join([large.emitted, large.directory, rt.PROTO_ROOT]))
        done = subprocess.run([npm_packages.NODE, "tests/e2e/ask_tree.js", "127.0.0.1:%d" % large.server.port], env=environment,
                              text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=True)
        rooms, shelves = map(json.loads, done.stdout.splitlines())
        self.assertEqual(rooms, [[shelf(6), shelf(7), shelf(8)]])
        self.assertEqual(shelves, [["8", [shelf(6), shelf(7), shelf(8)]]])


if __name__ == "__main__":
    rt.main()

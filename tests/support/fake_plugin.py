"""A loader within the server whose answers a test chooses: tests/support/plugins/scripted.so and its script."""

import os
import shutil

import relations_testing as rt

PLUGIN = os.path.abspath("tests/support/plugins/scripted.so")


def _text(key):
    return ",".join(str(part) for part in (key if isinstance(key, tuple) else (key,)))


def _hex(key):
    return _text(key).encode().hex() or "-"


class FakePlugin:
    """so:NAME for each name, in one directory with one script; flags and env are for the Server."""

    def __init__(self, *names):
        self.directory = rt.temp_dir()
        for name in names:
            path = os.path.join(self.directory, name + ".so")
            shutil.copyfile(PLUGIN, path)
            os.chmod(path, 0o755)
        self.script = os.path.join(rt.temp_dir(), "script")
        self.flags = ["--loader-dir=" + self.directory]
        self.env = {"RELATIONS_TEST_SCRIPT": self.script}
        self.set()
        self.forget()

    def set(self, *lines):
        """What it does from now on."""
        with open(self.script + ".new", "w") as file:
            file.write("".join(line + "\n" for line in lines))
        os.rename(self.script + ".new", self.script)

    def records(self, by_key):
        self.set(*("record %s %s" % (_hex(key), record.SerializeToString().hex())
                   for key, records in by_key.items() for record in records))

    def fail(self, status, message):
        self.set("fail %d %s" % (status.value[0], message))

    def fail_keys(self, status, message):
        self.set("fail_keys %d %s" % (status.value[0], message))

    def garbage(self):
        self.set("garbage")

    def release(self):
        """Ends what hangs."""
        open(self.script + ".release", "w").close()

    def log(self):
        with open(self.script + ".log") as file:
            return file.read().splitlines()

    def keys(self):
        """The keys of each batch since forget, as texts."""
        batches = [line.split()[1:] for line in self.log() if line.startswith("keys ")]
        return [["" if key == "-" else bytes.fromhex(key).decode() for key in batch] for batch in batches[self.past:]]

    def forget(self):
        self.past = 0
        if os.path.exists(self.script + ".log"):
            self.past = sum(line.startswith("keys ") for line in self.log())

    def stop(self):
        pass


def texts(batches):
    """Keys as Python values, as FakePlugin.keys has them."""
    return [[_text(key) for key in batch] for batch in batches]

"""The repositories that Debian's bazel 4.2 expects, all of them local."""

def relations_deps(root = ""):
    """Declares rules_java, rules_proto, rules_cc and the coverage tools.

    Call it from a WORKSPACE. A workspace that uses relations as an external
    repository passes the path where that repository lies.

    Args:
      root: path of the relations checkout, "" for relations itself.
    """
    prefix = root + "/" if root else ""
    _local(name = "rules_java", path = "/usr/share/bazel/rules/java")
    _local(name = "rules_proto", path = "/usr/share/bazel/rules/proto")

    # The packaged rules_cc is newer than the packaged bazel understands.
    _local(name = "rules_cc", path = prefix + "bazel/rules_cc")
    _local(name = "remote_coverage_tools", path = prefix + "bazel/coverage_tools")

def _local(name, path):
    if not native.existing_rule(name):
        native.local_repository(name = name, path = path)

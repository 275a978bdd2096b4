"""The locked npm packages of tools/npm, as a repository that is made when a target that needs it is built."""

def _npm_packages_impl(ctx):
    ctx.symlink(ctx.attr.build_file, "BUILD")
    ctx.symlink(ctx.attr.package, "package.json")
    ctx.symlink(ctx.attr.lock, "package-lock.json")

    # A failure is a file, not an error: an error would end the build of every other target, and this is of concern only to
    # the tests that need these packages.
    done = ctx.execute([ctx.path(ctx.attr.install)], timeout = 1200)
    if done.return_code != 0:
        said = (done.stdout + done.stderr).strip()
        ctx.delete("node_modules")
        ctx.file("failed.txt", said + "\n", executable = False)
        print("the tests that need npm packages will fail.\n" + said)  # buildifier: disable=print
        return

    # The node that has been found; tests have a PATH of their own.
    ctx.file("bin/node", "#!/bin/sh\nexec '%s' \"$@\"\n" % ctx.which("node"))

npm_packages = repository_rule(
    implementation = _npm_packages_impl,
    attrs = {
        "build_file": attr.label(mandatory = True, allow_single_file = True),
        "install": attr.label(mandatory = True, allow_single_file = True),
        "lock": attr.label(mandatory = True, allow_single_file = True),
        "package": attr.label(mandatory = True, allow_single_file = True),
    },
    # bazelw changes it after a failure.
    environ = ["RELATIONS_NPM_LAST_FAILURE"],
)

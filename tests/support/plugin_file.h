// A test's shared object, copied to where a loader would be found.
#pragma once

#include <filesystem>
#include <string>

namespace rel_test {

// tests/support/plugins/PLUGIN.so as `path`, writable by nobody else whatever the umask is.
inline void PutPlugin(const std::string &plugin, const std::string &path) {
  namespace fs = std::filesystem;
  fs::copy_file("tests/support/plugins/" + plugin + ".so", path, fs::copy_options::overwrite_existing);
  fs::permissions(path, static_cast<fs::perms>(0755));
  fs::permissions(fs::path(path).parent_path(), static_cast<fs::perms>(0755));
}

} // namespace rel_test

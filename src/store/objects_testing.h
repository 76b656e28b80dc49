#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/crypto.h"
#include "base/encoding.h"
#include "base/environment_testing.h"
#include "model/object.h"

namespace snapgate::store {

using base::environment_number;

// A test's own directory, which is removed after the test. It is in memory if the system has a
// place for that: a test of thousands of commits would otherwise wait for the disk most of the
// time.
class TestDirectory {
  public:
    TestDirectory()
        : path_((std::filesystem::is_directory("/dev/shm")
                     ? std::filesystem::path("/dev/shm")
                     : std::filesystem::temp_directory_path()) /
                ("snapgate-test-" + base::hex(base::random_bytes(8)))) {}
    ~TestDirectory() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    TestDirectory(const TestDirectory&) = delete;
    TestDirectory& operator=(const TestDirectory&) = delete;
    const std::filesystem::path& path() const { return path_; }

  private:
    std::filesystem::path path_;
};

// A small object. `filler` makes it larger and distinguishes its versions.
inline model::PreparedObject make_object(std::string_view ns, std::string_view name,
                                         std::string_view vm, std::string_view filler = {}) {
    model::PreparedObject object;
    object.ns = ns;
    object.name = name;
    object.vm = vm;
    std::string& text = object.text;
    text = R"({"metadata":{"filler":")";
    text += filler;
    text += R"(","name":")";
    text += name;
    text += R"(","namespace":")";
    text += ns;
    text += R"(","resourceVersion":")";
    object.version_offset = static_cast<uint32_t>(text.size());
    text += R"("},"spec":{"source":{"name":")";
    object.vm_offset = static_cast<uint32_t>(text.size());
    text += vm;
    text += R"("}}})";
    if (vm.empty()) object.vm_offset = 0;
    return object;
}

}  // namespace snapgate::store

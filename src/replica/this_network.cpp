#include "replica/this_network.h"

#include <fmt/format.h>

#include <cstddef>
#include <filesystem>
#include <system_error>

#include "base/crypto.h"
#include "base/read_file.h"

namespace snapgate::replica {
namespace {

constexpr const char* kStartFile = "/proc/sys/kernel/random/boot_id";
constexpr const char* kNamespaceLink = "/proc/self/ns/net";
constexpr size_t kMostStart = 64;

}  // namespace

std::string this_network() {
    const auto start = base::read_file(kStartFile, kMostStart);
    std::error_code failed;
    const auto space = std::filesystem::read_symlink(kNamespaceLink, failed);
    if (!start || start->empty() || failed) return base::random_uuid();
    return fmt::format("{} {}", start->substr(0, start->find('\n')), space.string());
}

}  // namespace snapgate::replica

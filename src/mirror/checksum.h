#pragma once

#include <cstdint>
#include <string_view>

namespace snapgate::mirror {

// What is compared of a mirror and its cluster: of all objects at one of the cluster's versions.
struct Checksum {
    uint64_t objects = 0;
    // Over each, in any order: its namespace, name, uid and version, and the same with its metadata
    // (json/metadata_text.h), as a restored cluster gives the same versions to other contents.
    uint64_t sum = 0;
    uint64_t metadata_sum = 0;

    void add(std::string_view ns, std::string_view name, std::string_view uid,
             std::string_view version, std::string_view metadata);
    bool same_versions(const Checksum& other) const {
        return objects == other.objects && sum == other.sum;
    }
    bool operator==(const Checksum&) const = default;
};

}  // namespace snapgate::mirror

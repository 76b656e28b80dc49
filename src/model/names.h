#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace snapgate::model {

// RFC 1123 rules as Kubernetes applies them (k8s.io/apimachinery validation).
// Namespaces: at most 63 of [a-z0-9-], no '-' at either end.
constexpr size_t kMostLabelBytes = 63;
bool is_dns_label(std::string_view text);
// Names of snapshots and VMs: labels joined by '.', at most 253.
constexpr size_t kMostSubdomainBytes = 253;
bool is_dns_subdomain(std::string_view text);
// For messages: what was to be a name may be none, of any length. As much of it as a name can have.
std::string_view shown_name(std::string_view text);
// Whether a text is short enough, and of such bytes, that an object's namespace or name may be it:
// what is not may be asked for, but is not looked for.
bool may_be_namespace(std::string_view text);
bool may_be_name(std::string_view text);
// Keys of labels and annotations: [prefix/]name.
bool is_qualified_name(std::string_view text);
// What a uid and a resource version may be wherever they come from: 1 to kMostWordBytes printable
// characters of ASCII that can stand between quotes, in a header and in an address.
constexpr size_t kMostWordBytes = 128;
bool is_plain_word(std::string_view text);
// uids of projects and clusters: [A-Za-z0-9][A-Za-z0-9-]{0,62}. An address may have a "-" in place
// of a uid, for all clusters.
constexpr std::string_view kUidRule =
    "uid must be 1 to 63 of A-Z, a-z, 0-9 and '-', and not begin with '-'";
bool is_uid(std::string_view text);
// Names of projects, clusters and keys: 1 to 128 printable characters of UTF-8 without blanks at
// either end.
bool is_display_name(std::string_view text);

// What the index keeps of a VM's name. Stored on disk: the function never changes (FNV-1a, 64
// bits).
uint64_t vm_hash(std::string_view vm_name);

}  // namespace snapgate::model

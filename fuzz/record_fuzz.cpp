// A record of the registry (a project, a cluster, a key, a session, how a mirror stands): it is
// read, or refused with a message. What was read says the same when it is written and read again.

#include <cstdint>
#include <string>
#include <string_view>

#include "access/keys.h"
#include "access/projects.h"
#include "check.h"
#include "cluster/registry.h"
#include "identity/shared_sessions.h"
#include "input.h"
#include "mirror/mirror_record.h"

namespace {

using snapgate::fuzz::check_round_trip;
using snapgate::fuzz::check_says_why;

template <class T>
void check_record(std::string_view value) {
    check_round_trip(
        value, [](std::string_view text) { return T::parse("5f2d", text); },
        [](const T& record) { return record.record(); }, check_says_why);
}

void check_mirror(std::string_view value) {
    namespace mirror = snapgate::mirror;
    check_round_trip(
        value, [](std::string_view text) { return mirror::parse_record(text); },
        [](const auto& status) { return mirror::to_record(status); }, check_says_why);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
    if (size == 0) return 0;
    const std::string_view input = snapgate::fuzz::text_of(bytes, size);
    const std::string_view value = input.substr(1);
    switch (input[0]) {
        case 'p':
            check_record<snapgate::access::Project>(value);
            break;
        case 'c':
            check_record<snapgate::cluster::Cluster>(value);
            break;
        case 'k':
            check_record<snapgate::access::Key>(value);
            break;
        case 's':
            check_record<snapgate::identity::StoredSession>(value);
            break;
        case 'm':
            check_mirror(value);
            break;
        default:
            break;
    }
    return 0;
}

// A record of the registry (a project, a cluster, a key, how a mirror stands): it is read, or
// refused with a message. What was read says the same when it is written and read again.

#include <cstdint>
#include <string>
#include <string_view>

#include "access/keys.h"
#include "access/projects.h"
#include "check.h"
#include "cluster/registry.h"
#include "mirror/mirror_record.h"

namespace {

using snapgate::fuzz::check;
using snapgate::fuzz::check_equal;

template <class T>
void check_record(std::string_view value) {
    const auto record = T::parse("5f2d", value);
    if (!record) return check(!record.error().message.empty(), "a refusal says why");
    const std::string again = record->record();
    const auto read = T::parse("5f2d", again);
    check(read.has_value(), "what was written is read");
    check_equal(read->record(), again, "a record says the same when it is read again");
}

void check_mirror(std::string_view value) {
    namespace mirror = snapgate::mirror;
    const auto status = mirror::parse_record(value);
    if (!status) return check(!status.error().message.empty(), "a refusal says why");
    const std::string again = mirror::to_record(*status);
    const auto read = mirror::parse_record(again);
    check(read.has_value(), "what was written is read");
    check_equal(mirror::to_record(*read), again, "a record says the same when it is read again");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
    if (size == 0) return 0;
    const std::string_view input(reinterpret_cast<const char*>(bytes), size);
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
        case 'm':
            check_mirror(value);
            break;
        default:
            break;
    }
    return 0;
}

// Bodies that kubectl sends as protobuf, and bodies that only look so.

#include <cstdint>
#include <string>
#include <string_view>

#include "api/kube/protobuf.h"
#include "check.h"
#include "input.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    using namespace snapgate;
    using fuzz::check;
    const std::string_view body = snapgate::fuzz::text_of(data, size);
    auto object = api::kube::read_protobuf(body);
    if (!object) {
        check(object.error().code == base::Code::kInvalidBody, "the code of a refusal");
        return 0;
    }
    check(object->if_contains("kind") != nullptr, "a document says its kind");
    const std::string text = json::serialize(*object);
    // Every byte of a text takes at most six in JSON.
    check(text.size() <= 64 * size + 256, "a document is no longer than its body allows");
    check(json::parse(text).has_value(), "a document is JSON");
    return 0;
}

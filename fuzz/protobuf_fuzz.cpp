// Bodies that kubectl sends as protobuf, and bodies that only look so.

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "api/kube/protobuf.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    using namespace snapgate;
    std::string_view body(reinterpret_cast<const char*>(data), size);
    auto object = api::kube::read_protobuf(body);
    if (!object) {
        if (object.error().code != base::Code::kInvalidBody) std::abort();
        return 0;
    }
    // What was read is a document of a kind that is taken, and no larger than what it was read from
    // allows: every byte of a text takes at most six in JSON.
    if (!object->if_contains("kind")) std::abort();
    std::string text = json::serialize(*object);
    if (text.size() > 64 * size + 256) std::abort();
    if (!json::parse(text)) std::abort();
    return 0;
}

// A value that was parsed and written is parsed as the same value.

#include <cstdint>

#include "check.h"
#include "input.h"
#include "json/value.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
    using snapgate::fuzz::check;
    namespace json = snapgate::json;
    auto value = json::parse(snapgate::fuzz::text_of(bytes, size));
    if (!value) {
        check(value.error().code == snapgate::base::Code::kInvalidBody, "the code of the error");
        check(value.error().message.size() < 1000, "the error is short");
        return 0;
    }
    auto again = json::parse(json::serialize(*value));
    check(again && *again == *value, "written and read again");
    auto pretty = json::parse(json::serialize_pretty(*value));
    check(pretty && *pretty == *value, "written over several lines and read again");
    return 0;
}

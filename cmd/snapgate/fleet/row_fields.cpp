#include "fleet/row_fields.h"

#include "base/count_text.h"
#include "json/path.h"

namespace snapgate::cli {

std::string flag_at(const json::Object& row, std::string_view name) {
    const json::Value* value = json::value_at(row, {name});
    return value != nullptr && value->is_bool() && value->get_bool() ? "true" : "false";
}

std::string number_at(const json::Object& row, std::string_view name) {
    const json::Value* value = json::value_at(row, {name});
    return value == nullptr ? std::string() : json::serialize(*value);
}

std::string size_of(const json::Object& row) {
    const json::Value* bytes = json::value_at(row, {"sizeBytes"});
    if (bytes == nullptr || !bytes->is_int64() || bytes->get_int64() < 0) return {};
    return base::size_text(static_cast<uint64_t>(bytes->get_int64()));
}

}  // namespace snapgate::cli

#include "fleet/row_fields.h"

#include "base/count_text.h"
#include "json/path.h"
#include "json/whole_number.h"

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
    const auto bytes = json::whole_number(row, "sizeBytes", 0);
    return bytes ? base::size_text(static_cast<uint64_t>(*bytes)) : std::string();
}

}  // namespace snapgate::cli

#include "rules/json_pointer.h"

#include "base/decimal.h"
#include "rules/values.h"

namespace snapgate::rules {
namespace {

constexpr size_t kMostParts = 64;

std::optional<std::string> unescape(std::string_view part) {
    std::string out;
    for (size_t i = 0; i < part.size(); ++i) {
        if (part[i] != '~') {
            out += part[i];
            continue;
        }
        ++i;
        if (i == part.size() || (part[i] != '0' && part[i] != '1')) return std::nullopt;
        out += part[i] == '0' ? '~' : '/';
    }
    return out;
}

}  // namespace

std::optional<Pointer> read_pointer(std::string_view text) {
    Pointer pointer;
    while (!text.empty()) {
        if (text.front() != '/' || pointer.size() == kMostParts) return std::nullopt;
        text.remove_prefix(1);
        size_t end = text.find('/');
        auto part = unescape(text.substr(0, end));
        if (!part) return std::nullopt;
        pointer.push_back(std::move(*part));
        text = end == std::string_view::npos ? std::string_view() : text.substr(end);
    }
    return pointer;
}

json::Value* resolve(json::Value& root, const Pointer& pointer) {
    json::Value* value = &root;
    for (const std::string& part : pointer) {
        if (json::Object* object = value->if_object()) {
            value = find(*object, part);
        } else if (json::Array* array = value->if_array()) {
            auto place = list_place(part, array->size());
            value = place && *place < array->size() ? &(*array)[*place] : nullptr;
        } else {
            value = nullptr;
        }
        if (value == nullptr) return nullptr;
    }
    return value;
}

std::optional<size_t> list_place(std::string_view part, size_t size) {
    if (part == "-") return size;
    if (part.empty() || (part.size() > 1 && part.front() == '0')) return std::nullopt;
    return base::read_decimal(part, size);
}

}  // namespace snapgate::rules

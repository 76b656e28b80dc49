// Puts a cluster's name into the text of an object.

#include <optional>

#include "base/json_text.h"
#include "json/object.h"
#include "json/text_skip.h"

namespace snapgate::json {
namespace {

// Where a member stands in a text, or would stand by the order of the keys.
struct Place {
    size_t begin = 0;  // of its key
    size_t value = 0;  // of its value, if it is there
    size_t end = 0;    // of its value, if it is there, else `begin`
    bool found = false;
    bool behind_all = false;  // every member stands before it
};

// Looks for the member `key` of the object whose brace is at `at`. nullopt if there is no object.
std::optional<Place> find_member(std::string_view text, size_t at, std::string_view key) {
    if (at >= text.size() || text[at] != '{') return std::nullopt;
    ++at;
    while (at < text.size() && text[at] == '"') {
        const size_t key_end = skip_string(text, at);
        if (key_end >= text.size()) return std::nullopt;
        const std::string_view name = text.substr(at + 1, key_end - at - 2);
        if (name > key) return Place{at, at, at, false, false};
        const size_t end = skip_value(text, key_end + 1);
        if (name == key) return Place{at, key_end + 1, end, true, false};
        if (end >= text.size()) return std::nullopt;
        if (text[end] != ',') return Place{end, end, end, false, true};
        at = end + 1;
    }
    return std::nullopt;
}

}  // namespace

base::Result<void> put_cluster_name(std::string_view name, std::string& out, size_t from) {
    constexpr std::string_view kKey = "clusterName";
    const std::string_view text = std::string_view(out).substr(from);
    const auto metadata = find_member(text, 0, "metadata");
    const auto place =
        metadata && metadata->found ? find_member(text, metadata->value, kKey) : std::nullopt;
    if (!place) return base::Error(base::Code::kCorrupt, "a stored object has no metadata");
    std::string member;
    if (place->behind_all) member += ',';
    base::append_json_member(kKey, name, member);
    if (!place->found && !place->behind_all) member += ',';
    out.replace(from + place->begin, place->end - place->begin, member);
    return {};
}

}  // namespace snapgate::json

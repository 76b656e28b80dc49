// Puts a cluster's name into the text of an object.

#include "base/json_text.h"
#include "json/object.h"
#include "json/text_skip.h"

namespace snapgate::json {
base::Result<void> put_cluster_name(std::string_view cluster, std::string& out, size_t from) {
    constexpr std::string_view kKey = "clusterName";
    const std::string_view text = std::string_view(out).substr(from);
    const auto metadata = find_member(text, 0, "metadata");
    const auto place =
        metadata && metadata->found ? find_member(text, metadata->value, kKey) : std::nullopt;
    if (!place) return base::Error(base::Code::kCorrupt, "a stored object has no metadata");
    std::string member;
    if (place->behind_all) member += ',';
    base::append_json_member(kKey, cluster, member);
    if (!place->found && !place->behind_all) member += ',';
    const size_t end = place->found ? skip_value(text, place->value) : place->begin;
    out.replace(from + place->begin, end - place->begin, member);
    return {};
}

}  // namespace snapgate::json

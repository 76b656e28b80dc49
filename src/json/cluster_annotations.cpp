#include "json/cluster_annotations.h"

#include <algorithm>
#include <array>
#include <optional>

#include "base/json_text.h"
#include "json/text_skip.h"

namespace snapgate::json {
namespace {

using base::Code;
using base::Error;
using base::Result;

constexpr std::string_view kAnnotations = "annotations";

// What Go's ObjectMeta has behind the annotations.
constexpr std::array<std::string_view, 3> kBehindAnnotations = {"ownerReferences", "finalizers",
                                                                "managedFields"};

// As find_member(), for the annotations of an ObjectMeta as Go writes it.
std::optional<MemberPlace> find_annotations_of_go(std::string_view text, size_t at) {
    return find_member_if(text, at, [](std::string_view key) {
        if (key == kAnnotations) return KeyOrder::kEqual;
        const bool behind = std::ranges::find(kBehindAnnotations, key) != kBehindAnnotations.end();
        return behind ? KeyOrder::kBehind : KeyOrder::kBefore;
    });
}

// Takes a member with a text out of the object whose brace is at `object`.
Result<void> drop_member(std::string_view key, size_t object, std::string& out) {
    const std::string_view text(out);
    const auto place = find_member(text, object, key);
    if (!place || !place->found) return {};
    size_t begin = place->begin;
    size_t end = skip_value(text, place->value);
    if (end >= text.size()) return Error(Code::kCorrupt, "the annotations of an object are cut");
    if (text[end] == ',') {
        ++end;
    } else if (text[begin - 1] == ',') {
        --begin;
    }
    out.erase(begin, end - begin);
    return {};
}

}  // namespace

ClusterAnnotations::ClusterAnnotations(std::string_view cluster, std::string_view uid) {
    base::append_json_member(kClusterAnnotation, cluster, members_);
    members_ += ',';
    base::append_json_member(kClusterUidAnnotation, uid, members_);
}

Result<void> ClusterAnnotations::put(MemberOrder order, std::string& out, size_t from) const {
    // Both orders have nothing before the metadata but what comes before it by its key, too.
    const auto metadata = find_member(std::string_view(out).substr(from), 0, "metadata");
    const size_t fields = from + (metadata ? metadata->value : 0);
    std::optional<MemberPlace> place;
    if (metadata && metadata->found) {
        place = order == MemberOrder::kSorted ? find_member(out, fields, kAnnotations)
                                              : find_annotations_of_go(out, fields);
    }
    if (!place) return Error(Code::kCorrupt, "a stored object has no metadata");
    if (!place->found) {
        std::string member;
        if (place->behind_all) member += ',';
        member += "\"annotations\":{" + members_ + "}";
        if (!place->behind_all) member += ',';
        out.insert(place->begin, member);
        return {};
    }
    if (out[place->value] != '{') {
        const size_t end = skip_value(out, place->value);
        out.replace(place->value, end - place->value, "{" + members_ + "}");
        return {};
    }
    SNAPGATE_TRY(drop_member(kClusterUidAnnotation, place->value, out));
    SNAPGATE_TRY(drop_member(kClusterAnnotation, place->value, out));
    if (out[place->value + 1] == '}') {
        out.insert(place->value + 1, members_);
        return {};
    }
    const auto among = find_member(out, place->value, kClusterAnnotation);
    if (!among) return Error(Code::kCorrupt, "the annotations of an object are cut");
    out.insert(among->begin, among->behind_all ? "," + members_ : members_ + ",");
    return {};
}

}  // namespace snapgate::json

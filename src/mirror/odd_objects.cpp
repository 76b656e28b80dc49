#include "mirror/odd_objects.h"

#include <utility>

#include "model/names.h"

namespace snapgate::mirror {

bool is_odd_object(std::string_view item, const cluster::ReflectedKind& kind) {
    if (!json::is_json_of_any_depth(item)) return false;
    const json::ObjectHead head = json::read_cut_object(item);
    if (!head.kind.empty() && head.kind != kind.kind) return false;
    const std::string_view group = head.api_version;
    return group.empty() || group.substr(0, group.find('/')) == kind.group;
}

Outcome<TakenObject> take_object(const cluster::ReflectedKind& kind, std::string_view text) {
    constexpr size_t kMostReasonBytes = 300;
    auto prepared = kind.prepare(text);
    if (prepared) return TakenObject{std::move(*prepared), {}};
    const base::Error& error = prepared.error();
    if (error.code == base::Code::kInvalidBody && !is_odd_object(text, kind)) {
        return tl::unexpected(malformed("the cluster sent an object that is not valid: " +
                                        error.message.substr(0, kMostReasonBytes)));
    }
    return TakenObject{std::nullopt, error.message};
}

bool can_be_kept(const json::ObjectHead& head) {
    return model::is_dns_subdomain(head.name) && model::is_dns_label(head.ns) &&
           model::is_plain_word(head.uid) && model::is_plain_word(head.version);
}

}  // namespace snapgate::mirror

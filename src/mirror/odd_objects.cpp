#include "mirror/odd_objects.h"

#include <fmt/format.h>

#include <utility>

#include "base/utf8.h"
#include "json/request_body.h"
#include "model/names.h"

namespace snapgate::mirror {

bool is_delimited(std::string_view item) {
    return json::syntax_fault(item).empty();
}

bool is_odd_object(std::string_view item, const cluster::ReflectedKind& kind) {
    if (!is_delimited(item)) return false;
    const json::ObjectHead head = json::read_cut_object(item);
    if (!head.kind.empty() && head.kind != kind.kind) return false;
    const std::string_view group = head.api_version;
    return group.empty() || group.substr(0, group.find('/')) == kind.group;
}

Outcome<TakenObject> take_object(const cluster::ReflectedKind& kind, std::string_view text) {
    auto prepared = kind.prepare(text);
    if (prepared) return TakenObject{std::move(*prepared), {}};
    const base::Error& error = prepared.error();
    if (error.code == base::Code::kInvalidBody && !is_odd_object(text, kind)) {
        return tl::unexpected(malformed(fmt::format(
            "the cluster sent an object that is not valid: {}", shortened_reason(error.message))));
    }
    return TakenObject{std::nullopt, error.message};
}

std::string_view shortened_reason(std::string_view why) {
    constexpr size_t kMostBytes = 300;
    return base::clip(why, kMostBytes);
}

bool can_be_named(const json::ObjectHead& head) {
    return model::is_dns_subdomain(head.name) && model::is_dns_label(head.ns);
}

bool can_be_kept(const json::ObjectHead& head) {
    return can_be_named(head) && model::is_plain_word(head.uid) &&
           model::is_plain_word(head.version);
}

}  // namespace snapgate::mirror

#include "mirror/skipped_objects.h"

#include <fmt/format.h>

#include "base/count_text.h"
#include "base/log.h"
#include "base/utf8.h"
#include "json/limits.h"
#include "mirror/odd_objects.h"
#include "model/names.h"

namespace snapgate::mirror {
namespace {

// A name that no object may have can be of any length.
std::string shortened(std::string_view text) {
    std::string out(text.substr(0, model::kMostSubdomainBytes));
    while (!base::is_utf8(out)) out.pop_back();
    return out;
}

model::ObjectKey key_of(const json::ObjectHead& head) {
    return {shortened(head.ns), shortened(head.name)};
}

}  // namespace

void SkippedObjects::clear() {
    if (count() > 0) ++changes_;
    named_.clear();
    others_ = nameless_ = logged_ = 0;
    example_.clear();
}

void SkippedObjects::add(const json::ObjectHead& head, std::string_view why, bool is_whole) {
    const model::ObjectKey key = key_of(head);
    const std::string name = key.name.empty() ? "one without a name" : key.ns + "/" + key.name;
    example_ = fmt::format("{}: {}", name, shortened_reason(why));
    // One that changes all the time is told of once.
    if (!add_key(key, is_whole) || logged_ == kMostNamed) return;
    ++logged_;
    base::log::warning("an object of a cluster cannot be shown",
                       {{"cluster", cluster_}, {"kind", kind_}, {"object", name}, {"error", why}});
}

void SkippedObjects::add_too_large(const json::ObjectHead& head) {
    add(head, "larger than " + base::size_text(json::kMaxObjectBytes), false);
}

bool SkippedObjects::add_key(const model::ObjectKey& key, bool is_whole) {
    if (named_.contains(key)) return false;
    ++changes_;
    if (key.name.empty() && is_whole) {
        ++nameless_;
    } else if (key.name.empty() || named_.size() == kMostNamed) {
        ++others_;
    } else {
        named_.insert(key);
    }
    return true;
}

void SkippedObjects::remove(const json::ObjectHead& head) {
    if (named_.erase(key_of(head)) == 0) return;
    ++changes_;
    if (count() == 0) example_.clear();
}

}  // namespace snapgate::mirror

#include "json/dump_end.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/count_text.h"
#include "base/utf8.h"
#include "json/whole_number.h"
#include "model/api_names.h"

namespace snapgate::json {
namespace {

constexpr size_t kShownBytes = 80;

// What a page says about the pages after it.
struct PageHead {
    bool continues = false;
    uint64_t remaining = 0;
};

PageHead read_page_head(const Object& envelope) {
    const Value* metadata = envelope.if_contains("metadata");
    if (metadata == nullptr || !metadata->is_object()) return {};
    PageHead head;
    const Object& object = metadata->get_object();
    const Value* token = object.if_contains("continue");
    head.continues = token != nullptr && !token->is_null() &&
                     !(token->is_string() && token->get_string().empty());
    if (const auto remaining = whole_number(object, "remainingItemCount", 1))
        head.remaining = static_cast<uint64_t>(*remaining);
    return head;
}

}  // namespace

void DumpEnd::follow(ItemSplitter& splitter) {
    splitter.tell({.list = [this, &splitter](const Object& envelope) -> base::Result<void> {
                       take_list(envelope, items_before_ + splitter.items());
                       return {};
                   },
                   .array = [this]() -> base::Result<void> {
                       ++values_;
                       return {};
                   },
                   .single = [this]() -> base::Result<void> {
                       ++values_;
                       open_ = true;
                       return {};
                   }});
}

void DumpEnd::take_list(const Object& envelope, size_t items) {
    ++values_;
    items_ = items;
    const PageHead head = read_page_head(envelope);
    continued_ = head.continues || head.remaining > 0;
    if (head.remaining > 0) wanted_items_ = std::max(wanted_items_, items + head.remaining);
    const Value* kind = envelope.if_contains("kind");
    if (kind == nullptr || kind->is_null()) return;
    if (kind->is_string() &&
        (kind->get_string() == "List" || kind->get_string() == model::kSnapshotListKind))
        return;
    other_kind_ = base::clip(json::serialize(*kind), kShownBytes);
}

std::optional<std::string> DumpEnd::missing() const {
    if (continued_)
        return "its last list is a page that says that more follow (metadata.continue): give all "
               "pages, in their order";
    if (items_ < wanted_items_)
        return fmt::format("a page of it is missing: it has {}, and its pages speak of {}",
                           base::counted(items_, "object"), base::format_count(wanted_items_));
    if (!other_kind_.empty())
        return fmt::format("it has a list of the kind {}, which holds no snapshots", other_kind_);
    return std::nullopt;
}

}  // namespace snapgate::json

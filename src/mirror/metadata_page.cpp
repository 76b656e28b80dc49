#include "mirror/metadata_page.h"

#include "json/metadata_text.h"
#include "mirror/list_head.h"
#include "mirror/odd_objects.h"

namespace snapgate::mirror {

using base::Code;
using base::Error;
using base::Result;

MetadataPage::MetadataPage(const cluster::ReflectedKind& kind, const SkippedObjects& skipped,
                           Checksum& sum)
    : kind_(kind),
      skipped_(skipped),
      sum_(sum),
      list_([this](std::string_view item) { return add(item); }) {
    list_.pass_over_too_large([](std::string_view) -> Result<void> { return {}; });
}

Result<void> MetadataPage::add(std::string_view item) {
    const auto head = json::read_object_head(item);
    const auto metadata = json::metadata_text(item);
    if (!head || !metadata || !can_be_kept(*head)) {
        // An odd object is in no mirror, so it is left out here, too.
        if (is_delimited(item)) return {};
        return Error(Code::kBadPeer, "the cluster's list is not valid");
    }
    if (skipped_.contains({head->ns, head->name})) return {};
    sum_.add(head->ns, head->name, head->uid, head->version, *metadata);
    return {};
}

Result<json::ListHead> MetadataPage::finish() {
    auto head = list_.finish();
    if (!head) return Error(Code::kBadPeer, "the cluster's list is not valid");
    const auto checked = check_list_head(*head, kind_, ListForm::kMetadata);
    if (!checked) return Error(Code::kBadPeer, checked.error().message);
    return head;
}

}  // namespace snapgate::mirror

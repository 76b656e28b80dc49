#include "mirror/list_head.h"

#include <fmt/format.h>

#include "model/names.h"

namespace snapgate::mirror {

Outcome<void> check_list_head(const json::ListHead& head, const cluster::ReflectedKind& kind,
                              ListForm form) {
    const std::string wanted = fmt::format("{}List", kind.kind);
    const bool is_metadata =
        form == ListForm::kMetadata && head.kind == "PartialObjectMetadataList";
    if (head.kind != wanted && !is_metadata)
        return tl::unexpected(malformed(fmt::format("the cluster answered no {}", wanted)));
    if (!model::is_plain_word(head.version)) {
        return tl::unexpected(
            malformed(fmt::format("the cluster answered a {} without a valid version", wanted)));
    }
    return {};
}

}  // namespace snapgate::mirror

#include "mirror/metadata_form.h"

#include <utility>

namespace snapgate::mirror {

bool MetadataForm::agree(const Checksum& mine, const Checksum& theirs) {
    differs_ = mine.same_versions(theirs) && mine != theirs;
    if (!differs_) return mine == theirs;
    return !counts_;
}

bool MetadataForm::is_disproved(uint64_t changed) {
    if (!std::exchange(differs_, false) || changed > 0 || !counts_) return false;
    counts_ = false;
    return true;
}

}  // namespace snapgate::mirror

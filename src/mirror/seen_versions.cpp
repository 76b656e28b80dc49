#include "mirror/seen_versions.h"

#include <utility>

#include "model/version_order.h"

namespace snapgate::mirror {

void SeenVersions::add(std::string version) {
    if (listed_) {
        if (!model::is_newer(version, *listed_)) base_ = std::move(version);
        return;
    }
    kept_.push_back(std::move(version));
    if (kept_.size() > kMost) kept_.pop_front();
}

void SeenVersions::settle(std::string listed) {
    if (listed_) return;
    // Unless it was dropped, the first one is in front.
    if (kept_.front() == first_) base_ = first_;
    for (std::string& version : kept_) {
        if (!model::is_newer(version, listed)) base_ = std::move(version);
    }
    kept_.clear();
    listed_ = std::move(listed);
}

}  // namespace snapgate::mirror

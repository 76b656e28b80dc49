#include "mirror/skipped_objects.h"

namespace snapgate::mirror {

void SkippedObjects::clear() {
    if (count() > 0) ++changes_;
    named_.clear();
    others_ = nameless_ = 0;
}

void SkippedObjects::add(const model::ObjectKey& key) {
    if (named_.contains(key)) return;
    ++changes_;
    if (key.name.empty() || named_.size() == kMostNamed) {
        ++others_;
    } else {
        named_.insert(key);
    }
}

}  // namespace snapgate::mirror

#pragma once

#include <string_view>

#include "base/result.h"
#include "cluster/reflected_kind.h"
#include "json/cluster_answers.h"
#include "json/list_reader.h"
#include "mirror/checksum.h"
#include "mirror/skipped_objects.h"

namespace snapgate::mirror {

// One page of a list of metadata, as it arrives, added up. One thread; what it is given outlives
// it.
class MetadataPage {
  public:
    MetadataPage(const cluster::ReflectedKind& kind, const SkippedObjects& skipped, Checksum& sum);
    MetadataPage(const MetadataPage&) = delete;
    MetadataPage& operator=(const MetadataPage&) = delete;

    base::Result<void> feed(std::string_view piece) { return list_.feed(piece); }
    base::Result<json::ListHead> finish();

  private:
    base::Result<void> add(std::string_view item);

    const cluster::ReflectedKind& kind_;
    const SkippedObjects& skipped_;
    Checksum& sum_;
    json::ListReader list_;
};

}  // namespace snapgate::mirror

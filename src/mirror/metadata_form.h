#pragma once

#include <cstdint>

#include "mirror/checksum.h"

namespace snapgate::mirror {

// What is known of the metadata that a cluster shows alone, without the objects. One thread.
class MetadataForm {
  public:
    // `is_kept`: whether the mirror has the metadata whole.
    explicit MetadataForm(bool is_kept = true) : is_kept_(is_kept), counts_(is_kept) {}

    // Whether both have the same objects, and the same metadata where the cluster's is of use.
    bool agree(const Checksum& mine, const Checksum& theirs);
    // A whole list was taken in, and changed so many objects. If the comparison before it found
    // other metadata and the list changed nothing, the cluster shows metadata alone in another form
    // than within objects, and comparisons leave metadata out from now on. True once, at that time.
    bool is_disproved(uint64_t changed);
    // The cluster may be another server now: its metadata is compared again.
    void forget() { counts_ = is_kept_; }

  private:
    bool differs_ = false;  // the last comparison found equal versions, but different metadata
    const bool is_kept_;
    bool counts_;
};

}  // namespace snapgate::mirror

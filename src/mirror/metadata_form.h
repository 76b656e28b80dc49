#pragma once

#include <cstdint>

#include "mirror/checksum.h"

namespace snapgate::mirror {

// What is known of the metadata that a cluster shows alone, without the objects. One thread.
class MetadataForm {
  public:
    // `is_kept`: whether the mirror has the metadata whole.
    explicit MetadataForm(bool is_kept = true) : is_kept_(is_kept), counts_(is_kept) {}

    // Whether they say the same, as far as this cluster's metadata can be compared.
    bool agree(const Checksum& mine, const Checksum& theirs);
    // A whole list was taken in, byte by byte, and changed so many objects. True if that shows that
    // the cluster shows metadata alone in another form than within objects: it is of no use for
    // comparisons, and would be found different each time. Told once.
    bool is_disproved(uint64_t changed);
    // It may be another server.
    void forget() { counts_ = is_kept_; }

  private:
    bool differs_ = false;  // the last comparison found equal versions, but different metadata
    const bool is_kept_;
    bool counts_;
};

}  // namespace snapgate::mirror

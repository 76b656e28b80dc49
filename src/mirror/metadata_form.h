#pragma once

#include <cstdint>

#include "mirror/checksum.h"

namespace snapgate::mirror {

// What is known of the metadata that a cluster shows alone, without the objects. One thread.
class MetadataForm {
  public:
    // Whether they say the same, as far as this cluster's metadata can be compared.
    bool agree(const Checksum& mine, const Checksum& theirs);
    // A whole list was taken in, byte by byte, and changed so many objects. True if that shows that
    // the cluster shows metadata alone in another form than within objects: it is of no use for
    // comparisons, and would be found different each time. Told once.
    bool is_disproved(uint64_t changed);
    // It may be another server.
    void forget() { counts_ = true; }

  private:
    bool differs_ = false;  // the last comparison found equal versions, but different metadata
    bool counts_ = true;
};

}  // namespace snapgate::mirror

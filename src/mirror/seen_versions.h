#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <string>

namespace snapgate::mirror {

// The versions of a mirror while it is compared with its cluster's newest list: finds the one whose
// state the list shows, the newest that is not newer than the list. The list says its version with
// its first page, and until then any of them may be it; afterwards one is enough. A plain value.
class SeenVersions {
  public:
    // So many are known until the list says its version.
    static constexpr size_t kMost = 10'000;

    // `first`: the mirror's version when the comparison began.
    explicit SeenVersions(std::string first) : first_(first), kept_({std::move(first)}) {}

    const std::string& first() const { return first_; }
    // The mirror has come to that version.
    void add(std::string version);
    // The list is of that version.
    void settle(std::string listed);
    // The one to compare with the list: the first one if all are newer. nullopt before settle(),
    // and if more than kMost came before it and the one is not among the newest of them.
    const std::optional<std::string>& base() const { return base_; }

  private:
    std::string first_;
    std::deque<std::string> kept_;  // until settle()
    std::optional<std::string> listed_;
    std::optional<std::string> base_;
};

}  // namespace snapgate::mirror

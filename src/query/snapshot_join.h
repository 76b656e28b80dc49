#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "facts/cause.h"
#include "facts/facts.h"
#include "query/fleet_kinds.h"

namespace snapgate::query {

// The error of a snapshot's content as the cause of a snapshot that lacks one; "" if it has none.
// The one place that decides it. `contents` may be null; `content`: Facts::content.
facts::Cause cause_of_content(const ContentBlock* contents, facts::ContentHash content,
                              std::string_view ns, std::string_view snapshot, std::string_view vm);

// What the contents and restores of a cluster say of its snapshots. Belongs to one thread at a
// time.
class SnapshotJoin {
  public:
    // The order in which snapshots are asked about.
    enum class Order : uint8_t {
        kList,  // the order of their list: cheaper
        kAny,
    };

    // Begins with a cluster; `known` outlives the use.
    void begin(const ClusterKinds& known, Order order);
    // Whether anything is said of any snapshot.
    bool any() const { return known_ != nullptr && (known_->contents || known_->restores); }

    // Gives a snapshot that lacks a cause the error of its content, and says whether it did. Views
    // in `facts` are good until the next call.
    bool complete_cause(std::string_view ns, std::string_view name, std::string_view vm,
                        facts::Facts& facts);
    // The bytes that the claims in its content request; nullopt where they are not known.
    std::optional<uint64_t> bytes_of(std::string_view ns, std::string_view name,
                                     const facts::Facts& facts) const;
    // How many restores name it; nullopt where restores are not known.
    std::optional<uint64_t> restores_of(std::string_view ns, std::string_view name);

  private:
    const ClusterKinds* known_ = nullptr;
    Order order_ = Order::kAny;
    size_t next_restore_ = 0;
    facts::Cause cause_;
};

}  // namespace snapgate::query

#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "mirror/mirror_status.h"
#include "mirror/setback.h"

namespace snapgate::mirror {

// What the log was told of the failures since a cluster was last followed: each reason once, as
// attempts go on for as long as the cluster is away; the others are counted. A cluster can give
// reasons without end, so there are few of them. A value.
class ToldFailures {
  public:
    using Time = std::chrono::steady_clock::time_point;

    // An attempt failed. True if the log is to be told.
    bool take(const Setback& setback, Time now);

    // Whether the cluster could be followed all the time.
    bool none() const { return reasons_.empty(); }
    // The cluster is followed again: state and reason of the first failure, and in words for people
    // how many there were. Forgets them.
    Setback end(Time now);

  private:
    std::vector<std::string> reasons_;           // that were told
    MirrorState state_ = MirrorState::kFailing;  // of the first
    Time since_;
    uint64_t failures_ = 0;
};

}  // namespace snapgate::mirror

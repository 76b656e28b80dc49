#include "mirror/told_failures.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/count_text.h"
#include "base/duration.h"

namespace snapgate::mirror {
namespace {

constexpr size_t kMostReasons = 8;

}  // namespace

bool ToldFailures::take(const Setback& setback, Time now) {
    if (reasons_.empty()) {
        since_ = now;
        state_ = setback.state;
    }
    ++failures_;
    if (std::ranges::find(reasons_, setback.reason) != reasons_.end()) return false;
    if (reasons_.size() == kMostReasons) return false;
    reasons_.push_back(setback.reason);
    return true;
}

Setback ToldFailures::end(Time now) {
    Setback told;
    told.state = state_;
    told.reason = reasons_.front();
    const auto away = std::chrono::duration_cast<base::Millis>(
        std::chrono::floor<std::chrono::seconds>(now - since_));
    told.message =
        fmt::format("{} in {}, the first by {}", base::counted(failures_, "failed attempt"),
                    base::format_duration(away), told.reason);
    *this = ToldFailures();
    return told;
}

}  // namespace snapgate::mirror

#include "mirror/went_back.h"

#include <fmt/format.h>

#include "model/version_order.h"

namespace snapgate::mirror {
namespace {

// The digits of a version that a message shows.
constexpr size_t kMostShown = 64;

}  // namespace

bool went_back(std::string_view held, std::string_view told) {
    return model::is_newer(held, told);
}

Setback versions_went_back(std::string_view held, std::string_view told) {
    return versions_in_doubt("VersionsWentBack",
                             fmt::format("the cluster's versions went back, from {} to {}: it was "
                                         "restored, or it is another one",
                                         held.substr(0, kMostShown), told.substr(0, kMostShown)));
}

}  // namespace snapgate::mirror

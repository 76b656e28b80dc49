#pragma once

#include <compare>

#include "model/types.h"

namespace snapgate::store {

// A state of a cluster that is held.
struct HeldState {
    model::ClusterNumber cluster = 0;
    model::Revision revision = 0;

    auto operator<=>(const HeldState&) const = default;
};

}  // namespace snapgate::store

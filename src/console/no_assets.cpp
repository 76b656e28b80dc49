#include "console/assets.h"

namespace snapgate::console {

std::span<const Asset> assets() {
    return {};
}

}  // namespace snapgate::console

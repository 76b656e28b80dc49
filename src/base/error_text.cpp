#include "base/error_text.h"

#include <fmt/format.h>

#include <algorithm>

namespace snapgate::base {
namespace {

constexpr size_t kShownCauses = 3;

}  // namespace

std::string text_with_causes(const Error& error) {
    std::string text = error.message;
    const size_t shown = std::min(error.causes.size(), kShownCauses);
    for (size_t i = 0; i < shown; ++i) {
        const Cause& cause = error.causes[i];
        if (error.message.find(cause.message) == std::string::npos)
            text += fmt::format("; {}: {}", cause.field, cause.message);
    }
    return text;
}

}  // namespace snapgate::base

#include "mirror/pages.h"

#include <fmt/format.h>

#include "base/encoding.h"

namespace snapgate::mirror {
namespace {

constexpr size_t kMostPages = 1'000'000;

}  // namespace

std::string Pages::target() const {
    if (page_ == 1) return path_ + "?" + query_;
    return fmt::format("{}?limit={}&continue={}", path_, kPageObjects,
                       base::percent_encode(token_));
}

Outcome<bool> Pages::turn(json::ListHead head) {
    if (page_ == 1) version_ = std::move(head.version);
    if (!token_.empty() && head.continue_token == token_)
        return tl::unexpected(malformed("the cluster's list goes on with the same page"));
    token_ = std::move(head.continue_token);
    if (token_.empty()) return false;
    if (++page_ > kMostPages) return tl::unexpected(malformed("the cluster's list has no end"));
    return true;
}

}  // namespace snapgate::mirror

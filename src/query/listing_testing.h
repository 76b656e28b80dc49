#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <vector>

#include "query/listing.h"

namespace snapgate::query {

// Messages from which tests see which fault of a list occurred.
inline constexpr ListWords kTestWords{
    .broken_token = [](std::string_view) { return std::string("the token is broken"); },
    .foreign_token = "the token is of another list",
    .token_expired = "the token is too old",
    .state_expired = "the state is gone",
    .version_with_token = "a version with a token",
    .version_ahead =
        [](std::string_view version, std::string_view newest) {
            return base::Error(base::Code::kFutureVersion,
                               fmt::format("version {} is ahead of {}", version, newest));
        },
};

// The continue tokens that a text test has seen. Its file knows them by the order in which they
// came: T1, T2, ...
class NamedTokens {
  public:
    // Replaces a token by its name, and remembers it.
    std::string name(const std::string& token) {
        tokens_.push_back(token);
        return fmt::format("T{}", tokens_.size());
    }

    // A query with the tokens in the place of their names: "continue=T1".
    std::string filled(std::string query) const {
        // T12 before T1.
        for (size_t i = tokens_.size(); i > 0; --i) {
            const std::string name = fmt::format("=T{}", i);
            const size_t at = query.find(name);
            if (at != std::string::npos) query.replace(at + 1, name.size() - 1, tokens_[i - 1]);
        }
        return query;
    }

    std::string describe(const base::Error& error) {
        std::string out =
            fmt::format("error {}: {}\n", static_cast<int>(error.code), error.message);
        if (error.code == base::Code::kExpired) out = "expired\n";
        if (error.code == base::Code::kInvalidParameter)
            out = fmt::format("invalid {}: {}\n", error.subject, error.message);
        if (error.code == base::Code::kNotFound) out = "not found: " + error.message + "\n";
        if (!error.continue_token.empty()) out += "  continue " + name(error.continue_token) + "\n";
        return out;
    }

  private:
    std::vector<std::string> tokens_;
};

}  // namespace snapgate::query

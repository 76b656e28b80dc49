#pragma once

#include <fmt/format.h>

#include <charconv>
#include <string>
#include <string_view>
#include <system_error>
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

    // A query with the tokens in the place of their names: "continue=T1". A token's own bytes are
    // never read as a name: it may begin with "T1".
    std::string filled(std::string_view query) const {
        std::string out;
        while (!query.empty()) {
            const size_t name = query.find("=T");
            out += query.substr(0, name == std::string_view::npos ? name : name + 1);
            if (name == std::string_view::npos) break;
            query.remove_prefix(name + 1);
            size_t number = 0;
            const auto [end, error] =
                std::from_chars(query.data() + 1, query.data() + query.size(), number);
            if (error != std::errc() || number == 0 || number > tokens_.size()) continue;
            out += tokens_[number - 1];
            query.remove_prefix(static_cast<size_t>(end - query.data()));
        }
        return out;
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

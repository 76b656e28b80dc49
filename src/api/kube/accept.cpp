#include "api/kube/accept.h"

#include <algorithm>
#include <charconv>
#include <tuple>

#include "net/http/header_values.h"

namespace snapgate::api::kube {
namespace {

constexpr size_t kMaxClauses = 64;

// Takes what stands before the separator off the text, and the separator.
std::string_view take_until(std::string_view& text, char separator) {
    const size_t at = text.find(separator);
    const std::string_view taken = text.substr(0, at);
    text.remove_prefix(at == std::string_view::npos ? text.size() : at + 1);
    return taken;
}

double read_weight(std::string_view text) {
    double weight = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), weight);
    // What is no number is a weight of nothing: Go's ParseFloat says so.
    const bool whole = failed == std::errc() && end == text.data() + text.size();
    return whole && weight > 0 ? weight : 0;
}

bool read_clause(std::string_view part, AcceptClause& clause) {
    std::string_view media = take_until(part, ';');
    clause.type = net::trim_blanks(take_until(media, '/'));
    clause.subtype = net::trim_blanks(media);
    if (media.empty() && clause.type == "*") clause.subtype = "*";
    if (clause.subtype.empty() || clause.subtype.find('/') != std::string_view::npos) return false;
    while (!part.empty()) {
        std::string_view value = take_until(part, ';');
        const std::string_view name = net::trim_blanks(take_until(value, '='));
        if (value.empty() || value.find('=') != std::string_view::npos) continue;
        if (name == "q") {
            clause.weight = read_weight(value);
        } else {
            clause.parameters.emplace_back(name, net::trim_blanks(value));
        }
    }
    return true;
}

}  // namespace

bool AcceptClause::covers(std::string_view application_subtype) const {
    if (type == "*") return subtype == "*";
    return type == "application" && (subtype == "*" || subtype == application_subtype);
}

std::vector<AcceptClause> parse_accept(std::string_view header) {
    const auto rank = [](const AcceptClause& clause) {
        return std::tuple(-clause.weight, clause.type == "*", clause.subtype == "*");
    };
    std::vector<AcceptClause> clauses;
    while (!header.empty() && clauses.size() < kMaxClauses) {
        AcceptClause clause;
        if (!read_clause(net::trim_blanks(take_until(header, ',')), clause)) continue;
        const auto place = std::ranges::upper_bound(clauses, rank(clause), {}, rank);
        clauses.insert(place, std::move(clause));
    }
    return clauses;
}

}  // namespace snapgate::api::kube

#pragma once

#include <string_view>
#include <utility>
#include <vector>

namespace snapgate::api::kube {

// One form that a client takes: "application/json;as=Table;v=v1;g=meta.k8s.io;q=0.9". Views into
// the header.
struct AcceptClause {
    std::string_view type;
    std::string_view subtype;
    std::vector<std::pair<std::string_view, std::string_view>> parameters;  // but q
    double weight = 1;

    // Whether `application/<subtype>` is meant.
    bool covers(std::string_view application_subtype) const;
};

// Reads an Accept header the way kube-apiserver's goautoneg does: what it can't read is skipped;
// the heaviest first, of equal ones the more specific, then as they stand. Of a great many clauses
// only the first are read.
std::vector<AcceptClause> parse_accept(std::string_view header);

}  // namespace snapgate::api::kube

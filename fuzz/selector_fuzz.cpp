// What a client selects with: a label selector and, after a line feed, a field selector.

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "check.h"
#include "input.h"
#include "model/names.h"
#include "query/label_terms.h"
#include "query/selector.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    using namespace snapgate;
    using fuzz::check;
    using Operator = query::LabelTerm::Operator;
    const std::string_view text = snapgate::fuzz::text_of(data, size);
    const size_t line = std::min(text.find('\n'), text.size());
    const std::string_view labels = text.substr(0, line);
    const std::string_view fields = text.substr(std::min(line + 1, text.size()));

    auto terms = query::parse_label_terms(labels);
    if (!terms) {
        check(terms.error().code == base::Code::kInvalidParameter, "a refusal names the parameter");
        fuzz::check_says_why(terms.error());
    } else {
        for (const query::LabelTerm& term : *terms) {
            check(model::is_qualified_name(term.key), "a key can be a label's");
            const auto is_value = [](const std::string& value) {
                return value.empty() ||
                       (model::is_qualified_name(value) && value.find('/') == std::string::npos);
            };
            check(std::ranges::all_of(term.values, is_value), "a value can be a label's");
            check(std::ranges::is_sorted(term.values), "values are sorted");
            const bool compares = term.op == Operator::kIn || term.op == Operator::kNotIn;
            check(!compares || !term.values.empty(), "a comparison has values");
        }
    }
    auto selector = query::Selector::parse(model::Kind::kSnapshot, labels, fields);
    if (!selector) return 0;
    check(terms.has_value(), "labels are read alike");
    const bool nothing = selector->matches("ns", "name", {}, "");
    check(nothing || !selector->everything(), "everything is selected");
    if (!selector->reads_labels()) {
        check(selector->matches("ns", "name", {{"a", "b"}}, "") == nothing,
              "labels count only where they are asked for");
    }
    // What has the first value of each requirement's label satisfies those that want one.
    query::Labels those;
    for (const query::LabelTerm& term : *terms) {
        if (term.op == Operator::kIn) those.emplace_back(term.key, term.values.front());
    }
    std::ranges::sort(those);
    selector->matches("ns", "name", those, "");
    if (auto name = selector->only_name())
        check(!selector->matches("ns", *name + "x", those, ""), "only one name is selected");
    return 0;
}

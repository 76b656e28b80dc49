#include "query/selector.h"

#include <algorithm>

#include "query/field_terms.h"
#include "query/label_terms.h"
#include "query/parse_int64.h"

namespace snapgate::query {
namespace {

using base::Code;
using base::Error;
using base::Result;

constexpr std::string_view kName = "metadata.name";
constexpr std::string_view kNamespace = "metadata.namespace";

const std::string* find_label(const Labels& labels, std::string_view key) {
    auto at = std::ranges::lower_bound(
        labels, key, {}, [](const auto& label) { return std::string_view(label.first); });
    return at == labels.end() || at->first != key ? nullptr : &at->second;
}

}  // namespace

Result<Selector> Selector::parse(std::string_view labels, std::string_view fields) {
    Selector selector;
    SNAPGATE_ASSIGN(selector.requirements_, parse_label_terms(labels));
    SNAPGATE_ASSIGN(std::vector<FieldTerm> terms, parse_field_terms(fields));
    for (FieldTerm& term : terms) {
        if (term.label != kName && term.label != kNamespace) {
            return Error(Code::kInvalidParameter, "field label not supported: " + term.label,
                         "fieldSelector");
        }
        selector.fields_.push_back({term.label == kName, term.equals, std::move(term.value)});
    }
    return selector;
}

bool Selector::matches(std::string_view ns, std::string_view name, const Labels& labels) const {
    for (const Field& field : fields_) {
        if (((field.is_name ? name : ns) == field.value) != field.equals) return false;
    }
    return std::ranges::all_of(requirements_, [&labels](const LabelTerm& term) {
        const std::string* value = find_label(labels, term.key);
        const auto among = [&] { return std::ranges::binary_search(term.values, *value); };
        switch (term.op) {
            case LabelTerm::Operator::kIn:
                return value != nullptr && among();
            case LabelTerm::Operator::kNotIn:
                return value == nullptr || !among();
            case LabelTerm::Operator::kExists:
                return value != nullptr;
            case LabelTerm::Operator::kNotExists:
                return value == nullptr;
            case LabelTerm::Operator::kGreater:
            case LabelTerm::Operator::kLess:
                break;
        }
        if (value == nullptr) return false;
        const auto number = parse_int64(*value);
        if (!number) return false;
        return term.op == LabelTerm::Operator::kGreater ? *number > term.number
                                                        : *number < term.number;
    });
}

std::optional<std::string> Selector::only(bool name) const {
    for (const Field& field : fields_) {
        if (field.is_name == name && field.equals) return field.value;
    }
    return std::nullopt;
}

std::optional<std::string> Selector::only_name() const {
    return only(true);
}

std::optional<std::string> Selector::only_namespace() const {
    return only(false);
}

}  // namespace snapgate::query

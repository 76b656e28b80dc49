#include "query/selector.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/utf8.h"
#include "json/object.h"
#include "model/names.h"
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
constexpr std::string_view kPhase = "status.phase";

const std::string* find_label(const Labels& labels, std::string_view key) {
    auto at = std::ranges::lower_bound(
        labels, key, {}, [](const auto& label) { return std::string_view(label.first); });
    return at == labels.end() || at->first != key ? nullptr : &at->second;
}

}  // namespace

Result<Selector> Selector::parse(model::Kind kind, std::string_view labels,
                                 std::string_view fields) {
    Selector selector;
    SNAPGATE_ASSIGN(selector.requirements_, parse_label_terms(labels));
    SNAPGATE_ASSIGN(std::vector<FieldTerm> terms, parse_field_terms(fields));
    // The fields that kube-apiserver's conversions accept for a kind.
    const bool namespaces = kind == model::Kind::kNamespace;
    for (FieldTerm& term : terms) {
        Field field{Part::kName, term.equals, std::move(term.value)};
        if (term.label == kNamespace && !namespaces) {
            field.part = Part::kNamespace;
        } else if (term.label == kPhase && namespaces) {
            field.part = Part::kPhase;
            selector.reads_phase_ = true;
        } else if (term.label != kName) {
            return Error(
                Code::kInvalidParameter,
                fmt::format("field label not supported: {}", base::clip(term.label, kShownBytes)),
                "fieldSelector");
        }
        selector.fields_.push_back(std::move(field));
    }
    return selector;
}

bool Selector::nothing() const {
    return std::ranges::any_of(fields_, [](const Field& field) {
        if (!field.equals || field.part == Part::kPhase) return false;
        return field.part == Part::kName ? !model::may_be_name(field.value)
                                         : !model::may_be_namespace(field.value);
    });
}

Result<bool> Selector::selects(const store::Found& object) const {
    if (everything()) return true;
    Labels labels;
    if (reads_labels()) {
        SNAPGATE_ASSIGN(labels, json::read_labels(object.object));
    }
    return matches(object.ns, object.name, labels,
                   reads_phase_ ? json::read_phase(object.object) : std::string_view());
}

bool Selector::matches(std::string_view ns, std::string_view name, const Labels& labels,
                       std::string_view phase) const {
    for (const Field& field : fields_) {
        const std::string_view value = field.part == Part::kName        ? name
                                       : field.part == Part::kNamespace ? ns
                                                                        : phase;
        if ((value == field.value) != field.equals) return false;
    }
    return matches_labels(labels);
}

bool Selector::matches_labels(const Labels& labels) const {
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

std::optional<std::string> Selector::only(Part part) const {
    for (const Field& field : fields_) {
        if (field.part == part && field.equals) return field.value;
    }
    return std::nullopt;
}

void Selector::require_name(std::string name) {
    fields_.push_back({Part::kName, true, std::move(name)});
}

std::optional<std::string> Selector::only_name() const {
    return only(Part::kName);
}

std::optional<std::string> Selector::only_namespace() const {
    return only(Part::kNamespace);
}

}  // namespace snapgate::query

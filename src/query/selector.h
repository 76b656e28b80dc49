#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "query/label_terms.h"

namespace snapgate::query {

// An object's labels, sorted by key.
using Labels = std::vector<std::pair<std::string, std::string>>;

// A label selector and a field selector of Kubernetes, together. Fields: metadata.name and
// metadata.namespace. Immutable; any thread may call.
class Selector {
  public:
    // Selects everything.
    Selector() = default;
    // kInvalidParameter in kube-apiserver's words.
    static base::Result<Selector> parse(std::string_view labels, std::string_view fields);

    bool everything() const { return requirements_.empty() && fields_.empty(); }
    bool reads_labels() const { return !requirements_.empty(); }
    bool matches(std::string_view ns, std::string_view name, const Labels& labels) const;
    // The one name, and the one namespace, that fields allow: what need not be scanned.
    std::optional<std::string> only_name() const;
    std::optional<std::string> only_namespace() const;

  private:
    struct Field {
        bool is_name = true;  // else the namespace
        bool equals = true;
        std::string value;
    };

    std::optional<std::string> only(bool name) const;

    std::vector<LabelTerm> requirements_;
    std::vector<Field> fields_;
};

}  // namespace snapgate::query

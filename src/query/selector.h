#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "model/types.h"
#include "query/label_terms.h"
#include "store/store.h"

namespace snapgate::query {

// An object's labels, sorted by key.
using Labels = std::vector<std::pair<std::string, std::string>>;

// A label selector and a field selector of Kubernetes, together. Fields: metadata.name, of
// snapshots metadata.namespace, of namespaces status.phase. Immutable; any thread may call.
class Selector {
  public:
    // Selects everything.
    Selector() = default;
    // kInvalidParameter in kube-apiserver's words.
    static base::Result<Selector> parse(model::Kind kind, std::string_view labels,
                                        std::string_view fields);

    bool everything() const { return requirements_.empty() && fields_.empty(); }
    bool reads_labels() const { return !requirements_.empty(); }
    // True if nothing has the namespace and name that fields want.
    bool nothing() const;
    // `phase`: a namespace's, of others "".
    bool matches(std::string_view ns, std::string_view name, const Labels& labels,
                 std::string_view phase) const;
    // The same of a stored object, of which only what counts is read. kCorrupt if it cannot be.
    base::Result<bool> selects(const store::Found& object) const;
    // The one name, and the one namespace, that fields allow: what need not be scanned.
    std::optional<std::string> only_name() const;
    std::optional<std::string> only_namespace() const;

  private:
    enum class Part { kName, kNamespace, kPhase };
    struct Field {
        Part part = Part::kName;
        bool equals = true;
        std::string value;
    };

    std::optional<std::string> only(Part part) const;

    std::vector<LabelTerm> requirements_;
    std::vector<Field> fields_;
    bool reads_phase_ = false;
};

}  // namespace snapgate::query

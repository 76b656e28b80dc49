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

// A label selector and a field selector of Kubernetes, together. The fields are metadata.name,
// metadata.namespace of snapshots, and status.phase of namespaces. Immutable; any thread may call.
class Selector {
  public:
    // Selects everything.
    Selector() = default;
    // kInvalidParameter in kube-apiserver's words.
    static base::Result<Selector> parse(model::Kind kind, std::string_view labels,
                                        std::string_view fields);

    // Selects only the object of that name, of those that it selects already.
    void require_name(std::string name);

    bool everything() const { return requirements_.empty() && fields_.empty(); }
    // How many terms an object is compared with.
    size_t terms() const { return requirements_.size() + fields_.size(); }
    bool reads_labels() const { return !requirements_.empty(); }
    bool reads_fields() const { return !fields_.empty(); }
    // Whether many objects may have to be read for each one that is selected.
    bool searches() const { return reads_labels() || (reads_fields() && !only_name()); }
    // True if no object can have the namespace and name that the fields require.
    bool nothing() const;
    // `phase`: the phase of a namespace; "" for other kinds.
    bool matches(std::string_view ns, std::string_view name, const Labels& labels,
                 std::string_view phase) const;
    // Whether the label selector alone matches.
    bool matches_labels(const Labels& labels) const;
    // Whether the selector matches a stored object. Reads only the parts that the selector needs.
    // kCorrupt if they cannot be read.
    base::Result<bool> selects(const store::Found& object) const;
    // The only name, and the only namespace, that the fields allow: other places need not be
    // scanned.
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

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace snapgate::rules {

// What an error is about: the Kind (not the resource) of a failed validation.
struct Subject {
    std::string group;
    std::string kind;
    std::string name;
};

// The broken rules of one object, in the words of apimachinery's field errors. Of a great many only
// the first ones are kept.
class Faults {
  public:
    bool empty() const { return causes_.empty(); }
    // No more are kept: a rule need not look any further.
    bool full() const { return causes_.size() >= kMostCauses; }

    // `value` as fmt's or Go's %q would show it: use shown_text for a string.
    void invalid(std::string_view field, std::string_view value, std::string_view detail);
    void required(std::string_view field, std::string_view detail = {});
    void forbidden(std::string_view field, std::string_view detail);
    void too_long(std::string_view field, size_t most_bytes);
    void wrong_type(std::string_view field, std::string_view value, std::string_view type);
    void duplicate(std::string_view field, std::string_view value);
    void unsupported(std::string_view field, std::string_view value, std::string_view supported);
    void add(std::string_view reason, std::string message, std::string_view field);

    // 422: `Kind.group "name" is invalid: …`.
    base::Error error(const Subject& subject) const;

  private:
    static constexpr size_t kMostCauses = 32;

    std::vector<base::Cause> causes_;
};

// 400 in words of its own. `field` is the path of the field at fault, where there is one; of a very
// long one the error names the beginning.
base::Error bad_request(std::string message, std::string_view field = {});

}  // namespace snapgate::rules

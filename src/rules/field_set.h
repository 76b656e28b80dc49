#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "json/value.h"
#include "model/schema.h"

namespace snapgate::rules {

// A set of paths into an object: what a manager owns (structured-merge-diff's fieldpath.Set, the
// content of a fieldsV1). A tree by the elements of the paths, in the text that they have there:
// `f:name` of a field, `v:"text"` and `k:{"uid":"1"}` of an element of a list, sorted by bytes. A
// plain value, as deep as the JSON that it was read from, which is bounded.
class FieldSet {
  public:
    using Path = std::span<const std::string>;

    // Reads a fieldsV1. Path elements of a kind that nobody knows are dropped, as Kubernetes does;
    // kInvalidBody for what is no set.
    static base::Result<FieldSet> read(const json::Value& fields_v1);
    json::Value write() const;

    bool empty() const { return children_.empty(); }
    bool contains(Path path) const;

    // Adding paths in their order is fast. The empty path is no member of any set.
    void insert(Path path);
    void unite(const FieldSet& other);
    // Of any number of sets at once, in little more than the time that reading them takes.
    static FieldSet union_of(std::vector<FieldSet> sets);
    // Removes these paths, but not what is below them.
    void subtract(const FieldSet& other);
    // Removes all that is not in the other one.
    void intersect(const FieldSet& other);
    // Takes the parts of what only counts as a whole for the whole.
    void fit_to(const model::Schema& schema);

    bool operator==(const FieldSet&) const = default;

  private:
    struct Node;

    void merge_repeated();

    std::vector<Node> children_;  // sorted; each a member, or with members below it
};

struct FieldSet::Node {
    std::string element;
    bool member = false;
    FieldSet below;

    bool operator==(const Node&) const = default;
};

// The elements of paths.
std::string field_element(std::string_view name);
std::string value_element(const json::Value& value);
std::string uid_element(std::string_view uid);

}  // namespace snapgate::rules

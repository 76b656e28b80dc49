#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "json/value.h"
#include "model/schema.h"

namespace snapgate::rules {

// A set of paths into an object: the fields that a manager owns (structured-merge-diff's
// fieldpath.Set, the content of a fieldsV1). It is a tree of the paths' elements, in the text of a
// fieldsV1: `f:name` for a field, `v:"text"` and `k:{"uid":"1"}` for an element of a list, sorted
// by bytes. It is a plain value, and as deep as the JSON that it was read from, which is bounded.
class FieldSet {
  public:
    using Path = std::span<const std::string>;

    // Reads a fieldsV1. Path elements of an unknown kind are dropped, as in Kubernetes;
    // kInvalidBody if the value is not a set.
    static base::Result<FieldSet> read(const json::Value& fields_v1);
    json::Value write() const;

    bool empty() const { return children_.empty(); }
    bool contains(Path path) const;

    // Adds the path, and the paths of `below` under it. Fast in the order of paths. The empty path
    // is never a member.
    void insert(Path path, FieldSet below);
    void insert(Path path);
    // Adds a path of one element, which comes after all in the set, and the paths below it.
    void append(std::string element, FieldSet below);
    void unite(FieldSet other);  // taken over: move what is not needed any more
    // The union of any number of sets, in little more time than it takes to read them.
    static FieldSet union_of(std::vector<FieldSet> sets);
    // Removes the paths of `other`, but not the paths below them.
    void subtract(const FieldSet& other);
    // Removes all paths that are not in `other`.
    void intersect(const FieldSet& other);
    // Replaces paths into a value that the schema treats as a whole (an atomic one) by the path of
    // that value.
    void fit_to(const model::Schema& schema);

    bool operator==(const FieldSet&) const = default;

  private:
    struct Node;

    void merge_repeated();

    std::vector<Node> children_;  // sorted; each is a member, or has members below it
};

struct FieldSet::Node {
    std::string element;
    bool member = false;
    FieldSet below;

    bool operator==(const Node&) const = default;
};

// Make the elements of paths.
std::string field_element(std::string_view name);
std::string value_element(const json::Value& value);
std::string uid_element(std::string_view uid);

}  // namespace snapgate::rules

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
    struct Node;
    using Path = std::span<const std::string>;

    // Reads a fieldsV1. Path elements of an unknown kind are dropped, as in Kubernetes;
    // kInvalidBody if the value is not a set.
    static base::Result<FieldSet> read(const json::Value& fields_v1);
    // Of nodes in any order. An element that comes several times is one with all its paths. (To add
    // nodes one after another would move all behind each of them.)
    static FieldSet of(std::vector<Node> nodes);
    json::Value write() const;

    bool empty() const { return children_.empty(); }
    bool contains(Path path) const;
    // The first elements of the paths, sorted.
    std::span<const Node> nodes() const;
    // The one with that element; null if no path begins with it.
    const Node* find(std::string_view element) const;

    // Adds the path, and the paths of `below` under it. Fast in the order of paths. The empty path
    // is never a member.
    void insert(Path path, FieldSet below);
    void insert(Path path);
    // Adds a path of one element, which comes after all in the set, and the paths below it.
    void append(std::string element, FieldSet below);
    // Adds the paths of `below` under an element, and the element's own path if it is a `member`.
    void add(std::string_view element, bool member, FieldSet below);
    void unite(FieldSet other);  // taken over: move what is not needed any more
    // The union of any number of sets, in little more time than it takes to read them.
    static FieldSet union_of(std::vector<FieldSet> sets);
    // Removes the paths of `other`, but not the paths below them.
    void subtract(const FieldSet& other);
    // Removes the paths that begin with the element.
    void erase(std::string_view element);
    // Removes all paths that are not in `other`.
    void intersect(const FieldSet& other);
    // Replaces paths into a value that the schema treats as a whole (an atomic one) by the path of
    // that value.
    void fit_to(const model::Schema& schema);
    // Adds the path of each field that the schema names, if there is a path below it
    // (structured-merge-diff's EnsureNamedFieldsAreMembers).
    void add_named_fields(const model::Schema& schema);

    bool operator==(const FieldSet&) const = default;

  private:
    void merge_repeated();
    Node& node_of(std::string_view element);

    std::vector<Node> children_;  // sorted; each is a member, or has members below it
};

// An element that paths begin with.
struct FieldSet::Node {
    std::string element;
    bool member = false;  // the path of this element alone is in the set
    FieldSet below;       // the rest of the longer paths

    bool operator==(const Node&) const = default;
};

// Make the elements of paths.
std::string field_element(std::string_view name);
std::string value_element(const json::Value& value);
std::string uid_element(std::string_view uid);
// Of an element of a list that is a set or has its elements by uid.
std::string item_element(const json::Value& item, const model::Schema& list);

// The schema of what an element stands for in an object or list of `schema`; null if there is none.
const model::Schema* element_schema(const model::Schema& schema, std::string_view element);

// Whether the parts of a value can have different owners, by the schema of the value.
bool has_owned_parts(const model::Schema& schema);

}  // namespace snapgate::rules

#include "rules/field_set.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iterator>
#include <optional>

#include "base/quote.h"
#include "rules/faults.h"
#include "rules/go_json.h"
#include "rules/values.h"

namespace snapgate::rules {
namespace {

constexpr std::string_view kSelf = ".";
constexpr std::string_view kFieldPrefix = "f:";

base::Error no_set(std::string_view what) {
    return bad_request(fmt::format("a fieldsV1 cannot be read: {}", what));
}

// The path element that a key of a fieldsV1 means, in canonical text; empty for an unknown kind of
// element.
base::Result<std::string> element_of(std::string_view key) {
    if (key.size() < 2 || key[1] != ':')
        return no_set(fmt::format("{} is no element of a path", base::quote(key, 80)));
    std::string_view rest = key.substr(2);
    switch (key[0]) {
        case 'f':
            return std::string(key);
        case 'i': {
            int64_t index = 0;
            auto [end, ec] = std::from_chars(rest.data(), rest.data() + rest.size(), index);
            if (ec != std::errc() || end != rest.data() + rest.size())
                return no_set(fmt::format("{} is no index", base::quote(rest, 80)));
            return fmt::format("i:{}", index);
        }
        case 'v':
        case 'k': {
            auto value = json::parse(rest);
            if (!value || (key[0] == 'k' && !value->is_object()))
                return no_set(fmt::format("{} is no key of an element", base::quote(rest, 80)));
            std::string element(key.substr(0, 2));
            append_go_json(*value, element);
            return element;
        }
        default:
            return std::string();
    }
}

// The first node at or after `from` that is not before the element. The steps double, so that a
// small set is subtracted from a large one without reading all of the large one.
template <class Iterator>
Iterator seek(Iterator from, Iterator end, const std::string& element) {
    ptrdiff_t step = 1;
    while (end - from > step && from[step].element < element) {
        from += step;
        step *= 2;
    }
    return std::lower_bound(
        from, from + std::min(step + 1, end - from), element,
        [](const auto& node, const std::string& wanted) { return node.element < wanted; });
}

}  // namespace

base::Result<FieldSet> FieldSet::read(const json::Value& fields_v1) {
    const json::Object* object = fields_v1.if_object();
    if (object == nullptr) return no_set("it is no object");
    std::vector<Node> nodes;
    nodes.reserve(object->size());
    for (const auto& member : *object) {
        if (key_of(member) == kSelf) continue;
        SNAPGATE_ASSIGN(std::string element, element_of(key_of(member)));
        if (element.empty()) continue;
        Node node{std::move(element), false, {}};
        SNAPGATE_ASSIGN(node.below, read(member.value()));
        node.member =
            node.below.empty() || rules::find(member.value().get_object(), kSelf) != nullptr;
        nodes.push_back(std::move(node));
    }
    return of(std::move(nodes));
}

FieldSet FieldSet::of(std::vector<Node> nodes) {
    FieldSet set;
    set.children_ = std::move(nodes);
    std::ranges::sort(set.children_, {}, &Node::element);
    set.merge_repeated();
    return set;
}

// One element may come in several texts, which have the same canonical text.
void FieldSet::merge_repeated() {
    size_t kept = 0;
    for (size_t i = 0; i < children_.size();) {
        size_t end = i + 1;
        while (end < children_.size() && children_[end].element == children_[i].element) ++end;
        if (end - i > 1) {
            std::vector<FieldSet> below;
            below.reserve(end - i);
            for (size_t j = i; j < end; ++j) {
                children_[i].member = children_[i].member || children_[j].member;
                below.push_back(std::move(children_[j].below));
            }
            children_[i].below = union_of(std::move(below));
        }
        if (kept != i) children_[kept] = std::move(children_[i]);
        ++kept;
        i = end;
    }
    children_.resize(kept);
}

FieldSet FieldSet::union_of(std::vector<FieldSet> sets) {
    // Unite neighbours first: uniting each with the first set would move all of that each time.
    for (size_t step = 1; step < sets.size(); step *= 2)
        for (size_t i = 0; i + step < sets.size(); i += 2 * step) {
            sets[i].unite(std::move(sets[i + step]));
        }
    return sets.empty() ? FieldSet() : std::move(sets.front());
}

json::Value FieldSet::write() const {
    json::Object object;
    object.reserve(children_.size() + 1);
    for (const Node& node : children_) {
        json::Value below = node.below.write();
        if (node.member && !node.below.empty()) below.get_object()["."] = json::Object();
        object.emplace(node.element, std::move(below));
    }
    return object;
}

bool FieldSet::contains(Path path) const {
    if (path.empty()) return false;
    const Node* found = find(path.front());
    if (found == nullptr) return false;
    return path.size() == 1 ? found->member : found->below.contains(path.subspan(1));
}

std::span<const FieldSet::Node> FieldSet::nodes() const {
    return children_;
}

const FieldSet::Node* FieldSet::find(std::string_view element) const {
    auto found = std::ranges::lower_bound(children_, element, {}, &Node::element);
    return found == children_.end() || found->element != element ? nullptr : &*found;
}

// The node of an element, which is made if there is none. It is good until the next change.
FieldSet::Node& FieldSet::node_of(std::string_view element) {
    auto place = children_.end();
    if (!children_.empty() && children_.back().element >= element)
        place = std::ranges::lower_bound(children_, element, {}, &Node::element);
    if (place == children_.end() || place->element != element)
        place = children_.insert(place, Node{std::string(element), false, {}});
    return *place;
}

void FieldSet::add(std::string_view element, bool member, FieldSet below) {
    Node& node = node_of(element);
    node.member = node.member || member;
    node.below.unite(std::move(below));
}

void FieldSet::insert(Path path, FieldSet below) {
    if (path.empty()) return;
    if (path.size() > 1)
        return node_of(path.front()).below.insert(path.subspan(1), std::move(below));
    add(path.front(), true, std::move(below));
}

void FieldSet::insert(Path path) {
    insert(path, {});
}

void FieldSet::append(std::string element, FieldSet below) {
    children_.push_back({std::move(element), true, std::move(below)});
}

void FieldSet::unite(FieldSet other) {
    if (other.empty()) return;
    if (empty()) {
        *this = std::move(other);
        return;
    }
    std::vector<Node> united;
    united.reserve(children_.size() + other.children_.size());
    auto theirs = other.children_.begin();
    for (Node& node : children_) {
        for (; theirs != other.children_.end() && theirs->element < node.element; ++theirs)
            united.push_back(std::move(*theirs));
        if (theirs != other.children_.end() && theirs->element == node.element) {
            node.member = node.member || theirs->member;
            node.below.unite(std::move(theirs->below));
            ++theirs;
        }
        united.push_back(std::move(node));
    }
    std::move(theirs, other.children_.end(), std::back_inserter(united));
    children_ = std::move(united);
}

void FieldSet::subtract(const FieldSet& other) {
    auto theirs = other.children_.begin();
    for (Node& node : children_) {
        theirs = seek(theirs, other.children_.end(), node.element);
        if (theirs == other.children_.end()) break;
        if (theirs->element != node.element) continue;
        node.member = node.member && !theirs->member;
        node.below.subtract(theirs->below);
    }
    std::erase_if(children_, [](const Node& node) { return !node.member && node.below.empty(); });
}

void FieldSet::erase(std::string_view element) {
    std::erase_if(children_, [element](const Node& node) { return node.element == element; });
}

void FieldSet::intersect(const FieldSet& other) {
    auto theirs = other.children_.begin();
    for (Node& node : children_) {
        theirs = seek(theirs, other.children_.end(), node.element);
        bool both = theirs != other.children_.end() && theirs->element == node.element;
        node.member = node.member && both && theirs->member;
        if (both)
            node.below.intersect(theirs->below);
        else
            node.below.children_.clear();
    }
    std::erase_if(children_, [](const Node& node) { return !node.member && node.below.empty(); });
}

void FieldSet::fit_to(const model::Schema& schema) {
    for (Node& node : children_) {
        if (node.below.empty()) continue;
        const model::Schema* below = element_schema(schema, node.element);
        if (below == nullptr) continue;
        if (has_owned_parts(*below)) {
            node.below.fit_to(*below);
        } else {
            node.member = true;
            node.below.children_.clear();
        }
    }
}

void FieldSet::add_named_fields(const model::Schema& schema) {
    for (Node& node : children_) {
        if (node.below.empty()) continue;
        const model::Schema* below = element_schema(schema, node.element);
        if (below == nullptr) continue;
        const std::string_view element = node.element;
        if (element.starts_with(kFieldPrefix) &&
            model::find_property(schema, element.substr(kFieldPrefix.size())) != nullptr)
            node.member = true;
        node.below.add_named_fields(*below);
    }
}

std::string field_element(std::string_view name) {
    std::string element;
    element.reserve(kFieldPrefix.size() + name.size());
    return element.append(kFieldPrefix).append(name);
}

std::string value_element(const json::Value& value) {
    std::string element = "v:";
    append_go_json(value, element);
    return element;
}

std::string uid_element(std::string_view uid) {
    json::Object key;
    set_text(key, "uid", uid);
    std::string element = "k:";
    append_go_json(key, element);
    return element;
}

std::string item_element(const json::Value& item, const model::Schema& list) {
    const json::Object* object = item.if_object();
    return list.merge == model::Schema::Merge::kByUid && object != nullptr
               ? uid_element(find_text(*object, "uid"))
               : value_element(item);
}

const model::Schema* element_schema(const model::Schema& schema, std::string_view element) {
    return element.starts_with(kFieldPrefix)
               ? member_schema(schema, element.substr(kFieldPrefix.size()))
               : schema.items;
}

bool has_owned_parts(const model::Schema& schema) {
    if (schema.merge == model::Schema::Merge::kAtomic) return false;
    return schema.type == model::Schema::Type::kObject ||
           schema.type == model::Schema::Type::kArray;
}

}  // namespace snapgate::rules

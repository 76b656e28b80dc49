#include "rules/field_set.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iterator>
#include <optional>

#include "base/quote.h"
#include "rules/faults.h"
#include "rules/values.h"

namespace snapgate::rules {
namespace {

constexpr std::string_view kSelf = ".";

base::Error no_set(std::string_view what) {
    return bad_request(fmt::format("a fieldsV1 cannot be read: {}", what));
}

// Sorted keys, and escaped as Go's encoder does it.
void append_canonical(const json::Value& value, std::string& out) {
    if (const json::Object* object = value.if_object()) {
        std::vector<const boost::json::key_value_pair*> members;
        for (const auto& member : *object) members.push_back(&member);
        std::ranges::sort(members, {}, [](const auto* member) { return key_of(*member); });
        out += '{';
        for (const auto* member : members) {
            if (member != members.front()) out += ',';
            append_canonical(json::Value(member->key()), out);
            out += ':';
            append_canonical(member->value(), out);
        }
        out += '}';
        return;
    }
    if (const json::Array* array = value.if_array()) {
        out += '[';
        for (size_t i = 0; i < array->size(); ++i) {
            if (i > 0) out += ',';
            append_canonical((*array)[i], out);
        }
        out += ']';
        return;
    }
    for (char c : json::serialize(value)) {
        switch (c) {
            case '<':
                out += "\\u003c";
                break;
            case '>':
                out += "\\u003e";
                break;
            case '&':
                out += "\\u0026";
                break;
            default:
                out += c;
        }
    }
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
            append_canonical(*value, element);
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
    FieldSet set;
    set.children_.reserve(object->size());
    for (const auto& member : *object) {
        if (key_of(member) == kSelf) continue;
        SNAPGATE_ASSIGN(std::string element, element_of(key_of(member)));
        if (element.empty()) continue;
        Node node{std::move(element), false, {}};
        SNAPGATE_ASSIGN(node.below, read(member.value()));
        node.member = node.below.empty() || find(member.value().get_object(), kSelf) != nullptr;
        set.children_.push_back(std::move(node));
    }
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
    auto found = std::ranges::lower_bound(children_, path.front(), {}, &Node::element);
    if (found == children_.end() || found->element != path.front()) return false;
    return path.size() == 1 ? found->member : found->below.contains(path.subspan(1));
}

void FieldSet::insert(Path path, FieldSet below) {
    if (path.empty()) return;
    auto place = children_.end();
    if (!children_.empty() && children_.back().element >= path.front())
        place = std::ranges::lower_bound(children_, path.front(), {}, &Node::element);
    if (place == children_.end() || place->element != path.front())
        place = children_.insert(place, Node{path.front(), false, {}});
    if (path.size() > 1) return place->below.insert(path.subspan(1), std::move(below));
    place->member = true;
    place->below.unite(std::move(below));
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
        const model::Schema* below = nullptr;
        if (node.element.starts_with("f:"))
            below = member_schema(schema, std::string_view(node.element).substr(2));
        else
            below = schema.items;
        if (below == nullptr) continue;
        bool granular = below->type == model::Schema::Type::kObject ||
                        below->type == model::Schema::Type::kArray;
        if (granular && below->merge != model::Schema::Merge::kAtomic) {
            node.below.fit_to(*below);
        } else {
            node.member = true;
            node.below.children_.clear();
        }
    }
}

std::string field_element(std::string_view name) {
    std::string element;
    element.reserve(name.size() + 2);
    return element.append("f:").append(name);
}

std::string value_element(const json::Value& value) {
    std::string element = "v:";
    append_canonical(value, element);
    return element;
}

std::string uid_element(std::string_view uid) {
    json::Object key;
    set_text(key, "uid", uid);
    std::string element = "k:";
    append_canonical(key, element);
    return element;
}

}  // namespace snapgate::rules

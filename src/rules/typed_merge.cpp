#include "rules/typed_merge.h"

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "rules/field_set.h"
#include "rules/values.h"

namespace snapgate::rules {
namespace {

void merge_value(json::Value& value, const json::Value& applied, const model::Schema& schema);

// One list with the elements of two, in the order that structured-merge-diff gives them.
class ListMerge {
  public:
    ListMerge(json::Array& live, const json::Array& applied, const model::Schema& schema)
        : live_(live), applied_(applied), schema_(schema) {
        for (const json::Value& item : live) live_elements_.push_back(item_element(item, schema));
        for (const json::Value& item : applied)
            applied_elements_.push_back(item_element(item, schema));
        for (size_t i = 0; i < live.size(); ++i) {
            auto [place, fresh] = live_places_.try_emplace(live_elements_[i], i);
            if (!fresh) place->second = kRepeated;
        }
        applied_set_.insert(applied_elements_.begin(), applied_elements_.end());
        for (const std::string& element : applied_elements_)
            if (live_places_.contains(element)) shared_.push_back(&element);
    }

    json::Array merged() {
        while (at_live_ < live_.size() || at_applied_ < applied_.size()) {
            if (at_live_ < live_.size() && !take_live()) continue;
            if (at_applied_ < applied_.size()) take_applied();
        }
        return std::move(out_);
    }

  private:
    static constexpr size_t kRepeated = static_cast<size_t>(-1);

    // Takes or passes over an element of the live list. True if it is the applied list's turn.
    bool take_live() {
        const std::string& element = live_elements_[at_live_];
        if (!applied_set_.contains(element)) {
            out_.push_back(std::move(live_[at_live_++]));
            return false;
        }
        if (at_applied_ == applied_.size()) {
            ++at_live_;  // all applied elements are in the list already
            return false;
        }
        if (element == applied_elements_[at_applied_]) {
            ++at_live_;
            return true;
        }
        const bool wanted = at_shared_ < shared_.size() && element == *shared_[at_shared_];
        if (at_shared_ < shared_.size() && !wanted) {
            ++at_live_;  // its turn comes with the applied list's
            return false;
        }
        if (!wanted) ++at_live_;
        return true;
    }

    void take_applied() {
        const std::string& element = applied_elements_[at_applied_];
        const json::Value& applied = applied_[at_applied_++];
        auto place = live_places_.find(element);
        if (place == live_places_.end() || place->second == kRepeated) {
            out_.push_back(applied);
        } else {
            json::Value value = std::move(live_[place->second]);
            merge_value(value, applied, *schema_.items);
            out_.push_back(std::move(value));
        }
        if (at_shared_ < shared_.size() && *shared_[at_shared_] == element) ++at_shared_;
    }

    json::Array& live_;
    const json::Array& applied_;
    const model::Schema& schema_;
    std::vector<std::string> live_elements_;
    std::vector<std::string> applied_elements_;
    std::map<std::string_view, size_t> live_places_;
    std::set<std::string_view> applied_set_;
    std::vector<const std::string*> shared_;  // elements of both, in the applied order
    size_t at_live_ = 0;
    size_t at_applied_ = 0;
    size_t at_shared_ = 0;
    json::Array out_;
};

void merge_value(json::Value& value, const json::Value& applied, const model::Schema& schema) {
    if (!has_owned_parts(schema)) {
        value = applied;
    } else if (schema.type == model::Schema::Type::kObject) {
        json::Object* object = value.if_object();
        const json::Object* other = applied.if_object();
        if (object == nullptr || object->empty())
            value = applied;
        else if (other != nullptr)
            merge_typed(*object, *other, schema);
    } else {
        json::Array* list = value.if_array();
        const json::Array* other = applied.if_array();
        if (list == nullptr || list->empty())
            value = applied;
        else if (other != nullptr && !other->empty())
            value = ListMerge(*list, *other, schema).merged();
    }
}

}  // namespace

void merge_typed(json::Object& object, const json::Object& applied, const model::Schema& schema) {
    for (const auto& member : applied) {
        const std::string_view name = key_of(member);
        const model::Schema* known = member_schema(schema, name);
        if (known == nullptr) continue;
        if (json::Value* value = find(object, name))
            merge_value(*value, member.value(), *known);
        else
            set(object, name, member.value());
    }
}

}  // namespace snapgate::rules

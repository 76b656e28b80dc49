#include "rules/unknown_fields.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/utf8.h"
#include "rules/values.h"

namespace snapgate::rules {
namespace {

constexpr size_t kMostPathBytes = 512;

class Pruner {
  public:
    explicit Pruner(std::vector<std::string>& unknown) : unknown_(unknown) {}

    // At the root, metadata is left out.
    void prune_object(json::Object& object, const model::Schema& schema, const json::Object* live,
                      bool root) {
        if (schema.properties.empty()) return;
        std::vector<std::string_view> nulls;
        size_t size = path_.size();
        for (auto& member : object) {
            std::string_view name = key_of(member);
            const model::Property* property = find_property(schema, name);
            if (property == nullptr || (root && name == "metadata")) continue;
            if (member.value().is_null()) {
                if (!property->schema->nullable) nulls.push_back(property->name);
                continue;
            }
            if (!path_.empty()) path_ += '.';
            path_ += name;
            prune_value(member.value(), *property->schema,
                        live == nullptr ? nullptr : find(*live, name));
            path_.resize(size);
        }
        for (std::string_view name : nulls) erase(object, name);
        settle_unknown(object, schema, live, path_, unknown_);
    }

  private:
    void prune_value(json::Value& value, const model::Schema& schema, const json::Value* live) {
        if (json::Object* object = value.if_object()) {
            if (schema.type == model::Schema::Type::kObject)
                prune_object(*object, schema, live == nullptr ? nullptr : live->if_object(), false);
        } else if (json::Array* array = value.if_array();
                   array != nullptr && schema.type == model::Schema::Type::kArray) {
            const json::Array* live_array = live == nullptr ? nullptr : live->if_array();
            size_t size = path_.size();
            for (size_t i = 0; i < array->size(); ++i) {
                // An element that came back unchanged keeps all its fields. Which live element a
                // changed one was is not known.
                if (live_array != nullptr && i < live_array->size() &&
                    (*live_array)[i] == (*array)[i])
                    continue;
                path_ += fmt::format("[{}]", i);
                prune_value((*array)[i], *schema.items, nullptr);
                path_.resize(size);
            }
        }
    }

    std::vector<std::string>& unknown_;
    std::string path_;
};

}  // namespace

void settle_unknown(json::Object& object, const model::Schema& schema, const json::Object* live,
                    std::string_view path, std::vector<std::string>& unknown,
                    bool (*silent)(std::string_view path)) {
    std::vector<std::string> gone;
    for (const auto& member : object) {
        std::string_view name = key_of(member);
        if (member_schema(schema, name) != nullptr) continue;
        const json::Value* kept = live == nullptr ? nullptr : find(*live, name);
        if (kept != nullptr && *kept == member.value()) continue;
        std::string full(path);
        if (!full.empty()) full += '.';
        full += base::clip(name, kMostPathBytes);
        if ((silent == nullptr || !silent(full)) && unknown.size() < kMostUnknown)
            unknown.push_back(std::move(full));
        gone.emplace_back(name);
    }
    for (const std::string& name : gone) erase(object, name);
    if (live == nullptr) return;
    for (const auto& member : *live)
        if (member_schema(schema, key_of(member)) == nullptr)
            object.emplace(member.key(), member.value());
}

void prune(json::Object& object, const model::Schema& schema, const json::Object* live,
           std::vector<std::string>& unknown) {
    size_t before = unknown.size();
    Pruner(unknown).prune_object(object, schema, live, true);
    std::sort(unknown.begin() + static_cast<ptrdiff_t>(before), unknown.end());
}

}  // namespace snapgate::rules

#include "rules/json_patch.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "json/limits.h"
#include "rules/faults.h"
#include "rules/json_pointer.h"
#include "rules/request_metadata.h"
#include "rules/values.h"

namespace snapgate::rules {
namespace {

// Values that operations may look at or move in all: far more than any real patch needs.
constexpr size_t kMostWork = 8'000'000;
// What copies may add, in values and bytes of text.
constexpr size_t kMostCopied = 3 << 20;

constexpr std::array<std::string_view, 4> kFields{"from", "op", "path", "value"};

base::Error does_not_fit() {
    base::Error error(base::Code::kInvalid,
                      "the server rejected our request due to an error in our request");
    error.about = base::About{};
    return error;
}

base::Error too_much(std::string message) {
    return {base::Code::kTooLarge, std::move(message)};
}

class Patcher {
  public:
    explicit Patcher(json::Value& document) : document_(document) {}

    base::Result<void> apply(const json::Object& operation) {
        std::string_view op = find_text(operation, "op");
        auto path = read_pointer(find_text(operation, "path"));
        if (!path || find(operation, "path") == nullptr) return does_not_fit();
        const json::Value* value = find(operation, "value");
        if (op == "remove") return remove(*path);
        if (op == "add" || op == "replace" || op == "test") {
            if (value == nullptr) return does_not_fit();
            if (op == "test") return test(*path, *value);
            if (op == "replace") return replace(*path, *value);
            return add(*path, *value);
        }
        auto from = read_pointer(find_text(operation, "from"));
        if (!from || find(operation, "from") == nullptr) return does_not_fit();
        if (op == "copy") return copy(*from, *path);
        if (op == "move") return move(*from, *path);
        return does_not_fit();
    }

  private:
    struct Size {
        size_t levels = 0;
        size_t values = 0;
        size_t bytes = 0;
    };

    // Measures a value that is no deeper than a document may be.
    Size measure(const json::Value& value) {
        Size size{0, 1, 1};
        auto take = [&size, this](const json::Value& below) {
            Size inner = measure(below);
            size.levels = std::max(size.levels, inner.levels);
            size.values += inner.values;
            size.bytes += inner.bytes;
        };
        if (const json::Object* object = value.if_object()) {
            for (const auto& member : *object) {
                size.bytes += member.key().size();
                take(member.value());
            }
            ++size.levels;
        } else if (const json::Array* array = value.if_array()) {
            for (const json::Value& element : *array) take(element);
            ++size.levels;
        } else {
            size.bytes += text_of(&value).size();
        }
        ++work_;
        return size;
    }

    base::Result<void> check_work() const {
        if (work_ > kMostWork)
            return too_much("the JSON patch takes more work than the server does for one");
        return {};
    }

    base::Result<void> test(const Pointer& path, const json::Value& value) {
        const json::Value* found = resolve(document_, path);
        if (found == nullptr || *found != value) return does_not_fit();
        return {};
    }

    base::Result<void> replace(const Pointer& path, const json::Value& value) {
        json::Value* found = resolve(document_, path);
        if (found == nullptr) return does_not_fit();
        if (path.size() + measure(value).levels > json::kMaxLevels) return does_not_fit();
        *found = value;
        return check_work();
    }

    base::Result<void> add(const Pointer& path, json::Value value) {
        if (path.size() + measure(value).levels > json::kMaxLevels) return does_not_fit();
        SNAPGATE_TRY(check_work());
        if (path.empty()) {
            document_ = std::move(value);
            return {};
        }
        json::Value* parent = resolve(document_, {path.begin(), path.end() - 1});
        if (parent == nullptr) return does_not_fit();
        if (json::Object* object = parent->if_object()) {
            set(*object, path.back(), std::move(value));
        } else if (json::Array* array = parent->if_array()) {
            auto place = list_place(path.back(), array->size());
            if (!place) return does_not_fit();
            work_ += array->size() - *place;
            array->insert(array->begin() + *place, std::move(value));
        } else {
            return does_not_fit();
        }
        return {};
    }

    base::Result<json::Value> take(const Pointer& path) {
        if (path.empty()) return std::exchange(document_, nullptr);
        json::Value* parent = resolve(document_, {path.begin(), path.end() - 1});
        if (parent == nullptr) return does_not_fit();
        json::Value taken;
        if (json::Object* object = parent->if_object()) {
            json::Value* value = find(*object, path.back());
            if (value == nullptr) return does_not_fit();
            taken = std::move(*value);
            erase(*object, path.back());
        } else if (json::Array* array = parent->if_array()) {
            auto place = list_place(path.back(), array->size());
            if (!place || *place == array->size()) return does_not_fit();
            taken = std::move((*array)[*place]);
            work_ += array->size() - *place;
            array->erase(array->begin() + *place);
        } else {
            return does_not_fit();
        }
        return taken;
    }

    base::Result<void> remove(const Pointer& path) {
        SNAPGATE_TRY(take(path));
        return check_work();
    }

    base::Result<void> copy(const Pointer& from, const Pointer& path) {
        const json::Value* found = resolve(document_, from);
        if (found == nullptr) return does_not_fit();
        Size size = measure(*found);
        copied_ += size.values + size.bytes;
        if (copied_ > kMostCopied)
            return too_much(fmt::format(
                "the copies of the JSON patch are larger than the {} bytes that one may add",
                kMostCopied));
        return add(path, *found);
    }

    base::Result<void> move(const Pointer& from, const Pointer& path) {
        // Nothing can be moved into itself.
        if (path.size() > from.size() && std::equal(from.begin(), from.end(), path.begin()))
            return does_not_fit();
        SNAPGATE_ASSIGN(json::Value value, take(from));
        return add(path, std::move(value));
    }

    json::Value& document_;
    size_t work_ = 0;
    size_t copied_ = 0;
};

base::Result<void> check_operations(const json::Array& operations) {
    for (size_t i = 0; i < operations.size(); ++i) {
        const json::Value& operation = operations[i];
        const json::Object* object = operation.if_object();
        if (object == nullptr)
            return bad_request(
                fmt::format("error decoding patch: json: cannot unmarshal {} into Go value of type "
                            "handlers.jsonPatchOp",
                            json_type(operation)),
                fmt::format("[{}]", i));
        for (std::string_view name : {"op", "path", "from"}) {
            const json::Value* value = find(*object, name);
            if (value == nullptr || value->is_string() || value->is_null()) continue;
            return bad_request(
                fmt::format("error decoding patch: json: cannot unmarshal {} into Go struct field "
                            "jsonPatchOp.{} of type string",
                            json_type(*value), name),
                fmt::format("[{}].{}", i, name));
        }
    }
    if (operations.size() > kMostPatchOperations)
        return too_much(fmt::format("The allowed maximum operations in a JSON patch is {}, got {}",
                                    kMostPatchOperations, operations.size()));
    return {};
}

}  // namespace

base::Result<void> apply_json_patch(const json::Array& operations, json::Value& document) {
    SNAPGATE_TRY(check_operations(operations));
    Patcher patcher(document);
    for (const json::Value& operation : operations)
        SNAPGATE_TRY(patcher.apply(operation.get_object()));
    return {};
}

std::vector<std::string> unknown_operation_fields(const json::Array& operations) {
    constexpr size_t kMost = 100;
    std::vector<std::string> faults;
    for (size_t i = 0; i < operations.size() && faults.size() < kMost; ++i) {
        const json::Object* operation = operations[i].if_object();
        if (operation == nullptr) continue;
        for (const auto& member : *operation)
            if (faults.size() < kMost &&
                std::ranges::find(kFields, key_of(member)) == kFields.end())
                faults.push_back(fmt::format("json patch unknown field \"[{}].{}\"", i,
                                             key_of(member).substr(0, 256)));
    }
    return faults;
}

}  // namespace snapgate::rules

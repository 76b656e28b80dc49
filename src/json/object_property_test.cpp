// Random snapshots, written in random ways, against a simple reference on Boost.JSON.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "json/object.h"
#include "json/value.h"

namespace snapgate::json {
namespace {

constexpr uint32_t kSeed = 20261104;
constexpr int kObjects = 3000;

const Identity kFill{"11111111-2222-3333-4444-555555555555", "2026-11-04T14:19:06Z", 1};

class Random {
  public:
    explicit Random(uint32_t seed) : engine_(seed) {}

    size_t below(size_t end) { return engine_() % end; }
    bool one_in(size_t n) { return below(n) == 0; }

    // Text with what is hard to write: quotes, control characters, all lengths of UTF-8.
    std::string text() {
        static constexpr const char* kPieces[] = {
            "a", "b", "Z", "0", "-",    ".", "/",      ":",  "\"", "\\", "\n", "\x01",
            "{", "]", ",", " ", "\x7f", "ä", "\u2028", "😀", "é",  "€",  "f:", "<"};
        std::string out;
        for (size_t length = below(6); length > 0; --length)
            out += kPieces[below(std::size(kPieces))];
        return out;
    }

    Value scalar() {
        switch (below(8)) {
            case 0:
                return nullptr;
            case 1:
                return one_in(2);
            case 2:
                return static_cast<int64_t>(engine_()) - (1LL << 31);
            case 3:
                return INT64_MIN + static_cast<int64_t>(below(3));
            case 4:
                return UINT64_MAX - below(3);
            case 5:
                return (static_cast<double>(below(2000)) + 0.5) *
                       std::pow(10, static_cast<int>(below(40)) - 20);
            default:
                return Value(boost::json::string_view(text()));
        }
    }

    Value any(size_t depth) {
        if (depth == 0 || one_in(2)) return scalar();
        if (one_in(3)) {
            Array list;
            for (size_t length = below(4); length > 0; --length) list.push_back(any(depth - 1));
            return list;
        }
        return members(depth);
    }

    Object members(size_t depth) {
        Object object;
        // Now and then more than are sorted in place.
        for (size_t length = one_in(20) ? 50 : below(5); length > 0; --length)
            object[boost::json::string_view(text())] =
                one_in(3) ? Value(nullptr) : any(depth == 0 ? 0 : depth - 1);
        return object;
    }

    Object snapshot() {
        Object fields = members(4);
        Array managed;
        for (size_t length = below(3); length > 0; --length) {
            Object entry{{"manager", "m"},
                         {"apiVersion", one_in(2) ? Value("x/v0") : Value(nullptr)}};
            entry["fieldsV1"] = one_in(5) ? Value(nullptr) : Value(members(3));
            managed.push_back(entry);
        }
        Object metadata{{"name", "s1"},
                        {"namespace", "web"},
                        {"uid", "u"},
                        {"generation", 2},
                        {"creationTimestamp", "2026-01-02T03:04:05Z"},
                        {"resourceVersion", std::to_string(below(1'000'000'000))}};
        if (!one_in(3)) metadata["managedFields"] = managed;
        if (one_in(2))
            metadata["labels"] = one_in(2) ? Value(nullptr) : Value{{"b", "1"}, {"a", nullptr}};
        if (one_in(2)) metadata["annotations"] = {{"x/y", text()}};
        if (one_in(4)) metadata["finalizers"] = nullptr;
        Object source{
            {"apiGroup", "kubevirt.io"}, {"kind", "VirtualMachine"}, {"name", "vm" + text()}};
        Object spec{{"source", source}};
        if (one_in(3)) spec["failureDeadline"] = one_in(2) ? Value(nullptr) : Value("5m0s");
        Object object{{"apiVersion", "snapshot.kubevirt.io/v1beta1"},
                      {"kind", "VirtualMachineSnapshot"}};
        object["metadata"] = metadata;
        object["spec"] = spec;
        if (one_in(2)) {
            Array conditions;
            for (size_t length = below(3); length > 0; --length)
                conditions.push_back({{"type", "Ready"},
                                      {"status", "True"},
                                      {"lastProbeTime", nullptr},
                                      {"reason", one_in(2) ? Value(nullptr) : Value("why")}});
            object["status"] = {{"conditions", conditions}, {"phase", nullptr}};
        }
        add_unknown(object, fields);
        add_unknown(object["metadata"].as_object(), members(2));
        add_unknown(object["spec"].as_object(), members(2));
        return object;
    }

    // JSON that says what `value` does: members in any order, some of them also given before with
    // another value, blanks, and characters escaped or not.
    void write(const Value& value, std::string& out) {
        blank(out);
        if (const Object* object = value.if_object()) {
            std::vector<const boost::json::key_value_pair*> order;
            for (const auto& member : *object) order.push_back(&member);
            if (one_in(2)) std::shuffle(order.begin(), order.end(), engine_);
            out += '{';
            bool first = true;
            auto member = [&](std::string_view key, const Value& inner) {
                if (!first) out += ',';
                first = false;
                blank(out);
                write_text(key, out);
                blank(out);
                out += ':';
                write(inner, out);
            };
            for (const auto* pair : order) {
                std::string_view key(pair->key().data(), pair->key().size());
                if (one_in(10)) member(key, scalar());
                member(key, pair->value());
            }
            blank(out);
            out += '}';
        } else if (const Array* list = value.if_array()) {
            out += '[';
            bool first = true;
            for (const Value& element : *list) {
                if (!first) out += ',';
                first = false;
                write(element, out);
            }
            out += ']';
        } else if (const auto* text = value.if_string()) {
            write_text({text->data(), text->size()}, out);
        } else {
            out += json::serialize(value);
        }
        blank(out);
    }

  private:
    static void add_unknown(Object& object, const Object& members) {
        for (const auto& member : members)
            object["x" + std::string(member.key().data(), member.key().size())] = member.value();
    }

    void blank(std::string& out) {
        if (one_in(10)) out += " \n\t\r"[below(4)];
    }

    void write_text(std::string_view text, std::string& out) {
        out += '"';
        for (char c : text) {
            bool must = static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\';
            if (must || (static_cast<unsigned char>(c) < 0x80 && one_in(20)))
                out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
            else
                out += c;
        }
        out += '"';
    }

    std::mt19937 engine_;
};

// The reference: what an object is with its keys sorted.
Value sorted(const Value& value) {
    if (const Object* object = value.if_object()) {
        std::vector<std::string> keys;
        for (const auto& member : *object)
            keys.emplace_back(member.key().data(), member.key().size());
        std::ranges::sort(keys);
        Object out;
        for (const std::string& key : keys) {
            boost::json::string_view name(key);
            out[name] = sorted(object->at(name));
        }
        return out;
    }
    if (const Array* list = value.if_array()) {
        Array out;
        for (const Value& element : *list) out.push_back(sorted(element));
        return out;
    }
    return value;
}

// Keeps the order of members and compares numbers by value.
bool same(const Value& a, const Value& b) {
    if (a.is_object() && b.is_object()) {
        const Object& x = a.get_object();
        const Object& y = b.get_object();
        return std::ranges::equal(x, y, [](const auto& m, const auto& n) {
            return m.key() == n.key() && same(m.value(), n.value());
        });
    }
    if (a.is_array() && b.is_array()) return std::ranges::equal(a.get_array(), b.get_array(), same);
    if (a.is_number() && b.is_number() && (a.is_double() || b.is_double()))
        return a.to_number<double>() == b.to_number<double>();
    return a == b;
}

// The same, without the null fields: as metadata are kept. What is in a fieldsV1 stays.
Value without_null_fields(const Value& value) {
    if (const Object* object = value.if_object()) {
        Object out;
        for (const auto& member : *object) {
            if (member.value().is_null()) continue;
            out[member.key()] =
                member.key() == "fieldsV1" ? member.value() : without_null_fields(member.value());
        }
        return out;
    }
    if (const Array* list = value.if_array()) {
        Array out;
        for (const Value& element : *list) out.push_back(without_null_fields(element));
        return out;
    }
    return value;
}

// What is kept of a snapshot.
Value kept(const Value& snapshot) {
    Value out = sorted(snapshot);
    Value& metadata = out.get_object()["metadata"];
    metadata = without_null_fields(metadata);
    return out;
}

// No null in the object but as an element of a list.
bool has_null_fields(const Value& value) {
    if (const Object* object = value.if_object())
        return std::ranges::any_of(*object, [](const auto& member) {
            return member.value().is_null() || has_null_fields(member.value());
        });
    if (const Array* list = value.if_array()) return std::ranges::any_of(*list, has_null_fields);
    return false;
}

TEST(PrepareSnapshotProperty, TheKubernetesFormIsTheObjectWithSortedKeys) {
    Random random(kSeed);
    for (int i = 0; i < kObjects; ++i) {
        SCOPED_TRACE(fmt::format("object {} of seed {}", i, kSeed));
        Value object = random.snapshot();
        std::string json;
        random.write(object, json);
        SCOPED_TRACE(json);

        auto prepared = prepare_snapshot(json, kFill);
        ASSERT_TRUE(prepared) << prepared.error().message;
        const model::PreparedObject& first = prepared->object;
        std::string value = model::encode_object(first, first.version);
        auto stored = model::decode_object(value);
        ASSERT_TRUE(stored);
        EXPECT_EQ(stored->vm, first.vm);
        auto palette = parse(stored->text);
        ASSERT_TRUE(palette) << palette.error().message;
        EXPECT_FALSE(has_null_fields(*palette));

        std::string kubernetes;
        ASSERT_TRUE(append_kubernetes_form(*stored, kubernetes));
        auto form = parse(kubernetes);
        ASSERT_TRUE(form) << form.error().message << "\n" << kubernetes;
        EXPECT_TRUE(same(*form, kept(object))) << kubernetes;

        // Both forms, sent back, are the same object again; only the nulls are lost with Palette's.
        auto again = prepare_snapshot(kubernetes, kFill);
        ASSERT_TRUE(again) << again.error().message;
        EXPECT_EQ(again->object.text, first.text);
        EXPECT_EQ(again->object.marks, first.marks);
        EXPECT_EQ(again->object.version, first.version);
        auto from_palette = prepare_snapshot(stored->text, kFill);
        ASSERT_TRUE(from_palette) << from_palette.error().message;
        EXPECT_EQ(from_palette->object.text, first.text);
        EXPECT_EQ(from_palette->object.version_offset, first.version_offset);
        EXPECT_EQ(from_palette->object.vm_offset, first.vm_offset);
        if (HasFailure()) return;
    }
}

}  // namespace
}  // namespace snapgate::json

// Bytes of a damaged store are refused, or read without going beyond them.

#include <array>
#include <cstdint>
#include <string>

#include "check.h"
#include "input.h"
#include "json/object.h"
#include "json/object_view.h"
#include "model/object.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
    using snapgate::base::Code;
    using snapgate::fuzz::check;
    namespace json = snapgate::json;
    namespace model = snapgate::model;

    const std::string_view value = snapgate::fuzz::text_of(bytes, size);
    auto stored = model::decode_object(value);
    if (!stored) {
        check(stored.error().code == Code::kCorrupt, "damage is called so");
        return 0;
    }
    std::string form;
    auto result = json::append_kubernetes_form(*stored, form);
    check(result || result.error().code == Code::kCorrupt, "damage is called so");
    auto identity = json::read_identity(*stored);
    check(identity || identity.error().code == Code::kCorrupt, "damage is called so");

    auto labels = json::read_labels(*stored);
    check(labels || labels.error().code == Code::kCorrupt, "damage is called so");
    json::FormChanges changes;
    changes.v1alpha1 = size % 2 == 0;
    changes.version = "12345";
    json::ObjectView& view = json::thread_object_view();
    auto read = view.read(*stored, changes);
    check(read || read.error().code == Code::kCorrupt, "damage is called so");
    if (read) {
        constexpr std::array<json::ObjectPath, 2> kPaths{
            {{{"metadata", "name"}, 2}, {{"status", "error", "message"}, 3}}};
        std::array<std::string_view, 2> values;
        auto found = view.find(kPaths, values);
        check(found || found.error().code == Code::kCorrupt, "damage is called so");
        std::string metadata;
        auto appended = view.append_metadata(metadata);
        check(appended || appended.error().code == Code::kCorrupt, "damage is called so");
    }

    // What can be read whole can be written, and read as the same.
    auto marks = model::decode_marks(*stored);
    if (!marks) return 0;
    model::PreparedObject object;
    object.version_offset = static_cast<uint32_t>(stored->version.data() - stored->text.data());
    object.text = stored->text;
    object.text.erase(object.version_offset, stored->version.size());
    object.marks = *marks;
    for (model::PatchMark& mark : object.marks) {
        // A mark within the version cannot be: the writer puts none there.
        if (mark.offset > object.version_offset &&
            mark.offset < object.version_offset + stored->version.size())
            return 0;
        if (mark.offset > object.version_offset)
            mark.offset -= static_cast<uint32_t>(stored->version.size());
    }
    std::string again = model::encode_object(object, stored->version);
    auto stored_again = model::decode_object(again);
    check(stored_again.has_value(), "what was encoded is decoded");
    check(stored_again->text == stored->text, "the text is the same");
    return 0;
}

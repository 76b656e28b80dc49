#include "import/implied_kind.h"

#include "json/path.h"
#include "json/value.h"
#include "model/api_names.h"

namespace snapgate::cli {

bool lacks_kind(std::string_view item) {
    auto value = json::parse(item);
    const json::Object* object = value ? value->if_object() : nullptr;
    return object != nullptr && !object->empty() && !object->contains("kind") &&
           !object->contains("apiVersion");
}

std::string with_kind(std::string_view item) {
    std::string out =
        R"({"apiVersion":"snapshot.kubevirt.io/v1beta1","kind":"VirtualMachineSnapshot",)";
    out += item.substr(item.find('{') + 1);
    return out;
}

bool implies_snapshots(std::string_view envelope) {
    auto value = json::parse(envelope);
    const json::Object* list = value ? value->if_object() : nullptr;
    return list != nullptr && json::text_at(*list, {"kind"}) == model::kSnapshotListKind;
}

}  // namespace snapgate::cli
